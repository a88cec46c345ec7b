-- Money that came astray and was applied to what a dossier owes gets its receipts too: a
-- receipt is for a settled order or for an application, never for both.

ALTER TABLE receipt ALTER COLUMN order_id DROP NOT NULL;
ALTER TABLE receipt ADD COLUMN application_id uuid REFERENCES suspense_application (id);
ALTER TABLE receipt ADD CONSTRAINT receipt_cause CHECK ((order_id IS NULL) <> (application_id IS NULL));
COMMENT ON COLUMN receipt.order_id IS 'the payment order that was settled; NULL: see application_id';
COMMENT ON COLUMN receipt.application_id IS 'the application of money that came astray; NULL: see order_id';
CREATE INDEX receipt_application ON receipt (application_id) WHERE application_id IS NOT NULL;

ALTER TABLE receipt_elsewhere DROP CONSTRAINT receipt_elsewhere_pkey;
ALTER TABLE receipt_elsewhere ALTER COLUMN order_id DROP NOT NULL;
ALTER TABLE receipt_elsewhere ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid() PRIMARY KEY;
ALTER TABLE receipt_elsewhere ALTER COLUMN id DROP DEFAULT;
ALTER TABLE receipt_elsewhere ADD COLUMN application_id uuid REFERENCES suspense_application (id);
ALTER TABLE receipt_elsewhere ADD CONSTRAINT receipt_elsewhere_cause
    CHECK ((order_id IS NULL) <> (application_id IS NULL));
ALTER TABLE receipt_elsewhere ADD CONSTRAINT receipt_elsewhere_order UNIQUE (order_id, charge_id);
ALTER TABLE receipt_elsewhere ADD CONSTRAINT receipt_elsewhere_application UNIQUE (application_id, charge_id);
COMMENT ON COLUMN receipt_elsewhere.id IS 'identifier inside motcua';
COMMENT ON COLUMN receipt_elsewhere.order_id IS 'the payment order that was settled; NULL: see application_id';
COMMENT ON COLUMN receipt_elsewhere.application_id IS 'the application of money that came astray; NULL: see order_id';

-- What was applied before covers, in the order of applying, the charges that no paper speaks of.
WITH uncovered AS (
    SELECT c.id, c.dossier_id,
           c.amount
           - coalesce((SELECT sum(l.amount) FROM receipt_line l JOIN receipt r ON r.id = l.receipt_id
                        WHERE l.charge_id = c.id AND r.replaces_id IS NULL), 0)
           - coalesce((SELECT sum(e.amount) FROM receipt_elsewhere e WHERE e.charge_id = c.id), 0) AS amount
      FROM charge c
), owed AS (
    SELECT id, dossier_id, amount, sum(amount) OVER (PARTITION BY dossier_id ORDER BY id) AS upto
      FROM uncovered WHERE amount > 0
), applied AS (
    SELECT id, dossier_id, amount, applied_at, sum(amount) OVER (PARTITION BY dossier_id ORDER BY id) AS upto
      FROM suspense_application
)
INSERT INTO receipt_elsewhere (id, application_id, charge_id, amount, reason, created_at)
SELECT gen_random_uuid(), a.id, o.id,
       (least(o.upto, a.upto) - greatest(o.upto - o.amount, a.upto - a.amount))::bigint, 'before', a.applied_at
  FROM owed o JOIN applied a USING (dossier_id)
 WHERE least(o.upto, a.upto) > greatest(o.upto - o.amount, a.upto - a.amount);

-- What a receipt says cannot be changed by anybody; it can end, once.
CREATE OR REPLACE FUNCTION receipt_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'receipt' THEN
        IF OLD.state = 'valid' AND NEW.state <> 'valid'
           AND (OLD.id, OLD.series_id, OLD.number, OLD.kind, OLD.symbol, OLD.secret, OLD.unit_id, OLD.dossier_id,
                OLD.payer, OLD.amount, OLD.issued_at, OLD.issued_by)
             = (NEW.id, NEW.series_id, NEW.number, NEW.kind, NEW.symbol, NEW.secret, NEW.unit_id, NEW.dossier_id,
                NEW.payer, NEW.amount, NEW.issued_at, NEW.issued_by)
           AND (OLD.order_id, OLD.application_id, OLD.replaces_id)
               IS NOT DISTINCT FROM (NEW.order_id, NEW.application_id, NEW.replaces_id) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'a receipt is not changed: it is cancelled or replaced'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'receipt_stands';
END
$$;
