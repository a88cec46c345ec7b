COMMENT ON TABLE file IS 'A stored file of a draft or dossier. The bytes are in the object store under the key; the row is written after they are synced.';
ALTER TABLE draft DROP COLUMN reuses;
DROP TABLE record_reuse;
DROP TABLE record_use;
DROP TABLE record_share;
DROP TABLE record_document;
