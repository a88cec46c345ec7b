-- Electronic receipts (biên lai điện tử): one for the phí and one for the lệ phí of a payment,
-- numbered without gap in a series of its unit and year.

CREATE TABLE receipt_series (
    id uuid PRIMARY KEY,
    unit_id uuid NOT NULL REFERENCES agency (id),
    year smallint NOT NULL CHECK (year BETWEEN 2000 AND 2199),
    kind text NOT NULL CHECK (kind IN ('charge', 'fee')),
    form text NOT NULL CHECK (form ~ '^[0-9]{2}[A-Z]{3}[0-9]-[0-9]{3}$'),
    symbol text NOT NULL CHECK (symbol ~ '^[A-Z]{2}-[0-9]{2}E$'),
    last integer NOT NULL CHECK (last BETWEEN 0 AND 9999999),
    UNIQUE (unit_id, year, kind, form, symbol)
);
COMMENT ON TABLE receipt_series IS 'A series of receipt numbers. Its row is locked by whoever takes a number, until the transaction ends: so a number is used, or was never taken.';
COMMENT ON COLUMN receipt_series.id IS 'identifier inside motcua';
COMMENT ON COLUMN receipt_series.unit_id IS 'the unit that issues';
COMMENT ON COLUMN receipt_series.year IS 'the year in Việt Nam';
COMMENT ON COLUMN receipt_series.kind IS 'charge (phí) or fee (lệ phí)';
COMMENT ON COLUMN receipt_series.form IS 'symbol of the form (ký hiệu mẫu), e.g. 01BLP0-001';
COMMENT ON COLUMN receipt_series.symbol IS 'symbol of the series (ký hiệu), e.g. BL-26E: two letters, the year, electronic';
COMMENT ON COLUMN receipt_series.last IS 'the number that was taken last';

CREATE TABLE receipt (
    id uuid PRIMARY KEY,
    series_id uuid NOT NULL REFERENCES receipt_series (id),
    number integer NOT NULL CHECK (number BETWEEN 1 AND 9999999),
    kind text NOT NULL CHECK (kind IN ('charge', 'fee')),
    symbol text NOT NULL,
    secret text NOT NULL UNIQUE CHECK (length(secret) >= 24),
    unit_id uuid NOT NULL REFERENCES agency (id),
    dossier_id uuid NOT NULL REFERENCES dossier (id) DEFERRABLE INITIALLY DEFERRED,
    order_id uuid NOT NULL REFERENCES payment_order (id),
    payer jsonb NOT NULL,
    amount bigint NOT NULL CHECK (amount BETWEEN 1 AND 1000000000000),
    issued_at timestamptz NOT NULL,
    issued_by text NOT NULL,
    replaces_id uuid UNIQUE REFERENCES receipt (id),
    state text NOT NULL CHECK (state IN ('valid', 'cancelled', 'replaced')),
    given_back bigint NOT NULL DEFAULT 0 CHECK (given_back BETWEEN 0 AND amount),
    replaced_by_id uuid UNIQUE REFERENCES receipt (id) DEFERRABLE INITIALLY DEFERRED,
    reason text NOT NULL DEFAULT '',
    ended_at timestamptz,
    ended_by text,
    UNIQUE (series_id, number),
    CHECK ((state = 'replaced') = (replaced_by_id IS NOT NULL)),
    CHECK ((state = 'valid') = (ended_at IS NULL)),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL)),
    CHECK (state = 'valid' OR reason <> ''),
    CHECK (state <> 'valid' OR given_back = 0),
    CHECK (id <> replaces_id)
);
COMMENT ON TABLE receipt IS 'A receipt (biên lai). What it says is never changed; it can end, and another can stand in its stead.';
COMMENT ON COLUMN receipt.id IS 'identifier inside motcua';
COMMENT ON COLUMN receipt.series_id IS 'its series';
COMMENT ON COLUMN receipt.number IS 'its number (số) in the series, from 1';
COMMENT ON COLUMN receipt.kind IS 'charge (phí) or fee (lệ phí): never both on one receipt';
COMMENT ON COLUMN receipt.symbol IS 'symbol of its series, for the public look-up';
COMMENT ON COLUMN receipt.secret IS 'random code on the receipt and in its QR code: who has it may look the receipt up';
COMMENT ON COLUMN receipt.unit_id IS 'the unit that issued it';
COMMENT ON COLUMN receipt.dossier_id IS 'the dossier';
COMMENT ON COLUMN receipt.order_id IS 'the payment order that was settled';
COMMENT ON COLUMN receipt.payer IS 'name and address as on the receipt; no number of any document';
COMMENT ON COLUMN receipt.amount IS 'đồng';
COMMENT ON COLUMN receipt.issued_at IS 'when';
COMMENT ON COLUMN receipt.issued_by IS 'who, as kind:id';
COMMENT ON COLUMN receipt.replaces_id IS 'the receipt in whose stead it stands';
COMMENT ON COLUMN receipt.state IS 'valid, cancelled (all of it was given back) or replaced (another stands in its stead)';
COMMENT ON COLUMN receipt.given_back IS 'đồng of it that were given back to the payer when it ended';
COMMENT ON COLUMN receipt.replaced_by_id IS 'the receipt that stands in its stead';
COMMENT ON COLUMN receipt.reason IS 'why it ended';
COMMENT ON COLUMN receipt.ended_at IS 'when it ended';
COMMENT ON COLUMN receipt.ended_by IS 'who ended it, as kind:id';
CREATE INDEX receipt_unit ON receipt (unit_id, issued_at);
CREATE INDEX receipt_dossier ON receipt (dossier_id);
CREATE INDEX receipt_order ON receipt (order_id);
CREATE INDEX receipt_lookup ON receipt (symbol, number);

CREATE TABLE receipt_line (
    receipt_id uuid NOT NULL REFERENCES receipt (id),
    line smallint NOT NULL CHECK (line > 0),
    charge_id uuid NOT NULL REFERENCES charge (id),
    fee_code text NOT NULL,
    name text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    PRIMARY KEY (receipt_id, line)
);
COMMENT ON TABLE receipt_line IS 'One charge on a receipt. Never changed.';
COMMENT ON COLUMN receipt_line.receipt_id IS 'the receipt';
COMMENT ON COLUMN receipt_line.line IS '1, 2, 3 …';
COMMENT ON COLUMN receipt_line.charge_id IS 'what was owed';
COMMENT ON COLUMN receipt_line.fee_code IS 'fee of the procedure version';
COMMENT ON COLUMN receipt_line.name IS 'name of the fee';
COMMENT ON COLUMN receipt_line.amount IS 'đồng of the charge that this receipt is about';
CREATE INDEX receipt_line_charge ON receipt_line (charge_id);

CREATE TABLE receipt_elsewhere (
    order_id uuid NOT NULL REFERENCES payment_order (id),
    charge_id uuid NOT NULL REFERENCES charge (id),
    amount bigint NOT NULL CHECK (amount > 0),
    reason text NOT NULL CHECK (reason IN ('invoice', 'before')),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (order_id, charge_id)
);
COMMENT ON TABLE receipt_elsewhere IS 'Money that was paid and for which no receipt is issued here. Never changed.';
COMMENT ON COLUMN receipt_elsewhere.order_id IS 'the payment order that was settled';
COMMENT ON COLUMN receipt_elsewhere.charge_id IS 'what was owed';
COMMENT ON COLUMN receipt_elsewhere.amount IS 'đồng';
COMMENT ON COLUMN receipt_elsewhere.reason IS 'invoice: the unit issues an e-invoice (hóa đơn điện tử) from its own system; before: paid before motcua issued receipts';
COMMENT ON COLUMN receipt_elsewhere.created_at IS 'when it was paid';
CREATE INDEX receipt_elsewhere_charge ON receipt_elsewhere (charge_id);

INSERT INTO receipt_elsewhere (order_id, charge_id, amount, reason, created_at)
SELECT DISTINCT ON (c.id) o.id, c.id, c.amount, 'before', o.paid_at
  FROM charge c JOIN payment_order o ON o.dossier_id = c.dossier_id AND o.state = 'paid' AND o.opened_at >= c.created_at
 WHERE c.amount > 0
 ORDER BY c.id, o.opened_at;

CREATE TABLE receipt_document (
    receipt_id uuid NOT NULL REFERENCES receipt (id),
    format text NOT NULL CHECK (format IN ('xml', 'pdf')),
    state text NOT NULL CHECK (state IN ('valid', 'cancelled', 'replaced')),
    bytes bytea NOT NULL,
    made_at timestamptz NOT NULL,
    PRIMARY KEY (receipt_id, format, state)
);
COMMENT ON TABLE receipt_document IS 'A receipt as XML or PDF, made when first asked for and kept, so that everybody gets the same bytes.';
COMMENT ON COLUMN receipt_document.receipt_id IS 'the receipt';
COMMENT ON COLUMN receipt_document.format IS 'xml or pdf';
COMMENT ON COLUMN receipt_document.state IS 'the state of the receipt that the document shows';
COMMENT ON COLUMN receipt_document.bytes IS 'the document';
COMMENT ON COLUMN receipt_document.made_at IS 'when it was made';

-- What a receipt says cannot be changed by anybody; it can end, once.
CREATE FUNCTION receipt_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'receipt' THEN
        IF OLD.state = 'valid' AND NEW.state <> 'valid'
           AND (OLD.id, OLD.series_id, OLD.number, OLD.kind, OLD.symbol, OLD.secret, OLD.unit_id, OLD.dossier_id,
                OLD.order_id, OLD.payer, OLD.amount, OLD.issued_at, OLD.issued_by)
             = (NEW.id, NEW.series_id, NEW.number, NEW.kind, NEW.symbol, NEW.secret, NEW.unit_id, NEW.dossier_id,
                NEW.order_id, NEW.payer, NEW.amount, NEW.issued_at, NEW.issued_by)
           AND OLD.replaces_id IS NOT DISTINCT FROM NEW.replaces_id THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'a receipt is not changed: it is cancelled or replaced'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'receipt_stands';
END
$$;
CREATE TRIGGER receipt_stands BEFORE UPDATE OR DELETE ON receipt FOR EACH ROW EXECUTE FUNCTION receipt_stands();
CREATE TRIGGER receipt_line_stands BEFORE UPDATE OR DELETE ON receipt_line FOR EACH ROW EXECUTE FUNCTION receipt_stands();
CREATE TRIGGER receipt_elsewhere_stands BEFORE UPDATE OR DELETE ON receipt_elsewhere FOR EACH ROW EXECUTE FUNCTION receipt_stands();
