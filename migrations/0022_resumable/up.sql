-- Uploads that can be broken off and gone on with (tus 1.0). What came is kept in parts, each
-- an object of the store, until the whole is a file.

CREATE TABLE upload (
    id uuid PRIMARY KEY,
    owner text NOT NULL,
    draft_id uuid REFERENCES draft (id) ON DELETE CASCADE,
    dossier_id uuid REFERENCES dossier (id) DEFERRABLE INITIALLY DEFERRED,
    component text NOT NULL,
    purpose text NOT NULL CHECK (purpose IN ('component', 'supplement', 'result', 'opinion')),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 400),
    length bigint NOT NULL CHECK (length > 0),
    received bigint NOT NULL CHECK (received BETWEEN 0 AND length),
    begun_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    file_id uuid REFERENCES file (id) ON DELETE CASCADE,
    CHECK ((draft_id IS NULL) <> (dossier_id IS NULL)),
    CHECK (file_id IS NULL OR received = length)
);
CREATE INDEX upload_owner ON upload (owner) WHERE file_id IS NULL;
CREATE INDEX upload_expires ON upload (expires_at);
CREATE INDEX upload_draft ON upload (draft_id) WHERE draft_id IS NOT NULL;
CREATE INDEX upload_dossier ON upload (dossier_id) WHERE dossier_id IS NOT NULL;
CREATE INDEX upload_file ON upload (file_id) WHERE file_id IS NOT NULL;
COMMENT ON TABLE upload IS 'A resumable upload, from its announcement to the file or to its end. Removed when it expires.';
COMMENT ON COLUMN upload.id IS 'identifier; a person who has it and is not its owner is told nothing';
COMMENT ON COLUMN upload.owner IS 'key of whoever announced it; nobody else goes on with it';
COMMENT ON COLUMN upload.draft_id IS 'the draft that the file is for';
COMMENT ON COLUMN upload.dossier_id IS 'the dossier that the file is for';
COMMENT ON COLUMN upload.component IS 'code of the document component that the file satisfies; empty = other';
COMMENT ON COLUMN upload.purpose IS 'what the file is for';
COMMENT ON COLUMN upload.name IS 'file name as it was announced';
COMMENT ON COLUMN upload.length IS 'bytes of the whole, as announced';
COMMENT ON COLUMN upload.received IS 'bytes that are kept, without a gap from the first';
COMMENT ON COLUMN upload.begun_at IS 'when it was announced';
COMMENT ON COLUMN upload.expires_at IS 'when it is forgotten; later with each part that comes';
COMMENT ON COLUMN upload.file_id IS 'the file that it became';

CREATE TABLE upload_part (
    upload_id uuid NOT NULL REFERENCES upload (id) ON DELETE CASCADE,
    start bigint NOT NULL CHECK (start >= 0),
    size bigint NOT NULL CHECK (size > 0),
    storage_key text NOT NULL UNIQUE,
    PRIMARY KEY (upload_id, start)
);
COMMENT ON TABLE upload_part IS 'Bytes of an upload that came in one go. Removed when the upload has become a file.';
COMMENT ON COLUMN upload_part.upload_id IS 'the upload';
COMMENT ON COLUMN upload_part.start IS 'place of its first byte in the whole';
COMMENT ON COLUMN upload_part.size IS 'bytes';
COMMENT ON COLUMN upload_part.storage_key IS 'key in the object store';
