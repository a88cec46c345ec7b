-- The early end of a substitution: the order stays on record, with who ended it; a login of a
-- citizen that ends only in the browser where it began; refresh tokens that are good for once.

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

-- Logins under way begin again: they last minutes.
DELETE FROM login_flow;
ALTER TABLE login_flow ADD COLUMN browser_hash bytea NOT NULL;
COMMENT ON COLUMN login_flow.browser_hash IS 'SHA-256 of the cookie that the browser got at the beginning';

ALTER TABLE session ADD COLUMN refresh_turn integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN session.refresh_turn IS 'how often it was refreshed; only the refresh token of this turn is good';
