-- One dossier as a pattern for the others: the newest that was just submitted.
CREATE TABLE kept AS SELECT * FROM dossier WHERE status = 1 ORDER BY id DESC LIMIT 1;
TRUNCATE dossier CASCADE;
INSERT INTO dossier SELECT * FROM kept;
