-- Receipts of applied money have no place in the form before: they go, with their documents.
ALTER TABLE receipt DISABLE TRIGGER USER;
ALTER TABLE receipt_line DISABLE TRIGGER USER;
ALTER TABLE receipt_elsewhere DISABLE TRIGGER USER;
DELETE FROM receipt_document WHERE receipt_id IN (SELECT id FROM receipt WHERE application_id IS NOT NULL);
DELETE FROM receipt_line WHERE receipt_id IN (SELECT id FROM receipt WHERE application_id IS NOT NULL);
DELETE FROM receipt WHERE application_id IS NOT NULL;
DELETE FROM receipt_elsewhere WHERE application_id IS NOT NULL;
-- The deferred constraints of what was deleted are looked at now: no table can be altered before.
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE receipt ENABLE TRIGGER USER;
ALTER TABLE receipt_line ENABLE TRIGGER USER;
ALTER TABLE receipt_elsewhere ENABLE TRIGGER USER;

CREATE OR REPLACE FUNCTION receipt_stands() RETURNS trigger LANGUAGE plpgsql AS $$
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

ALTER TABLE receipt_elsewhere DROP CONSTRAINT receipt_elsewhere_order;
ALTER TABLE receipt_elsewhere DROP COLUMN application_id;
ALTER TABLE receipt_elsewhere DROP COLUMN id;
ALTER TABLE receipt_elsewhere ALTER COLUMN order_id SET NOT NULL;
ALTER TABLE receipt_elsewhere ADD CONSTRAINT receipt_elsewhere_pkey PRIMARY KEY (order_id, charge_id);
ALTER TABLE receipt DROP COLUMN application_id;
ALTER TABLE receipt ALTER COLUMN order_id SET NOT NULL;
COMMENT ON COLUMN receipt.order_id IS 'the payment order that was settled';
COMMENT ON COLUMN receipt_elsewhere.order_id IS 'the payment order that was settled';
