-- Templates of forms and results as data, and the forms that were made of them.

CREATE TABLE template (
    id uuid PRIMARY KEY,
    code text NOT NULL CHECK (code ~ '^[a-z0-9_]{2,40}$'),
    unit_id uuid REFERENCES agency (id),
    language text NOT NULL CHECK (language ~ '^[a-z]{2}$'),
    version integer NOT NULL CHECK (version > 0),
    name text NOT NULL CHECK (name <> ''),
    source text NOT NULL CHECK (length(source) BETWEEN 1 AND 200000),
    fields jsonb NOT NULL,
    sample jsonb NOT NULL,
    results text[] NOT NULL,
    valid_from date NOT NULL,
    published_at timestamptz NOT NULL,
    published_by text NOT NULL,
    UNIQUE NULLS NOT DISTINCT (code, language, unit_id, version)
);
COMMENT ON TABLE template IS 'How a form or a result looks, for a unit and all below it or for the whole province, from a day on. Never changed: another look is the next version.';
COMMENT ON COLUMN template.id IS 'identifier inside motcua';
COMMENT ON COLUMN template.code IS 'form 01 to 07 of Thông tư 03/2025, or the word of a result';
COMMENT ON COLUMN template.unit_id IS 'the agency; NULL = the whole province';
COMMENT ON COLUMN template.language IS 'language of the document';
COMMENT ON COLUMN template.version IS '1, 2, 3 … of this code, unit and language';
COMMENT ON COLUMN template.name IS 'name of the document';
COMMENT ON COLUMN template.source IS 'Typst, whole: it reads nothing but data.json';
COMMENT ON COLUMN template.fields IS 'JSON Schema of what the document says (body)';
COMMENT ON COLUMN template.sample IS 'a body with everything in it';
COMMENT ON COLUMN template.results IS 'codes of the results (KQ.…) that it is made for; empty = any, or a form';
COMMENT ON COLUMN template.valid_from IS 'first day; until the first day of a later one';
COMMENT ON COLUMN template.published_at IS 'when';
COMMENT ON COLUMN template.published_by IS 'who, as kind:id';
CREATE INDEX template_unit ON template (unit_id);

CREATE TABLE produced_form (
    id uuid PRIMARY KEY,
    form text NOT NULL CHECK (form ~ '^0[1-7]$'),
    template_id uuid NOT NULL REFERENCES template (id),
    unit_id uuid NOT NULL REFERENCES agency (id),
    dossier_id uuid REFERENCES dossier (id) DEFERRABLE INITIALLY DEFERRED,
    seq integer,
    data jsonb NOT NULL,
    data_sha256 text NOT NULL CHECK (data_sha256 ~ '^[0-9a-f]{64}$'),
    token text NOT NULL UNIQUE CHECK (length(token) >= 26),
    asked_at timestamptz NOT NULL,
    asked_by text NOT NULL,
    file_id uuid REFERENCES file (id),
    made_at timestamptz,
    failed text NOT NULL DEFAULT '',
    UNIQUE (template_id, data_sha256),
    UNIQUE (dossier_id, form, seq),
    CHECK ((file_id IS NULL) = (made_at IS NULL)),
    CHECK (dossier_id IS NOT NULL OR seq IS NULL)
);
COMMENT ON TABLE produced_form IS 'A form that was asked for. The same template and the same content are one row and one file.';
COMMENT ON COLUMN produced_form.id IS 'identifier inside motcua';
COMMENT ON COLUMN produced_form.form IS 'number of the form in Thông tư 03/2025';
COMMENT ON COLUMN produced_form.template_id IS 'the template that was in force';
COMMENT ON COLUMN produced_form.unit_id IS 'in whose name';
COMMENT ON COLUMN produced_form.dossier_id IS 'the dossier; NULL = about a unit';
COMMENT ON COLUMN produced_form.seq IS 'the event of the dossier that needed it; NULL = somebody asked';
COMMENT ON COLUMN produced_form.data IS 'what it says: a snapshot, never of later changes';
COMMENT ON COLUMN produced_form.data_sha256 IS 'SHA-256 of the data, hex';
COMMENT ON COLUMN produced_form.token IS 'random word, 130 bits, printed on it: opens its public check';
COMMENT ON COLUMN produced_form.asked_at IS 'when it was asked for; the time that the file bears';
COMMENT ON COLUMN produced_form.asked_by IS 'who asked, as kind:id';
COMMENT ON COLUMN produced_form.file_id IS 'the file, once it is made';
COMMENT ON COLUMN produced_form.made_at IS 'when it was made';
COMMENT ON COLUMN produced_form.failed IS 'why the template could not print it; empty = it did not fail';
CREATE INDEX produced_form_unit ON produced_form (unit_id);
CREATE INDEX produced_form_file ON produced_form (file_id);

-- What was published and what was said stays.
REVOKE UPDATE, DELETE ON template FROM motcua_app;
REVOKE DELETE ON produced_form FROM motcua_app;

-- Files that motcua makes itself. Which words there are, the code says: it grows with the forms
-- and the records, and a list here would be written anew by each of them.
ALTER TABLE file DROP CONSTRAINT file_purpose_check;
ALTER TABLE file ADD CONSTRAINT file_purpose_check CHECK (purpose ~ '^[a-z_]{3,20}$');
