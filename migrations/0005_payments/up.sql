-- Fees and payments in their first form. The ledger, refunds and receipts build on these rows.

CREATE TABLE charge (
    id uuid PRIMARY KEY,
    dossier_id uuid NOT NULL REFERENCES dossier (id) DEFERRABLE INITIALLY DEFERRED,
    fee_code text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('charge', 'fee')),
    amount bigint NOT NULL CHECK (amount >= 0),
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
COMMENT ON COLUMN charge.amount IS 'đồng';
COMMENT ON COLUMN charge.refundable IS 'may it be given back when the dossier is refused';
COMMENT ON COLUMN charge.explanation IS 'the rule, the clause, the numbers; why it is zero';
COMMENT ON COLUMN charge.created_at IS 'when charged';
CREATE INDEX charge_dossier ON charge (dossier_id);

CREATE TABLE payment_order (
    id uuid PRIMARY KEY,
    dossier_id uuid NOT NULL REFERENCES dossier (id),
    reference text NOT NULL UNIQUE CHECK (length(reference) <= 20),
    amount bigint NOT NULL CHECK (amount > 0),
    state text NOT NULL CHECK (state IN ('open', 'paid', 'cancelled')),
    pay_url text,
    opened_at timestamptz NOT NULL,
    paid_at timestamptz,
    gateway_txn text UNIQUE
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
COMMENT ON COLUMN payment_order.gateway_txn IS 'MaGiaoDich of the payment that settled it';
CREATE INDEX payment_order_dossier ON payment_order (dossier_id);

CREATE TABLE gateway_event (
    id uuid PRIMARY KEY,
    raw_sha256 bytea NOT NULL UNIQUE,
    raw bytea NOT NULL,
    reference text,
    outcome text NOT NULL,
    received_at timestamptz NOT NULL
);
COMMENT ON TABLE gateway_event IS 'The inbox: each callback as it came, once; what is made of it is decided from the raw bytes.';
COMMENT ON COLUMN gateway_event.id IS 'identifier inside motcua';
COMMENT ON COLUMN gateway_event.raw_sha256 IS 'SHA-256 of the raw bytes';
COMMENT ON COLUMN gateway_event.raw IS 'the raw body';
COMMENT ON COLUMN gateway_event.reference IS 'MaThamChieu, if it could be read';
COMMENT ON COLUMN gateway_event.outcome IS 'settled, repeated, forged, unknown_order, wrong_amount, late, not_paid, malformed';
COMMENT ON COLUMN gateway_event.received_at IS 'when it came';
