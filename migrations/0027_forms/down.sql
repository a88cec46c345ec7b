DROP TABLE produced_form;
DROP TABLE template;
DELETE FROM file WHERE purpose = 'form';
ALTER TABLE file DROP CONSTRAINT file_purpose_check;
ALTER TABLE file ADD CONSTRAINT file_purpose_check CHECK (purpose IN ('component', 'supplement', 'result', 'opinion'));
