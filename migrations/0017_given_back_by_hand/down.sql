DROP TABLE refund_by_hand;
COMMENT ON COLUMN refund_attempt.ask_at IS 'when to ask next; NULL = not';
DROP INDEX refund_attempt_ask;
CREATE INDEX refund_attempt_ask ON refund_attempt (ask_at) WHERE state = 'pending';
