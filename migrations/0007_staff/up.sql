-- The early end of a substitution: the order stays on record, with who ended it.

ALTER TABLE substitution ADD COLUMN ended_at timestamptz;
ALTER TABLE substitution ADD COLUMN ended_by uuid REFERENCES staff (id);
COMMENT ON COLUMN substitution.valid_to IS 'to this moment; moved by an early end, to valid_from when it had not begun';
COMMENT ON COLUMN substitution.ended_at IS 'when it was ended early; NULL = it runs as ordered';
COMMENT ON COLUMN substitution.ended_by IS 'who ended it early';
CREATE INDEX substitution_ended_by ON substitution (ended_by);
-- One that was ended before its beginning is empty, not gone.
ALTER TABLE substitution DROP CONSTRAINT substitution_check;
ALTER TABLE substitution ADD CONSTRAINT substitution_check CHECK (
    absent_id <> substitute_id
    AND (valid_from < valid_to OR (valid_from = valid_to AND ended_at IS NOT NULL))
    AND (ended_at IS NULL) = (ended_by IS NULL)
);
