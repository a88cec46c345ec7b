-- What was found when a file was looked into, where a rule lets it pass all the same.
ALTER TABLE file ADD COLUMN findings text[] NOT NULL DEFAULT '{}'
    CHECK (findings <@ ARRAY['script', 'launch', 'attachment', 'external']);
COMMENT ON COLUMN file.findings IS 'what whoever opens it should know; empty = nothing, or uploaded before files were looked into';
