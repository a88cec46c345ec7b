ALTER TABLE component DROP CONSTRAINT component_digitisation_id_fkey;
DROP TABLE digitisation_seal;
DROP TABLE digitisation;
DROP FUNCTION digitisation_is_final();
DROP TABLE component;
DELETE FROM file WHERE purpose = 'scan';
ALTER TABLE file DROP CONSTRAINT file_purpose_check;
ALTER TABLE file ADD CONSTRAINT file_purpose_check
    CHECK (purpose IN ('component', 'supplement', 'result', 'opinion'));
COMMENT ON COLUMN file.purpose IS 'part of the filing, a supplement, a result, an opinion';
