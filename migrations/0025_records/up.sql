-- The electronic document store of persons and organisations (kho dữ liệu điện tử của tổ chức,
-- cá nhân; NĐ 45/2020, NĐ 107/2021): what somebody brought or got once, who may look at it, who
-- did, and which filings used it instead of asking again.

CREATE TABLE record_document (
    id uuid PRIMARY KEY,
    holder_person_id uuid REFERENCES person (id),
    holder_org_id uuid REFERENCES organisation (id),
    kind text NOT NULL CHECK (kind ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$'),
    title text NOT NULL,
    issuer text NOT NULL,
    number text NOT NULL,
    issued_on date NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    trust text NOT NULL CHECK (trust IN ('signed_result', 'digitised_signed', 'imported', 'declared')),
    standing text NOT NULL CHECK (standing IN ('valid', 'replaced', 'suspended', 'revoked', 'destroyed')),
    standing_reason text NOT NULL DEFAULT '',
    standing_at timestamptz NOT NULL,
    replaced_by uuid REFERENCES record_document (id),
    source text NOT NULL CHECK (source IN ('result', 'digitised', 'import')),
    source_id uuid,
    keeper_id uuid NOT NULL REFERENCES agency (id),
    file_id uuid REFERENCES file (id),
    taken_in_at timestamptz NOT NULL,
    taken_in_by text NOT NULL,
    words text[] NOT NULL,
    CHECK ((holder_person_id IS NULL) <> (holder_org_id IS NULL)),
    CHECK (valid_to IS NULL OR valid_to >= valid_from),
    -- A document with two holders (a marriage) lies in both stores; in each of them once.
    UNIQUE (holder_person_id, kind, issuer, number),
    UNIQUE (holder_org_id, kind, issuer, number)
);
CREATE INDEX record_document_person ON record_document (holder_person_id, id);
CREATE INDEX record_document_org ON record_document (holder_org_id, id);
CREATE INDEX record_document_keeper ON record_document (keeper_id, id);
CREATE INDEX record_document_file ON record_document (file_id) WHERE file_id IS NOT NULL;
CREATE INDEX record_document_replaced ON record_document (replaced_by) WHERE replaced_by IS NOT NULL;
CREATE INDEX record_document_source ON record_document (source_id) WHERE source_id IS NOT NULL;
CREATE INDEX record_document_words ON record_document USING gin (array_to_tsvector(words));
COMMENT ON TABLE record_document IS 'A document in the electronic store of a person or organisation. One row for each holder.';
COMMENT ON COLUMN record_document.id IS 'identifier; newer documents have greater ones';
COMMENT ON COLUMN record_document.holder_person_id IS 'whose it is: a person';
COMMENT ON COLUMN record_document.holder_org_id IS 'whose it is: an organisation';
COMMENT ON COLUMN record_document.kind IS 'code of the result (KQ.G15.000031), or of another type of document';
COMMENT ON COLUMN record_document.title IS 'what it is, as people read it';
COMMENT ON COLUMN record_document.issuer IS 'name of the authority that issued it';
COMMENT ON COLUMN record_document.number IS 'number on the document';
COMMENT ON COLUMN record_document.issued_on IS 'day of issue';
COMMENT ON COLUMN record_document.valid_from IS 'first day on which it counts';
COMMENT ON COLUMN record_document.valid_to IS 'last day on which it counts; NULL = without end';
COMMENT ON COLUMN record_document.trust IS 'how sure it is: a signed result, digitised and signed, imported, declared by the holder';
COMMENT ON COLUMN record_document.standing IS 'valid, replaced, suspended, revoked, or destroyed by retention; that it has run out follows from valid_to';
COMMENT ON COLUMN record_document.standing_reason IS 'why it stands so';
COMMENT ON COLUMN record_document.standing_at IS 'since when it stands so';
COMMENT ON COLUMN record_document.replaced_by IS 'the document that counts instead';
COMMENT ON COLUMN record_document.source IS 'where it came from';
COMMENT ON COLUMN record_document.source_id IS 'the result or digitised component it was made from';
COMMENT ON COLUMN record_document.keeper_id IS 'the agency that answers for it: took it in, and destroys it when its time is over';
COMMENT ON COLUMN record_document.file_id IS 'its bytes; NULL = only known by its data';
COMMENT ON COLUMN record_document.taken_in_at IS 'when it came into the store';
COMMENT ON COLUMN record_document.taken_in_by IS 'who put it there, as kind:id';
COMMENT ON COLUMN record_document.words IS 'what a search finds it by: words of its data and of its text, without diacritics, sorted, each once';

CREATE TABLE record_share (
    id uuid PRIMARY KEY,
    document_id uuid NOT NULL REFERENCES record_document (id),
    agency_id uuid REFERENCES agency (id),
    dossier_id uuid REFERENCES dossier (id),
    token_hash text UNIQUE,
    purpose text NOT NULL,
    given_by text NOT NULL,
    given_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CHECK (num_nonnulls(agency_id, dossier_id, token_hash) = 1),
    CHECK (ends_at > given_at)
);
CREATE INDEX record_share_document ON record_share (document_id, id);
CREATE INDEX record_share_agency ON record_share (agency_id) WHERE agency_id IS NOT NULL;
CREATE INDEX record_share_dossier ON record_share (dossier_id) WHERE dossier_id IS NOT NULL;
COMMENT ON TABLE record_share IS 'A holder lets somebody look at a document, for a purpose and until a moment.';
COMMENT ON COLUMN record_share.id IS 'identifier';
COMMENT ON COLUMN record_share.document_id IS 'the document';
COMMENT ON COLUMN record_share.agency_id IS 'shared with the officials of this agency';
COMMENT ON COLUMN record_share.dossier_id IS 'shared with whoever handles this dossier';
COMMENT ON COLUMN record_share.token_hash IS 'shared with whoever has the token: its SHA-256, hex';
COMMENT ON COLUMN record_share.purpose IS 'what for, in the words of the holder';
COMMENT ON COLUMN record_share.given_by IS 'who shared it, as kind:id';
COMMENT ON COLUMN record_share.given_at IS 'since when';
COMMENT ON COLUMN record_share.ends_at IS 'until when';
COMMENT ON COLUMN record_share.revoked_at IS 'when it was taken back, which counts at once';

CREATE TABLE record_use (
    id uuid PRIMARY KEY,
    document_id uuid NOT NULL REFERENCES record_document (id),
    at timestamptz NOT NULL,
    act text NOT NULL CHECK (act IN ('listed', 'read', 'downloaded', 'offered', 'reused')),
    actor text NOT NULL,
    actor_name text NOT NULL,
    unit_id uuid REFERENCES agency (id),
    dossier_id uuid REFERENCES dossier (id) DEFERRABLE INITIALLY DEFERRED,
    share_id uuid REFERENCES record_share (id),
    purpose text NOT NULL
);
CREATE INDEX record_use_document ON record_use (document_id, id);
CREATE INDEX record_use_unit ON record_use (unit_id) WHERE unit_id IS NOT NULL;
CREATE INDEX record_use_dossier ON record_use (dossier_id) WHERE dossier_id IS NOT NULL;
CREATE INDEX record_use_share ON record_use (share_id) WHERE share_id IS NOT NULL;
COMMENT ON TABLE record_use IS 'Who looked at a document of somebody else, and why. Append-only; written in the transaction that permits the look.';
COMMENT ON COLUMN record_use.id IS 'identifier; later uses have greater ones';
COMMENT ON COLUMN record_use.document_id IS 'the document';
COMMENT ON COLUMN record_use.at IS 'when';
COMMENT ON COLUMN record_use.act IS 'listed: its data in a list; read: its data; downloaded: its file; offered: shown to who prepares a filing; reused: took the place of a paper';
COMMENT ON COLUMN record_use.actor IS 'who, as kind:id; anonymous: whoever had the token';
COMMENT ON COLUMN record_use.actor_name IS 'name as it was then';
COMMENT ON COLUMN record_use.unit_id IS 'for which unit';
COMMENT ON COLUMN record_use.dossier_id IS 'for which dossier';
COMMENT ON COLUMN record_use.share_id IS 'by which share';
COMMENT ON COLUMN record_use.purpose IS 'why';

CREATE TABLE record_reuse (
    dossier_id uuid NOT NULL REFERENCES dossier (id) DEFERRABLE INITIALLY DEFERRED,
    component text NOT NULL,
    document_id uuid NOT NULL REFERENCES record_document (id),
    at timestamptz NOT NULL,
    PRIMARY KEY (dossier_id, component)
);
CREATE INDEX record_reuse_document ON record_reuse (document_id);
CREATE INDEX record_reuse_at ON record_reuse (at);
COMMENT ON TABLE record_reuse IS 'A document component of a dossier that nobody had to bring: a document of the store took its place. A paper avoided.';
COMMENT ON COLUMN record_reuse.dossier_id IS 'the dossier';
COMMENT ON COLUMN record_reuse.component IS 'code of the document component';
COMMENT ON COLUMN record_reuse.document_id IS 'the document that took its place';
COMMENT ON COLUMN record_reuse.at IS 'when the dossier was filed';

ALTER TABLE draft ADD COLUMN reuses text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN draft.reuses IS 'kinds of held documents that can take the place of a component of the procedure; empty = the store is not looked at';

COMMENT ON TABLE file IS 'A stored file of a draft, a dossier or a document of a store. The bytes are in the object store under the key; the row is written after they are synced.';

REVOKE UPDATE, DELETE ON record_use, record_reuse FROM motcua_app;
