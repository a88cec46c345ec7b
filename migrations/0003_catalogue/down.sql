DROP TABLE catalogue_revision;
ALTER TABLE procedure DROP COLUMN current_version_id;
DROP TABLE service_level;
DROP TABLE procedure_version;
DROP TABLE procedure;
