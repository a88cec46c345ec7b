DROP INDEX file_unscanned;
ALTER TABLE file DROP COLUMN scan_tries;
ALTER TABLE file DROP COLUMN scan;
