-- What a virus scanner said of a file.
ALTER TABLE file ADD COLUMN scan text NOT NULL DEFAULT 'unscanned'
    CHECK (scan IN ('unscanned', 'clean', 'infected'));
ALTER TABLE file ADD COLUMN scan_tries smallint NOT NULL DEFAULT 0 CHECK (scan_tries >= 0);
CREATE INDEX file_unscanned ON file (scan_tries, id) WHERE scan = 'unscanned' AND deleted_at IS NULL;
COMMENT ON COLUMN file.scan IS 'what the virus scanner said; unscanned = it was not asked, or did not answer: not served as long as a scanner is configured';
COMMENT ON COLUMN file.scan_tries IS 'times that the scanner was asked again and said neither; the least tried come first';
