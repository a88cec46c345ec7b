-- Drafts, dossiers, their events and what belongs to them. What belongs to a dossier has
-- dossier_id first in its key, so that its rows lie together. Foreign keys to dossier are
-- deferred: a group commit takes the daily number, and so writes the dossier rows, last.

CREATE TABLE draft (
    id uuid PRIMARY KEY,
    owner text NOT NULL,
    procedure_code text NOT NULL REFERENCES procedure (code),
    version_id uuid NOT NULL REFERENCES procedure_version (id),
    case_code text,
    channel text NOT NULL CHECK (channel IN ('online', 'counter', 'post')),
    unit_id uuid NOT NULL REFERENCES agency (id),
    acting_for jsonb NOT NULL,
    applicant jsonb NOT NULL,
    person_id uuid REFERENCES person (id),
    org_id uuid REFERENCES organisation (id),
    answers jsonb NOT NULL,
    papers text[] NOT NULL DEFAULT '{}',
    return_by text NOT NULL CHECK (return_by IN ('online', 'counter', 'post')),
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    dossier_id uuid
);
COMMENT ON TABLE draft IS 'A filing that is being prepared, on any device of its owner.';
COMMENT ON COLUMN draft.id IS 'identifier inside motcua';
COMMENT ON COLUMN draft.owner IS 'who prepares it, as kind:id (a person, or a clerk for a person present)';
COMMENT ON COLUMN draft.procedure_code IS 'the procedure';
COMMENT ON COLUMN draft.version_id IS 'the version it was begun under';
COMMENT ON COLUMN draft.case_code IS 'case that the owner chose; NULL = the first that applies';
COMMENT ON COLUMN draft.channel IS 'how it comes in';
COMMENT ON COLUMN draft.unit_id IS 'the receiving one-stop unit';
COMMENT ON COLUMN draft.acting_for IS 'own, legal representative or authorised, and for whom';
COMMENT ON COLUMN draft.applicant IS 'whose matter it is: name, numbers, contact';
COMMENT ON COLUMN draft.person_id IS 'the applicant, where a known person';
COMMENT ON COLUMN draft.org_id IS 'the applicant, where an organisation';
COMMENT ON COLUMN draft.answers IS 'answers to the form so far';
COMMENT ON COLUMN draft.papers IS 'codes of the document components that the clerk received or saw on paper';
COMMENT ON COLUMN draft.return_by IS 'how the result shall be returned';
COMMENT ON COLUMN draft.version IS 'for If-Match';
COMMENT ON COLUMN draft.created_at IS 'when begun';
COMMENT ON COLUMN draft.updated_at IS 'when last changed';
COMMENT ON COLUMN draft.dossier_id IS 'the dossier it became; NULL = not submitted';
CREATE INDEX draft_owner ON draft (owner, updated_at);
CREATE INDEX draft_procedure ON draft (procedure_code);
CREATE INDEX draft_version ON draft (version_id);
CREATE INDEX draft_unit ON draft (unit_id);
CREATE INDEX draft_person ON draft (person_id);
CREATE INDEX draft_org ON draft (org_id);

CREATE TABLE dossier_number (
    unit_id uuid NOT NULL REFERENCES agency (id),
    day date NOT NULL,
    last integer NOT NULL,
    PRIMARY KEY (unit_id, day)
);
COMMENT ON TABLE dossier_number IS 'The last running number of a unit on a day; taken in the transaction that stores the dossier, so gapless.';
COMMENT ON COLUMN dossier_number.unit_id IS 'the receiving unit';
COMMENT ON COLUMN dossier_number.day IS 'the day in Việt Nam';
COMMENT ON COLUMN dossier_number.last IS 'the last number given';

CREATE TABLE dossier (
    id uuid PRIMARY KEY,
    code text NOT NULL UNIQUE,
    tracking_secret text NOT NULL,
    version_id uuid NOT NULL REFERENCES procedure_version (id),
    procedure_code text NOT NULL,
    case_code text NOT NULL,
    channel text NOT NULL CHECK (channel IN ('online', 'counter', 'post')),
    applicant jsonb NOT NULL,
    applicant_person_id uuid REFERENCES person (id),
    applicant_org_id uuid REFERENCES organisation (id),
    filed_by text NOT NULL,
    return_by text NOT NULL,
    answers jsonb NOT NULL,
    receiving_unit_id uuid NOT NULL REFERENCES agency (id),
    submitted_at timestamptz NOT NULL,
    receipt jsonb NOT NULL,
    seq integer NOT NULL,
    marking text[] NOT NULL,
    status smallint NOT NULL CHECK (status BETWEEN 1 AND 10),
    handling_unit_id uuid NOT NULL REFERENCES agency (id),
    holder_unit_id uuid REFERENCES agency (id),
    holder_role text,
    assignee_id uuid REFERENCES staff (id),
    clock_started_at timestamptz,
    due_at timestamptz NOT NULL,
    paused_since timestamptz,
    late_at timestamptz,
    closed_at timestamptz,
    progress jsonb NOT NULL
);
COMMENT ON TABLE dossier IS 'A dossier (hồ sơ): what was filed, and where it stands. The state columns are the projection of its events.';
COMMENT ON COLUMN dossier.id IS 'identifier inside motcua';
COMMENT ON COLUMN dossier.code IS 'dossier code (mã hồ sơ), e.g. H49.61.01-261123-0001';
COMMENT ON COLUMN dossier.tracking_secret IS 'random word that, with the code, opens the public tracking';
COMMENT ON COLUMN dossier.version_id IS 'the procedure version it was filed under, for ever';
COMMENT ON COLUMN dossier.procedure_code IS 'the procedure';
COMMENT ON COLUMN dossier.case_code IS 'case of the procedure';
COMMENT ON COLUMN dossier.channel IS 'how it came in';
COMMENT ON COLUMN dossier.applicant IS 'whose matter it is: name, numbers, contact, as filed';
COMMENT ON COLUMN dossier.applicant_person_id IS 'the applicant, where a known person';
COMMENT ON COLUMN dossier.applicant_org_id IS 'the applicant, where an organisation';
COMMENT ON COLUMN dossier.filed_by IS 'who filed it, as kind:id';
COMMENT ON COLUMN dossier.return_by IS 'how the result shall be returned';
COMMENT ON COLUMN dossier.answers IS 'answers to the form, as filed and supplemented';
COMMENT ON COLUMN dossier.receiving_unit_id IS 'the one-stop unit that received it';
COMMENT ON COLUMN dossier.submitted_at IS 'when it was submitted';
COMMENT ON COLUMN dossier.receipt IS 'the receipt as given: files with size and SHA-256, due time and why';
COMMENT ON COLUMN dossier.seq IS 'number of its last event; the version that If-Match compares';
COMMENT ON COLUMN dossier.marking IS 'active steps of the workflow';
COMMENT ON COLUMN dossier.status IS 'status of the national portal';
COMMENT ON COLUMN dossier.handling_unit_id IS 'the agency that decides';
COMMENT ON COLUMN dossier.holder_unit_id IS 'the unit that must act now; NULL = the applicant or nobody';
COMMENT ON COLUMN dossier.holder_role IS 'the role that must act now';
COMMENT ON COLUMN dossier.assignee_id IS 'the official it is assigned to';
COMMENT ON COLUMN dossier.clock_started_at IS 'when the clock started';
COMMENT ON COLUMN dossier.due_at IS 'when it is due; before acceptance the expected time, in a pause the time as it stood when the pause began';
COMMENT ON COLUMN dossier.paused_since IS 'since when the clock stands; NULL = it runs';
COMMENT ON COLUMN dossier.late_at IS 'when it was marked late, once';
COMMENT ON COLUMN dossier.closed_at IS 'when it reached a last status';
COMMENT ON COLUMN dossier.progress IS 'the rest of the state: where it came from, counters, open requests, pauses';
CREATE INDEX dossier_worklist ON dossier (holder_unit_id, due_at, id) WHERE closed_at IS NULL;
CREATE INDEX dossier_receiving ON dossier (receiving_unit_id, submitted_at, id);
CREATE INDEX dossier_handling ON dossier (handling_unit_id, submitted_at, id);
CREATE INDEX dossier_assignee ON dossier (assignee_id, due_at, id) WHERE closed_at IS NULL;
CREATE INDEX dossier_person ON dossier (applicant_person_id, submitted_at);
CREATE INDEX dossier_org ON dossier (applicant_org_id, submitted_at);
CREATE INDEX dossier_filed_by ON dossier (filed_by, submitted_at);
CREATE INDEX dossier_version ON dossier (version_id);
CREATE INDEX dossier_holder ON dossier (holder_unit_id);
CREATE INDEX dossier_assigned ON dossier (assignee_id);
CREATE INDEX dossier_due ON dossier (due_at) WHERE closed_at IS NULL AND late_at IS NULL AND paused_since IS NULL AND clock_started_at IS NOT NULL;

CREATE TABLE dossier_event (
    dossier_id uuid NOT NULL REFERENCES dossier (id) DEFERRABLE INITIALLY DEFERRED,
    seq integer NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    actor_name text NOT NULL,
    on_behalf_of text,
    action text NOT NULL,
    from_steps text[] NOT NULL,
    to_steps text[] NOT NULL,
    status smallint NOT NULL,
    note text NOT NULL DEFAULT '',
    detail jsonb NOT NULL,
    changes jsonb NOT NULL,
    PRIMARY KEY (dossier_id, seq)
);
COMMENT ON TABLE dossier_event IS 'The history of a dossier: append-only; folding the changes gives the row.';
COMMENT ON COLUMN dossier_event.dossier_id IS 'the dossier';
COMMENT ON COLUMN dossier_event.seq IS '1, 2, 3 … without gap';
COMMENT ON COLUMN dossier_event.at IS 'when';
COMMENT ON COLUMN dossier_event.actor IS 'who, as kind:id';
COMMENT ON COLUMN dossier_event.actor_name IS 'name as it was then';
COMMENT ON COLUMN dossier_event.on_behalf_of IS 'the absent official a substitute acted for, as kind:id';
COMMENT ON COLUMN dossier_event.action IS 'what was done';
COMMENT ON COLUMN dossier_event.from_steps IS 'steps before';
COMMENT ON COLUMN dossier_event.to_steps IS 'steps after';
COMMENT ON COLUMN dossier_event.status IS 'status after';
COMMENT ON COLUMN dossier_event.note IS 'what the actor wrote';
COMMENT ON COLUMN dossier_event.detail IS 'reasons, result, opinion … of this action';
COMMENT ON COLUMN dossier_event.changes IS 'state fields that changed, with their new values';

CREATE TABLE dossier_unit (
    dossier_id uuid NOT NULL REFERENCES dossier (id) DEFERRABLE INITIALLY DEFERRED,
    unit_id uuid NOT NULL REFERENCES agency (id),
    relation text NOT NULL CHECK (relation IN ('opinion', 'former')),
    since timestamptz NOT NULL,
    PRIMARY KEY (dossier_id, unit_id, relation)
);
COMMENT ON TABLE dossier_unit IS 'Units that see a dossier beside the receiving and the handling one: asked for an opinion, or handed over from.';
COMMENT ON COLUMN dossier_unit.dossier_id IS 'the dossier';
COMMENT ON COLUMN dossier_unit.unit_id IS 'the unit';
COMMENT ON COLUMN dossier_unit.relation IS 'opinion: asked for an opinion; former: handled it before';
COMMENT ON COLUMN dossier_unit.since IS 'since when';
CREATE INDEX dossier_unit_unit ON dossier_unit (unit_id, dossier_id);

CREATE TABLE file (
    id uuid PRIMARY KEY,
    draft_id uuid REFERENCES draft (id),
    dossier_id uuid REFERENCES dossier (id) DEFERRABLE INITIALLY DEFERRED,
    component text NOT NULL,
    purpose text NOT NULL CHECK (purpose IN ('component', 'supplement', 'result', 'opinion')),
    name text NOT NULL,
    media_type text NOT NULL,
    size bigint NOT NULL,
    sha256 text NOT NULL,
    storage_key text NOT NULL,
    uploaded_by text NOT NULL,
    uploaded_at timestamptz NOT NULL,
    deleted_at timestamptz
);
COMMENT ON TABLE file IS 'A stored file of a draft or dossier. The bytes are in the object store under the key; the row is written after they are synced.';
COMMENT ON COLUMN file.id IS 'identifier inside motcua';
COMMENT ON COLUMN file.draft_id IS 'the draft it was uploaded to';
COMMENT ON COLUMN file.dossier_id IS 'the dossier it belongs to';
COMMENT ON COLUMN file.component IS 'code of the document component it satisfies; empty = other';
COMMENT ON COLUMN file.purpose IS 'part of the filing, a supplement, a result, an opinion';
COMMENT ON COLUMN file.name IS 'file name as the person sees it';
COMMENT ON COLUMN file.media_type IS 'type by content';
COMMENT ON COLUMN file.size IS 'bytes';
COMMENT ON COLUMN file.sha256 IS 'SHA-256, hex';
COMMENT ON COLUMN file.storage_key IS 'key in the object store, one for each upload, never shared: what one row no longer needs can be deleted';
COMMENT ON COLUMN file.uploaded_by IS 'who, as kind:id';
COMMENT ON COLUMN file.uploaded_at IS 'when stored';
COMMENT ON COLUMN file.deleted_at IS 'when taken out of its draft';
CREATE INDEX file_draft ON file (draft_id);
CREATE INDEX file_dossier ON file (dossier_id);
CREATE UNIQUE INDEX file_storage_key ON file (storage_key);
