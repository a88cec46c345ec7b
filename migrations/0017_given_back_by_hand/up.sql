-- What no gateway can give back, a person transfers; what was transferred is recorded once.

CREATE TABLE refund_by_hand (
    refund_id uuid PRIMARY KEY REFERENCES refund (id),
    number text NOT NULL UNIQUE CHECK (number ~ '^[0-9A-Z]{1,50}$'),
    day date NOT NULL,
    account text NOT NULL CHECK (account ~ '^[0-9A-Z]{1,34}$'),
    bank text CHECK (bank ~ '^[0-9]{6}$'),
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL
);
COMMENT ON TABLE refund_by_hand IS 'A refund that its gateway could not make and that a person made by bank transfer. Never changed.';
COMMENT ON COLUMN refund_by_hand.refund_id IS 'the refund';
COMMENT ON COLUMN refund_by_hand.number IS 'the bank''s number of the transfer, in capitals; one transfer is one refund';
COMMENT ON COLUMN refund_by_hand.day IS 'day of the transfer';
COMMENT ON COLUMN refund_by_hand.account IS 'the payer''s account that it went to; answers show its last digits only';
COMMENT ON COLUMN refund_by_hand.bank IS 'BIN of the portal''s bank out of whose account it was made, where an online gateway holds what was paid; NULL: the money of a counter itself went back';
COMMENT ON COLUMN refund_by_hand.reason IS 'why by hand, in the words of who recorded it';
COMMENT ON COLUMN refund_by_hand.recorded_at IS 'when it was recorded';
COMMENT ON COLUMN refund_by_hand.recorded_by IS 'who, as kind:id';
REVOKE UPDATE, DELETE ON refund_by_hand FROM motcua_app;

-- A refund that waits for another one of the same payment is looked at again as well.
DROP INDEX refund_attempt_ask;
CREATE INDEX refund_attempt_ask ON refund_attempt (ask_at) WHERE ask_at IS NOT NULL;
COMMENT ON COLUMN refund_attempt.ask_at IS 'when to ask next, or, of one that is requested, when to see whether it can be sent; NULL = not';
