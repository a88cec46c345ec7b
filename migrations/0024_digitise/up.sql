-- Digitisation (số hóa thành phần hồ sơ, TT 01/2023/TT-VPCP): how each component of a received
-- dossier came, and the scan of its paper that a clerk compared and vouches for.

ALTER TABLE file DROP CONSTRAINT file_purpose_check;
ALTER TABLE file ADD CONSTRAINT file_purpose_check
    CHECK (purpose IN ('component', 'supplement', 'result', 'opinion', 'scan'));
COMMENT ON COLUMN file.purpose IS 'part of the filing, a supplement, a result, an opinion, the scan of a paper component';

CREATE TABLE component (
    dossier_id uuid NOT NULL REFERENCES dossier (id) DEFERRABLE INITIALLY DEFERRED,
    code text NOT NULL,
    ordinal smallint NOT NULL CHECK (ordinal > 0),
    unit_id uuid NOT NULL REFERENCES agency (id),
    origin text NOT NULL
        CHECK (origin IN ('paper_original', 'certified_copy', 'electronic', 'reused', 'database', 'presented')),
    files uuid[] NOT NULL,
    must text CHECK (must IN ('earlier_result', 'law', 'decision')),
    received_at timestamptz NOT NULL,
    stated_by text,
    note text NOT NULL DEFAULT '',
    digitisation_id uuid,
    PRIMARY KEY (dossier_id, code, ordinal)
);
COMMENT ON TABLE component IS 'The document components (thành phần hồ sơ) that came with a received dossier: taken stock of at its reception and after each supplement.';
COMMENT ON COLUMN component.dossier_id IS 'the dossier';
COMMENT ON COLUMN component.code IS 'code of the document in the procedure version';
COMMENT ON COLUMN component.ordinal IS '1 with the filing; 2, 3 … came again as a supplement';
COMMENT ON COLUMN component.unit_id IS 'the receiving unit, which digitises it';
COMMENT ON COLUMN component.origin IS 'how it came: original or certified copy on paper, electronic, reused from the store, looked up in a database, shown and given back';
COMMENT ON COLUMN component.files IS 'files that came with it';
COMMENT ON COLUMN component.must IS 'why it must be digitised: an earlier result of a procedure, specialised law, decision of the authority; NULL = it need not';
COMMENT ON COLUMN component.received_at IS 'when it was received';
COMMENT ON COLUMN component.stated_by IS 'the clerk who said how it came, as kind:id; NULL = by the rule for what was filed';
COMMENT ON COLUMN component.note IS 'what the clerk remarked about it';
COMMENT ON COLUMN component.digitisation_id IS 'its digitisation in force; NULL = none is final';
CREATE INDEX component_unit ON component (unit_id);
CREATE INDEX component_digitisation ON component (digitisation_id);
CREATE INDEX component_waiting ON component (unit_id, received_at, dossier_id, code, ordinal)
    WHERE must IS NOT NULL AND digitisation_id IS NULL AND origin IN ('paper_original', 'certified_copy', 'presented');

CREATE TABLE digitisation (
    id uuid PRIMARY KEY,
    dossier_id uuid NOT NULL,
    code text NOT NULL,
    ordinal smallint NOT NULL,
    file_id uuid NOT NULL REFERENCES file (id),
    sha256 text NOT NULL,
    state text NOT NULL CHECK (state IN ('scanned', 'compared', 'signed', 'refused', 'replaced')),
    scanned_by text NOT NULL,
    scanned_at timestamptz NOT NULL,
    compared_by text,
    compared_at timestamptz,
    difference text,
    replaces_id uuid REFERENCES digitisation (id),
    FOREIGN KEY (dossier_id, code, ordinal) REFERENCES component (dossier_id, code, ordinal),
    CHECK (state IN ('scanned', 'replaced') OR (compared_by IS NOT NULL AND compared_at IS NOT NULL)),
    CHECK ((state = 'refused') = (difference IS NOT NULL))
);
COMMENT ON TABLE digitisation IS 'One scan of a paper component, from its upload to the signature of the clerk. Once signed, refused or replaced it never changes.';
COMMENT ON COLUMN digitisation.id IS 'identifier inside motcua';
COMMENT ON COLUMN digitisation.dossier_id IS 'the dossier';
COMMENT ON COLUMN digitisation.code IS 'code of the component';
COMMENT ON COLUMN digitisation.ordinal IS 'which one of that code';
COMMENT ON COLUMN digitisation.file_id IS 'the scan';
COMMENT ON COLUMN digitisation.sha256 IS 'SHA-256 of the scan, hex: what was compared and signed';
COMMENT ON COLUMN digitisation.state IS 'scanned; compared: as the paper is; signed: final; refused: differs from the paper; replaced: another scan came before it was signed';
COMMENT ON COLUMN digitisation.scanned_by IS 'who uploaded it, as kind:id';
COMMENT ON COLUMN digitisation.scanned_at IS 'when';
COMMENT ON COLUMN digitisation.compared_by IS 'who compared it with the paper, as kind:id';
COMMENT ON COLUMN digitisation.compared_at IS 'when';
COMMENT ON COLUMN digitisation.difference IS 'how it differs from the paper, where refused';
COMMENT ON COLUMN digitisation.replaces_id IS 'the digitisation of the same component that it takes the place of, once signed where that one was';
CREATE UNIQUE INDEX digitisation_open ON digitisation (dossier_id, code, ordinal) WHERE state IN ('scanned', 'compared');
CREATE INDEX digitisation_component ON digitisation (dossier_id, code, ordinal);
CREATE INDEX digitisation_file ON digitisation (file_id);
CREATE INDEX digitisation_replaces ON digitisation (replaces_id);
ALTER TABLE component ADD FOREIGN KEY (digitisation_id) REFERENCES digitisation (id);

CREATE FUNCTION digitisation_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the digitisation % is %: it never changes', OLD.id, OLD.state
        USING ERRCODE = 'check_violation', CONSTRAINT = 'digitisation_is_final';
END
$$;
CREATE TRIGGER digitisation_is_final BEFORE UPDATE OR DELETE ON digitisation
    FOR EACH ROW WHEN (OLD.state IN ('signed', 'refused', 'replaced')) EXECUTE FUNCTION digitisation_is_final();
-- What was scanned stays what was scanned.
CREATE TRIGGER digitisation_keeps_its_scan BEFORE UPDATE ON digitisation FOR EACH ROW
    WHEN ((OLD.dossier_id, OLD.code, OLD.ordinal, OLD.file_id, OLD.sha256)
          IS DISTINCT FROM (NEW.dossier_id, NEW.code, NEW.ordinal, NEW.file_id, NEW.sha256))
    EXECUTE FUNCTION digitisation_is_final();

CREATE TABLE digitisation_seal (
    unit_id uuid NOT NULL REFERENCES agency (id),
    number bigint NOT NULL CHECK (number > 0),
    digitisation_id uuid NOT NULL UNIQUE REFERENCES digitisation (id),
    text text NOT NULL,
    sha256 bytea NOT NULL CHECK (length(sha256) = 32),
    sealed_at timestamptz NOT NULL,
    sealed_by text NOT NULL,
    PRIMARY KEY (unit_id, number)
);
COMMENT ON TABLE digitisation_seal IS 'The clerk vouches for a digitisation: a record chained to the one before of the same unit. Never changed.';
COMMENT ON COLUMN digitisation_seal.unit_id IS 'the receiving unit';
COMMENT ON COLUMN digitisation_seal.number IS '1, 2, 3 … of the unit, without gap';
COMMENT ON COLUMN digitisation_seal.digitisation_id IS 'what is vouched for';
COMMENT ON COLUMN digitisation_seal.text IS 'the canonical text: hash of the record before, dossier, component, SHA-256 of the file, clerk, time, statement';
COMMENT ON COLUMN digitisation_seal.sha256 IS 'SHA-256 of the text in UTF-8';
COMMENT ON COLUMN digitisation_seal.sealed_at IS 'when';
COMMENT ON COLUMN digitisation_seal.sealed_by IS 'who, as kind:id';

REVOKE UPDATE, DELETE ON digitisation_seal FROM motcua_app;
REVOKE DELETE ON component, digitisation FROM motcua_app;
