-- Fees and payments in their first form. The ledger, refunds and receipts build on these rows.

CREATE TABLE charge (
    id uuid PRIMARY KEY,
    dossier_id uuid NOT NULL REFERENCES dossier (id) DEFERRABLE INITIALLY DEFERRED,
    fee_code text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('charge', 'fee')),
    amount bigint NOT NULL CHECK (amount BETWEEN 0 AND 1000000000000),
    refundable boolean NOT NULL,
    explanation jsonb NOT NULL,
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE charge IS 'An amount a dossier owes, with the rule that says so (phí, lệ phí). Never changed once written.';
COMMENT ON COLUMN charge.id IS 'identifier inside motcua';
COMMENT ON COLUMN charge.dossier_id IS 'the dossier';
COMMENT ON COLUMN charge.fee_code IS 'fee of the procedure version';
COMMENT ON COLUMN charge.name IS 'name of the fee';
COMMENT ON COLUMN charge.kind IS 'phí or lệ phí';
COMMENT ON COLUMN charge.amount IS 'đồng; at most a thousand billion, so that sums cannot overflow';
COMMENT ON COLUMN charge.refundable IS 'may it be given back when the dossier is refused';
COMMENT ON COLUMN charge.explanation IS 'the rule, the clause, the numbers; why it is zero';
COMMENT ON COLUMN charge.created_at IS 'when charged';
CREATE INDEX charge_dossier ON charge (dossier_id);

CREATE TABLE payment_order (
    id uuid PRIMARY KEY,
    dossier_id uuid NOT NULL REFERENCES dossier (id) DEFERRABLE INITIALLY DEFERRED,
    reference text NOT NULL UNIQUE CHECK (length(reference) <= 20),
    amount bigint NOT NULL CHECK (amount > 0),
    state text NOT NULL CHECK (state IN ('open', 'paid', 'cancelled')),
    pay_url text,
    opened_at timestamptz NOT NULL,
    paid_at timestamptz,
    gateway_txn text UNIQUE,
    asked integer NOT NULL DEFAULT 0,
    ask_at timestamptz,
    CHECK ((state = 'paid') = (paid_at IS NOT NULL)),
    CHECK ((state = 'paid') = (gateway_txn IS NOT NULL))
);
COMMENT ON TABLE payment_order IS 'A demand for payment of charges of one dossier.';
COMMENT ON COLUMN payment_order.id IS 'identifier inside motcua';
COMMENT ON COLUMN payment_order.dossier_id IS 'the dossier';
COMMENT ON COLUMN payment_order.reference IS 'MaThamChieu at the gateway';
COMMENT ON COLUMN payment_order.amount IS 'đồng';
COMMENT ON COLUMN payment_order.state IS 'open, paid or cancelled';
COMMENT ON COLUMN payment_order.pay_url IS 'page of the gateway where it can be paid; NULL until the gateway answered';
COMMENT ON COLUMN payment_order.opened_at IS 'when it was opened';
COMMENT ON COLUMN payment_order.paid_at IS 'when the money was confirmed';
COMMENT ON COLUMN payment_order.gateway_txn IS 'MaGiaoDich of the payment that settled it; one payment settles one order';
COMMENT ON COLUMN payment_order.asked IS 'how often the gateway was asked what became of it';
COMMENT ON COLUMN payment_order.ask_at IS 'when to ask next; NULL = asked often enough';
CREATE INDEX payment_order_dossier ON payment_order (dossier_id);
CREATE INDEX payment_order_ask ON payment_order (ask_at) WHERE state = 'open';
-- A dossier has one open demand at a time, however often it is asked for.
CREATE UNIQUE INDEX payment_order_open ON payment_order (dossier_id) WHERE state = 'open';

CREATE TABLE gateway_event (
    id uuid PRIMARY KEY,
    raw_sha256 bytea NOT NULL UNIQUE,
    raw bytea NOT NULL,
    source text NOT NULL CHECK (source IN ('callback', 'query')),
    reference text,
    outcome text NOT NULL,
    received_at timestamptz NOT NULL
);
COMMENT ON TABLE gateway_event IS 'The inbox: each message of the gateway as it came, once; what is made of it is decided from the raw bytes.';
COMMENT ON COLUMN gateway_event.id IS 'identifier inside motcua';
COMMENT ON COLUMN gateway_event.raw_sha256 IS 'SHA-256 of the raw bytes';
COMMENT ON COLUMN gateway_event.raw IS 'the raw body';
COMMENT ON COLUMN gateway_event.source IS 'callback: the gateway called us; query: it answered when we asked';
COMMENT ON COLUMN gateway_event.reference IS 'MaThamChieu, if it could be read';
COMMENT ON COLUMN gateway_event.outcome IS 'settled, repeated, malformed, forged, other_partner, not_paid, other_currency, unknown_order, wrong_amount, late, paid_twice or transaction_reused; only settled changed anything';
COMMENT ON COLUMN gateway_event.received_at IS 'when it came';
CREATE INDEX gateway_event_reference ON gateway_event (reference);
