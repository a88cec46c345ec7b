-- An order is a demand; an attempt is one try to pay it at one gateway; a payment is money of
-- which a gateway says that it has it. Each of the three has its own states.

CREATE TABLE payment_attempt (
    id uuid PRIMARY KEY,
    order_id uuid NOT NULL REFERENCES payment_order (id),
    gateway text NOT NULL CHECK (gateway ~ '^[a-z][a-z_]{1,29}$'),
    reference text NOT NULL CHECK (length(reference) BETWEEN 1 AND 20),
    state text NOT NULL CHECK (state IN ('open', 'paid', 'closed')),
    page text,
    opened_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    asked integer NOT NULL DEFAULT 0,
    ask_at timestamptz,
    UNIQUE (gateway, reference)
);
COMMENT ON TABLE payment_attempt IS 'One try to pay an order at one gateway, over the amount of the order.';
COMMENT ON COLUMN payment_attempt.id IS 'identifier inside motcua';
COMMENT ON COLUMN payment_attempt.order_id IS 'the order';
COMMENT ON COLUMN payment_attempt.gateway IS 'name of the gateway: national, vnpay, vietqr, card, deposit';
COMMENT ON COLUMN payment_attempt.reference IS 'what the gateway knows it by; that of an order''s first attempt is the order''s own';
COMMENT ON COLUMN payment_attempt.state IS 'open, paid (the gateway has the money, whether or not it settled the order) or closed (asked after its end, the gateway denied that it was paid); open → paid or closed, closed → paid';
COMMENT ON COLUMN payment_attempt.page IS 'page of the gateway where it can be paid, or text of the QR code; NULL until the gateway answered';
COMMENT ON COLUMN payment_attempt.opened_at IS 'when it was begun';
COMMENT ON COLUMN payment_attempt.expires_at IS 'from when the gateway''s denial closes it';
COMMENT ON COLUMN payment_attempt.asked IS 'how often the gateway was asked what became of it';
COMMENT ON COLUMN payment_attempt.ask_at IS 'when to ask next; NULL = not again';
CREATE INDEX payment_attempt_order ON payment_attempt (order_id);
CREATE INDEX payment_attempt_ask ON payment_attempt (ask_at) WHERE state = 'open';
-- Who asks again for a page that can still be paid gets that page.
CREATE UNIQUE INDEX payment_attempt_open ON payment_attempt (order_id, gateway) WHERE state = 'open';

INSERT INTO payment_attempt (id, order_id, gateway, reference, state, page, opened_at, expires_at, asked, ask_at)
SELECT id, id, 'national', reference, CASE state WHEN 'cancelled' THEN 'closed' ELSE state END, pay_url, opened_at,
       opened_at + interval '30 days', asked, ask_at
  FROM payment_order;

CREATE TABLE gateway_payment (
    id uuid PRIMARY KEY,
    gateway text NOT NULL CHECK (gateway ~ '^[a-z][a-z_]{1,29}$'),
    transaction text NOT NULL CHECK (length(transaction) BETWEEN 1 AND 100),
    reference text NOT NULL CHECK (length(reference) <= 100),
    attempt_id uuid REFERENCES payment_attempt (id),
    amount bigint NOT NULL CHECK (amount BETWEEN 1 AND 1000000000000),
    bank text NOT NULL CHECK (length(bank) <= 100),
    paid_at timestamptz,
    outcome text NOT NULL CHECK (outcome IN ('settled', 'unknown_order', 'wrong_amount', 'late', 'paid_twice')),
    told_at timestamptz NOT NULL,
    UNIQUE (gateway, transaction)
);
COMMENT ON TABLE gateway_payment IS 'Money that came: each payment of which a gateway told, once.';
COMMENT ON COLUMN gateway_payment.id IS 'identifier inside motcua';
COMMENT ON COLUMN gateway_payment.gateway IS 'name of the gateway';
COMMENT ON COLUMN gateway_payment.transaction IS 'the gateway''s number of the payment; one payment counts once';
COMMENT ON COLUMN gateway_payment.reference IS 'the reference as told';
COMMENT ON COLUMN gateway_payment.attempt_id IS 'the attempt of that reference; NULL: none';
COMMENT ON COLUMN gateway_payment.amount IS 'đồng, as told';
COMMENT ON COLUMN gateway_payment.bank IS 'bank of the payer as the gateway names it, or empty';
COMMENT ON COLUMN gateway_payment.paid_at IS 'when it was made, as told; NULL: not readable';
COMMENT ON COLUMN gateway_payment.outcome IS 'settled: it pays its order; otherwise why it does not: unknown_order, wrong_amount, late (the order is given up) or paid_twice (another payment was first)';
COMMENT ON COLUMN gateway_payment.told_at IS 'when we first heard of it';
CREATE INDEX gateway_payment_attempt ON gateway_payment (attempt_id);

ALTER TABLE payment_order ADD COLUMN gateway text CHECK (gateway ~ '^[a-z][a-z_]{1,29}$');
COMMENT ON COLUMN payment_order.gateway IS 'the gateway whose payment settled it';
COMMENT ON COLUMN payment_order.reference IS 'number of the order, and of its first attempt at the gateway';
COMMENT ON COLUMN payment_order.gateway_txn IS 'that gateway''s number of the payment';
UPDATE payment_order SET gateway = 'national' WHERE state = 'paid';
ALTER TABLE payment_order ADD CHECK ((state = 'paid') = (gateway IS NOT NULL));
-- One payment settles one order: from here gateway_payment holds that, for each gateway apart.
ALTER TABLE payment_order DROP CONSTRAINT payment_order_gateway_txn_key;
ALTER TABLE payment_order DROP CONSTRAINT payment_order_state_check;
ALTER TABLE payment_order ADD CONSTRAINT payment_order_state_check
    CHECK (state IN ('open', 'paid', 'cancelled', 'expired'));
COMMENT ON COLUMN payment_order.state IS 'open, paid, cancelled, or expired (every attempt was denied by its gateway after its end)';

INSERT INTO gateway_payment (id, gateway, transaction, reference, attempt_id, amount, bank, paid_at, outcome, told_at)
SELECT id, 'national', gateway_txn, reference, id, amount, '', NULL, 'settled', paid_at
  FROM payment_order WHERE state = 'paid';

DROP INDEX payment_order_ask;
ALTER TABLE payment_order DROP COLUMN pay_url, DROP COLUMN asked, DROP COLUMN ask_at;

ALTER TABLE gateway_event ADD COLUMN gateway text NOT NULL DEFAULT 'national' CHECK (gateway ~ '^[a-z][a-z_]{1,29}$');
ALTER TABLE gateway_event ALTER COLUMN gateway DROP DEFAULT;
COMMENT ON COLUMN gateway_event.gateway IS 'name of the gateway';
ALTER TABLE gateway_event DROP CONSTRAINT gateway_event_raw_sha256_key;
ALTER TABLE gateway_event ADD CONSTRAINT gateway_event_once UNIQUE (gateway, raw_sha256);
ALTER TABLE gateway_event DROP CONSTRAINT gateway_event_source_check;
ALTER TABLE gateway_event ADD CONSTRAINT gateway_event_source_check
    CHECK (source IN ('callback', 'query', 'counter', 'settlement'));
COMMENT ON COLUMN gateway_event.source IS 'callback: the gateway called us; query: it answered when we asked; counter: a cashier recorded it; settlement: a line of the gateway''s settlement file';
COMMENT ON COLUMN gateway_event.reference IS 'our reference at the gateway, if it could be read';
