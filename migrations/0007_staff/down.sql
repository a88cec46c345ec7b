ALTER TABLE session DROP COLUMN refresh_turn;
ALTER TABLE login_flow DROP COLUMN browser_hash;
DELETE FROM substitution WHERE valid_from = valid_to;
ALTER TABLE substitution DROP CONSTRAINT substitution_check;
ALTER TABLE substitution DROP COLUMN ended_by;
ALTER TABLE substitution DROP COLUMN ended_at;
ALTER TABLE substitution ADD CONSTRAINT substitution_check CHECK (valid_from < valid_to AND absent_id <> substitute_id);
COMMENT ON COLUMN substitution.valid_to IS 'to this moment';
