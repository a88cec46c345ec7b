ALTER TABLE gateway_event DROP CONSTRAINT gateway_event_source_check;
DELETE FROM gateway_event WHERE source NOT IN ('callback', 'query') OR gateway <> 'national';
ALTER TABLE gateway_event ADD CONSTRAINT gateway_event_source_check CHECK (source IN ('callback', 'query'));
ALTER TABLE gateway_event DROP CONSTRAINT gateway_event_once;
ALTER TABLE gateway_event ADD CONSTRAINT gateway_event_raw_sha256_key UNIQUE (raw_sha256);
ALTER TABLE gateway_event DROP COLUMN gateway;
COMMENT ON COLUMN gateway_event.source IS 'callback: the gateway called us; query: it answered when we asked';
COMMENT ON COLUMN gateway_event.reference IS 'MaThamChieu, if it could be read';

ALTER TABLE payment_order ADD COLUMN pay_url text, ADD COLUMN asked integer NOT NULL DEFAULT 0,
    ADD COLUMN ask_at timestamptz;
COMMENT ON COLUMN payment_order.pay_url IS 'page of the gateway where it can be paid; NULL until the gateway answered';
COMMENT ON COLUMN payment_order.asked IS 'how often the gateway was asked what became of it';
COMMENT ON COLUMN payment_order.ask_at IS 'when to ask next; NULL = asked often enough';
UPDATE payment_order SET pay_url = a.page, asked = a.asked, ask_at = a.ask_at
  FROM payment_attempt a WHERE a.reference = payment_order.reference AND a.gateway = 'national';
CREATE INDEX payment_order_ask ON payment_order (ask_at) WHERE state = 'open';
-- The first form knows no orders that ended by themselves.
UPDATE payment_order SET state = 'cancelled' WHERE state = 'expired';
ALTER TABLE payment_order DROP CONSTRAINT payment_order_state_check;
ALTER TABLE payment_order ADD CONSTRAINT payment_order_state_check CHECK (state IN ('open', 'paid', 'cancelled'));
ALTER TABLE payment_order ADD CONSTRAINT payment_order_gateway_txn_key UNIQUE (gateway_txn);
ALTER TABLE payment_order DROP COLUMN gateway;
COMMENT ON COLUMN payment_order.state IS 'open, paid or cancelled';
COMMENT ON COLUMN payment_order.reference IS 'MaThamChieu at the gateway';
COMMENT ON COLUMN payment_order.gateway_txn IS 'MaGiaoDich of the payment that settled it; one payment settles one order';
DROP TABLE gateway_payment;
DROP TABLE payment_attempt;
