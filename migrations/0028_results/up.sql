-- The register of results (sổ đăng ký kết quả): what an authority decided, as a document with a
-- number, and whether it holds.

CREATE TABLE result_series (
    unit_id uuid NOT NULL REFERENCES agency (id),
    kind text NOT NULL CHECK (kind ~ '^[a-z0-9_]{2,40}$'),
    year smallint NOT NULL CHECK (year BETWEEN 2000 AND 2199),
    last integer NOT NULL CHECK (last > 0),
    PRIMARY KEY (unit_id, kind, year)
);
COMMENT ON TABLE result_series IS 'The numbers of one kind of result of a unit in a year. Its row is locked by whoever takes a number, until the transaction ends: so a number is used, or was never taken.';
COMMENT ON COLUMN result_series.unit_id IS 'the agency that decides';
COMMENT ON COLUMN result_series.kind IS 'code of the template';
COMMENT ON COLUMN result_series.year IS 'the year in Việt Nam';
COMMENT ON COLUMN result_series.last IS 'the number that was taken last';

CREATE TABLE result (
    id uuid PRIMARY KEY,
    unit_id uuid NOT NULL REFERENCES agency (id),
    kind text NOT NULL,
    year smallint NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    number_text text NOT NULL CHECK (number_text <> ''),
    code text NOT NULL CHECK (code <> ''),
    name text NOT NULL CHECK (name <> ''),
    dossier_id uuid NOT NULL REFERENCES dossier (id) DEFERRABLE INITIALLY DEFERRED,
    template_id uuid NOT NULL REFERENCES template (id),
    holder jsonb NOT NULL,
    holder_person_id uuid REFERENCES person (id),
    holder_org_id uuid REFERENCES organisation (id),
    data jsonb NOT NULL,
    token text NOT NULL UNIQUE CHECK (length(token) >= 26),
    prepared_at timestamptz NOT NULL,
    prepared_by text NOT NULL,
    replaces_id uuid REFERENCES result (id),
    state text NOT NULL CHECK (state IN ('prepared', 'cancelled', 'valid', 'suspended', 'revoked', 'replaced')),
    reason text NOT NULL DEFAULT '',
    draft_file_id uuid REFERENCES file (id),
    failed text NOT NULL DEFAULT '',
    signing_request_id uuid,
    file_id uuid REFERENCES file (id),
    issued_at timestamptz,
    replaced_by_id uuid UNIQUE REFERENCES result (id) DEFERRABLE INITIALLY DEFERRED,
    UNIQUE (unit_id, kind, year, number),
    CHECK ((state IN ('prepared', 'cancelled')) = (file_id IS NULL)),
    CHECK ((file_id IS NULL) = (issued_at IS NULL)),
    CHECK ((state = 'replaced') = (replaced_by_id IS NOT NULL)),
    CHECK (state IN ('prepared', 'valid') OR reason <> ''),
    CHECK (id <> replaces_id)
);
COMMENT ON TABLE result IS 'A result (kết quả giải quyết). What it says is never changed; whether it holds is.';
COMMENT ON COLUMN result.id IS 'identifier inside motcua';
COMMENT ON COLUMN result.unit_id IS 'the agency that decides, in whose name it stands';
COMMENT ON COLUMN result.kind IS 'code of its template: the series of its number';
COMMENT ON COLUMN result.year IS 'year of its number, in Việt Nam';
COMMENT ON COLUMN result.number IS 'its number in the series, from 1; also a cancelled one keeps it';
COMMENT ON COLUMN result.number_text IS 'number and symbol as printed';
COMMENT ON COLUMN result.code IS 'result code of the procedure, e.g. KQ.G15.000031';
COMMENT ON COLUMN result.name IS 'name of the document';
COMMENT ON COLUMN result.dossier_id IS 'the dossier that it decides';
COMMENT ON COLUMN result.template_id IS 'the template that was in force';
COMMENT ON COLUMN result.holder IS 'kind and name of whose result it is';
COMMENT ON COLUMN result.holder_person_id IS 'the holder, where a known person';
COMMENT ON COLUMN result.holder_org_id IS 'the holder, where an organisation';
COMMENT ON COLUMN result.data IS 'what it says: head and body';
COMMENT ON COLUMN result.token IS 'random word, 130 bits, printed on it: opens its public check';
COMMENT ON COLUMN result.prepared_at IS 'when; the time that the file bears';
COMMENT ON COLUMN result.prepared_by IS 'the official who prepared it, as kind:id';
COMMENT ON COLUMN result.replaces_id IS 'the result in whose stead it stands once it is valid';
COMMENT ON COLUMN result.state IS 'prepared (not signed yet), cancelled (never signed), valid, suspended, revoked, replaced';
COMMENT ON COLUMN result.reason IS 'why it is not valid';
COMMENT ON COLUMN result.draft_file_id IS 'the document as prepared, without signature';
COMMENT ON COLUMN result.failed IS 'why the template could not print it; empty = it did not fail';
COMMENT ON COLUMN result.signing_request_id IS 'the order of its signature';
COMMENT ON COLUMN result.file_id IS 'the document with its signatures';
COMMENT ON COLUMN result.issued_at IS 'when it was signed and became valid';
COMMENT ON COLUMN result.replaced_by_id IS 'the result that stands in its stead';
CREATE INDEX result_register ON result (unit_id, id);
CREATE INDEX result_dossier ON result (dossier_id);
CREATE INDEX result_template ON result (template_id);
CREATE INDEX result_person ON result (holder_person_id);
CREATE INDEX result_org ON result (holder_org_id);
CREATE INDEX result_draft_file ON result (draft_file_id);
CREATE INDEX result_file ON result (file_id);
CREATE INDEX result_signing ON result (signing_request_id);
CREATE INDEX result_replaces ON result (replaces_id);
-- Two series with one symbol would print the same numbers.
CREATE UNIQUE INDEX result_number_text ON result (unit_id, number_text);
CREATE UNIQUE INDEX result_one_successor ON result (replaces_id) WHERE state <> 'cancelled';

CREATE TABLE result_event (
    result_id uuid NOT NULL REFERENCES result (id),
    seq integer NOT NULL CHECK (seq > 0),
    at timestamptz NOT NULL,
    actor text NOT NULL,
    actor_name text NOT NULL,
    state text NOT NULL,
    reason text NOT NULL DEFAULT '',
    PRIMARY KEY (result_id, seq)
);
COMMENT ON TABLE result_event IS 'The history of a result. Never changed.';
COMMENT ON COLUMN result_event.result_id IS 'the result';
COMMENT ON COLUMN result_event.seq IS '1, 2, 3 …';
COMMENT ON COLUMN result_event.at IS 'when';
COMMENT ON COLUMN result_event.actor IS 'who, as kind:id';
COMMENT ON COLUMN result_event.actor_name IS 'the name of who did it';
COMMENT ON COLUMN result_event.state IS 'the state from then on';
COMMENT ON COLUMN result_event.reason IS 'why';

REVOKE UPDATE, DELETE ON result_event FROM motcua_app;
REVOKE DELETE ON result, result_series FROM motcua_app;

-- What a result says cannot be changed; what ended stays ended.
CREATE FUNCTION result_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.id, OLD.unit_id, OLD.kind, OLD.year, OLD.number, OLD.number_text, OLD.code, OLD.name, OLD.dossier_id,
        OLD.template_id, OLD.holder, OLD.data, OLD.token, OLD.prepared_at, OLD.prepared_by)
     IS NOT DISTINCT FROM
       (NEW.id, NEW.unit_id, NEW.kind, NEW.year, NEW.number, NEW.number_text, NEW.code, NEW.name, NEW.dossier_id,
        NEW.template_id, NEW.holder, NEW.data, NEW.token, NEW.prepared_at, NEW.prepared_by)
       AND OLD.replaces_id IS NOT DISTINCT FROM NEW.replaces_id
       AND (OLD.file_id IS NULL OR OLD.file_id = NEW.file_id)
       AND (OLD.state = NEW.state OR OLD.state NOT IN ('cancelled', 'revoked', 'replaced')) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a result is not changed: it is suspended, revoked or replaced'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'result_stands';
END
$$;
CREATE TRIGGER result_stands BEFORE UPDATE ON result FOR EACH ROW EXECUTE FUNCTION result_stands();
