-- The catalogue of administrative procedures.

CREATE TABLE procedure (
    code text PRIMARY KEY,
    name text NOT NULL,
    field_code text NOT NULL,
    field_name text NOT NULL,
    levels text[] NOT NULL,
    decision text NOT NULL,
    online boolean NOT NULL,
    folded text NOT NULL,
    folded_name text COLLATE "C" NOT NULL,
    current_version_id uuid,
    closed_since date,
    closed_until date,
    closed_reason text NOT NULL DEFAULT '',
    updated_at timestamptz NOT NULL,
    CHECK (closed_until >= closed_since)
);
COMMENT ON TABLE procedure IS 'An administrative procedure (thủ tục hành chính), published or only imported.';
COMMENT ON COLUMN procedure.code IS 'national code, e.g. 1.001193';
COMMENT ON COLUMN procedure.name IS 'official name';
COMMENT ON COLUMN procedure.field_code IS 'code of the field (lĩnh vực); empty where the import has none';
COMMENT ON COLUMN procedure.field_name IS 'name of the field';
COMMENT ON COLUMN procedure.levels IS 'levels that have competence';
COMMENT ON COLUMN procedure.decision IS 'the decision that announced it';
COMMENT ON COLUMN procedure.online IS 'can be filed online';
COMMENT ON COLUMN procedure.folded IS 'code, name and field as lower-case words without diacritics, one space before each: what the search reads';
COMMENT ON COLUMN procedure.folded_name IS 'the name as such words, without the leading "thu tuc": what the search ranks and sorts by';
COMMENT ON COLUMN procedure.current_version_id IS 'the published version in force; NULL = imported, unpublished';
COMMENT ON COLUMN procedure.closed_since IS 'first day without filings; NULL = open';
COMMENT ON COLUMN procedure.closed_until IS 'last day without filings; NULL = until further notice';
COMMENT ON COLUMN procedure.closed_reason IS 'why it is closed, as people read it';
COMMENT ON COLUMN procedure.updated_at IS 'when last changed';

CREATE TABLE procedure_version (
    id uuid PRIMARY KEY,
    procedure_code text NOT NULL REFERENCES procedure (code),
    version integer NOT NULL,
    definition jsonb NOT NULL,
    workflow jsonb NOT NULL,
    effective_from date NOT NULL,
    published_at timestamptz NOT NULL,
    published_by text NOT NULL,
    UNIQUE (procedure_code, version)
);
COMMENT ON TABLE procedure_version IS 'One immutable published version of a procedure, with its workflow.';
COMMENT ON COLUMN procedure_version.id IS 'identifier inside motcua';
COMMENT ON COLUMN procedure_version.procedure_code IS 'the procedure';
COMMENT ON COLUMN procedure_version.version IS '1, 2, 3 …';
COMMENT ON COLUMN procedure_version.definition IS 'the definition as published';
COMMENT ON COLUMN procedure_version.workflow IS 'the workflow definition as it was at publication';
COMMENT ON COLUMN procedure_version.effective_from IS 'filings from this day use it';
COMMENT ON COLUMN procedure_version.published_at IS 'when published';
COMMENT ON COLUMN procedure_version.published_by IS 'who published it, as kind:id';
ALTER TABLE procedure ADD FOREIGN KEY (current_version_id) REFERENCES procedure_version (id);
CREATE INDEX procedure_current_version ON procedure (current_version_id);

CREATE TABLE service_level (
    version_id uuid NOT NULL REFERENCES procedure_version (id),
    procedure_code text NOT NULL REFERENCES procedure (code),
    level text NOT NULL,
    service text NOT NULL CHECK (service IN ('full', 'partial', 'information')),
    valid_from date NOT NULL,
    valid_to date,
    PRIMARY KEY (version_id, level, valid_from)
);
COMMENT ON TABLE service_level IS 'Service level of a procedure at one level of administration, with dates (NĐ 42/2022 Đ.11).';
COMMENT ON COLUMN service_level.version_id IS 'the published version that says so';
COMMENT ON COLUMN service_level.procedure_code IS 'the procedure';
COMMENT ON COLUMN service_level.level IS 'ministry, province, district (until 30/06/2025), commune or other';
COMMENT ON COLUMN service_level.service IS 'toàn trình, một phần, or information only';
COMMENT ON COLUMN service_level.valid_from IS 'first day';
COMMENT ON COLUMN service_level.valid_to IS 'last day; NULL = open';
CREATE INDEX service_level_procedure ON service_level (procedure_code);

CREATE TABLE catalogue_revision (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    revision bigint NOT NULL
);
COMMENT ON TABLE catalogue_revision IS 'One row: counts the changes of the catalogue. Every writer takes it first, so writers queue, and readers know by it whether anything is new.';
COMMENT ON COLUMN catalogue_revision.only_row IS 'keeps it to one row';
COMMENT ON COLUMN catalogue_revision.revision IS 'rises with every change; part of the ETag of every catalogue page';
INSERT INTO catalogue_revision (revision) VALUES (1);
