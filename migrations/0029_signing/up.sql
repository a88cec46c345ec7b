-- Documents that wait for signatures, the authorisations by which they are signed, and the
-- signatures.

CREATE TABLE signing_request (
    id uuid PRIMARY KEY,
    purpose text NOT NULL CHECK (purpose ~ '^[a-z_]{3,20}$'),
    subject_id uuid NOT NULL,
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 300),
    unit_id uuid NOT NULL REFERENCES agency (id),
    signer_id uuid NOT NULL REFERENCES staff (id),
    seal boolean NOT NULL,
    place jsonb,
    done_kind text NOT NULL CHECK (length(done_kind) BETWEEN 1 AND 60),
    file_id uuid NOT NULL REFERENCES file (id),
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    state text NOT NULL CHECK (state IN ('waiting', 'sealing', 'signed', 'refused', 'cancelled')),
    note text NOT NULL DEFAULT '',
    ordered_at timestamptz NOT NULL,
    ordered_by text NOT NULL,
    ended_at timestamptz,
    signed_file_id uuid REFERENCES file (id),
    CHECK ((state IN ('signed', 'refused', 'cancelled')) = (ended_at IS NOT NULL)),
    CHECK (state NOT IN ('sealing', 'signed') OR signed_file_id IS NOT NULL)
);
COMMENT ON TABLE signing_request IS 'A document that is to be signed by an official, and sealed by the agency where it says so.';
COMMENT ON COLUMN signing_request.id IS 'identifier inside motcua';
COMMENT ON COLUMN signing_request.purpose IS 'what the document is to whoever ordered it: result, digitised …';
COMMENT ON COLUMN signing_request.subject_id IS 'whose document it is, in the table of whoever ordered it';
COMMENT ON COLUMN signing_request.title IS 'what the signer reads in the tray';
COMMENT ON COLUMN signing_request.unit_id IS 'the agency in whose name it is signed';
COMMENT ON COLUMN signing_request.signer_id IS 'who shall sign; whoever stands in for an absent one may';
COMMENT ON COLUMN signing_request.seal IS 'the agency''s seal is to be put after the signature';
COMMENT ON COLUMN signing_request.place IS 'where the visible block stands: {page, left, bottom}, points; NULL = at the foot of the last page';
COMMENT ON COLUMN signing_request.done_kind IS 'kind of the job that tells whoever ordered it that it was signed or refused; payload {request_id}';
COMMENT ON COLUMN signing_request.file_id IS 'the document without signatures';
COMMENT ON COLUMN signing_request.sha256 IS 'SHA-256 of that file when the signature was ordered, hex';
COMMENT ON COLUMN signing_request.state IS 'waiting → sealing (signed, the seal is missing) → signed, or refused, or cancelled';
COMMENT ON COLUMN signing_request.note IS 'why it was refused or cancelled, or why the last try to sign came to nothing';
COMMENT ON COLUMN signing_request.ordered_at IS 'when';
COMMENT ON COLUMN signing_request.ordered_by IS 'who, as kind:id';
COMMENT ON COLUMN signing_request.ended_at IS 'when it was signed, refused or cancelled';
COMMENT ON COLUMN signing_request.signed_file_id IS 'the document with the signatures that it has so far';
CREATE UNIQUE INDEX signing_request_subject ON signing_request (purpose, subject_id) WHERE state NOT IN ('refused', 'cancelled');
CREATE INDEX signing_request_tray ON signing_request (signer_id, id) WHERE state = 'waiting';
CREATE INDEX signing_request_seals ON signing_request (unit_id, id) WHERE state = 'sealing';
CREATE INDEX signing_request_signer ON signing_request (signer_id);
CREATE INDEX signing_request_unit ON signing_request (unit_id);
CREATE INDEX signing_request_file ON signing_request (file_id);
CREATE INDEX signing_request_signed_file ON signing_request (signed_file_id);

CREATE TABLE signing_authorisation (
    id uuid PRIMARY KEY,
    credential text NOT NULL CHECK (length(credential) BETWEEN 1 AND 200),
    chain bytea[] NOT NULL,
    sad text,
    expires_at timestamptz NOT NULL,
    given_at timestamptz NOT NULL,
    given_by text NOT NULL
);
COMMENT ON TABLE signing_authorisation IS 'One act by which the owner of a key let it sign certain hashes at the trust service.';
COMMENT ON COLUMN signing_authorisation.id IS 'identifier inside motcua';
COMMENT ON COLUMN signing_authorisation.credential IS 'the key''s name at the trust service';
COMMENT ON COLUMN signing_authorisation.chain IS 'the certificate, then those above it, DER';
COMMENT ON COLUMN signing_authorisation.sad IS 'the service''s word for it: good for these hashes, once, and not for long; NULL once it is used or over';
COMMENT ON COLUMN signing_authorisation.expires_at IS 'when it ends by itself';
COMMENT ON COLUMN signing_authorisation.given_at IS 'when; the signing time in the documents';
COMMENT ON COLUMN signing_authorisation.given_by IS 'who, as kind:id';

CREATE TABLE signature (
    id uuid PRIMARY KEY,
    request_id uuid NOT NULL REFERENCES signing_request (id),
    part text NOT NULL CHECK (part IN ('official', 'seal')),
    authorisation_id uuid NOT NULL REFERENCES signing_authorisation (id),
    attributes bytea NOT NULL,
    state text NOT NULL CHECK (state IN ('authorised', 'made', 'put', 'void')),
    value bytea,
    level text CHECK (level IN ('B-T', 'B-LT')),
    stamped_at timestamptz,
    note text NOT NULL DEFAULT '',
    CHECK ((state IN ('made', 'put')) <= (value IS NOT NULL)),
    CHECK ((state = 'put') = (stamped_at IS NOT NULL)),
    CHECK ((state = 'put') = (level IS NOT NULL))
);
COMMENT ON TABLE signature IS 'A signature on a document: one record for each document of an authorisation.';
COMMENT ON COLUMN signature.id IS 'identifier inside motcua';
COMMENT ON COLUMN signature.request_id IS 'the document';
COMMENT ON COLUMN signature.part IS 'of the official, or the agency''s seal';
COMMENT ON COLUMN signature.authorisation_id IS 'by which act';
COMMENT ON COLUMN signature.attributes IS 'signed attributes, DER: what the key signs, bound to the document and to the certificate';
COMMENT ON COLUMN signature.state IS 'authorised → made (the service signed) → put (it is in the stored document), or void: it never counts';
COMMENT ON COLUMN signature.value IS 'the signature that the service made';
COMMENT ON COLUMN signature.level IS 'PAdES baseline of the document when it was stored';
COMMENT ON COLUMN signature.stamped_at IS 'time that the time-stamp proves';
COMMENT ON COLUMN signature.note IS 'why it is void';
CREATE UNIQUE INDEX signature_once ON signature (request_id, part) WHERE state <> 'void';
CREATE INDEX signature_request ON signature (request_id);
CREATE INDEX signature_authorisation ON signature (authorisation_id);

-- What was signed stays.
REVOKE DELETE ON signing_request, signing_authorisation, signature FROM motcua_app;
