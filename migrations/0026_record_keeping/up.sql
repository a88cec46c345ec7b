-- What is written in the documents of the stores, how long they are kept, and how they end.

CREATE TABLE record_text (
    document_id uuid PRIMARY KEY REFERENCES record_document (id) ON DELETE CASCADE,
    read_by text NOT NULL CHECK (read_by IN ('pdf', 'docx', 'ocr', 'none')),
    body text NOT NULL CHECK (length(body) <= 200000),
    read_at timestamptz NOT NULL
);
COMMENT ON TABLE record_text IS 'The text of a document, for the search.';
COMMENT ON COLUMN record_text.document_id IS 'the document';
COMMENT ON COLUMN record_text.read_by IS 'how it was got: from the PDF, from the docx, recognised in a picture; none: nothing can be read';
COMMENT ON COLUMN record_text.body IS 'the text, cut where it is too long';
COMMENT ON COLUMN record_text.read_at IS 'when';

CREATE TABLE record_hold (
    id uuid PRIMARY KEY,
    document_id uuid NOT NULL REFERENCES record_document (id),
    reason text NOT NULL,
    placed_by text NOT NULL,
    placed_at timestamptz NOT NULL,
    lifted_by text,
    lifted_at timestamptz,
    lift_reason text NOT NULL DEFAULT '',
    CHECK ((lifted_by IS NULL) = (lifted_at IS NULL))
);
CREATE INDEX record_hold_document ON record_hold (document_id, id);
COMMENT ON TABLE record_hold IS 'A legal hold: as long as it is not lifted, the document is not destroyed.';
COMMENT ON COLUMN record_hold.id IS 'identifier';
COMMENT ON COLUMN record_hold.document_id IS 'the document';
COMMENT ON COLUMN record_hold.reason IS 'why: the case, the inspection, the order';
COMMENT ON COLUMN record_hold.placed_by IS 'who placed it, as kind:id';
COMMENT ON COLUMN record_hold.placed_at IS 'when';
COMMENT ON COLUMN record_hold.lifted_by IS 'who lifted it; NULL = it stands';
COMMENT ON COLUMN record_hold.lifted_at IS 'when it was lifted';
COMMENT ON COLUMN record_hold.lift_reason IS 'why it was lifted';

CREATE TABLE record_destruction (
    id uuid PRIMARY KEY,
    agency_id uuid NOT NULL REFERENCES agency (id),
    state text NOT NULL CHECK (state IN ('proposed', 'approved', 'rejected')),
    proposed_by text NOT NULL,
    proposed_at timestamptz NOT NULL,
    decided_by text,
    decided_at timestamptz,
    decision text NOT NULL DEFAULT '',
    CHECK ((state = 'proposed') = (decided_by IS NULL)),
    CHECK (decided_by IS NULL OR decided_by <> proposed_by)
);
CREATE INDEX record_destruction_agency ON record_destruction (agency_id, id);
COMMENT ON TABLE record_destruction IS 'A batch of documents whose time is over (hủy tài liệu hết thời hạn lưu trữ): proposed by one official, decided by another.';
COMMENT ON COLUMN record_destruction.id IS 'identifier';
COMMENT ON COLUMN record_destruction.agency_id IS 'the agency that keeps the documents';
COMMENT ON COLUMN record_destruction.state IS 'proposed, approved (and destroyed), rejected';
COMMENT ON COLUMN record_destruction.proposed_by IS 'who drew up the list, as kind:id';
COMMENT ON COLUMN record_destruction.proposed_at IS 'when';
COMMENT ON COLUMN record_destruction.decided_by IS 'who decided, as kind:id; never who proposed';
COMMENT ON COLUMN record_destruction.decided_at IS 'when';
COMMENT ON COLUMN record_destruction.decision IS 'number of the decision, or why it was rejected';

CREATE TABLE record_destruction_line (
    batch_id uuid NOT NULL REFERENCES record_destruction (id),
    document_id uuid NOT NULL REFERENCES record_document (id),
    rule text NOT NULL,
    legal_basis text NOT NULL,
    due_on date NOT NULL,
    kind text NOT NULL,
    title text NOT NULL,
    issuer text NOT NULL,
    number text NOT NULL,
    sha256 text,
    size bigint,
    storage_key text,
    spared text,
    erased_at timestamptz,
    PRIMARY KEY (batch_id, document_id),
    CHECK (spared IS NULL OR erased_at IS NULL)
);
CREATE INDEX record_destruction_line_document ON record_destruction_line (document_id);
COMMENT ON TABLE record_destruction_line IS 'What was destroyed, by which rule: stays when the bytes are gone.';
COMMENT ON COLUMN record_destruction_line.batch_id IS 'the batch';
COMMENT ON COLUMN record_destruction_line.document_id IS 'the document';
COMMENT ON COLUMN record_destruction_line.rule IS 'the retention rule, as its code was then';
COMMENT ON COLUMN record_destruction_line.legal_basis IS 'the clause that the rule stood on';
COMMENT ON COLUMN record_destruction_line.due_on IS 'the first day on which it might be destroyed';
COMMENT ON COLUMN record_destruction_line.kind IS 'what kind it was';
COMMENT ON COLUMN record_destruction_line.title IS 'what it was';
COMMENT ON COLUMN record_destruction_line.issuer IS 'who had issued it';
COMMENT ON COLUMN record_destruction_line.number IS 'its number';
COMMENT ON COLUMN record_destruction_line.sha256 IS 'SHA-256 of its bytes, hex; NULL = it had none';
COMMENT ON COLUMN record_destruction_line.size IS 'bytes it had';
COMMENT ON COLUMN record_destruction_line.storage_key IS 'where its bytes lay';
COMMENT ON COLUMN record_destruction_line.spared IS 'why it was left alone at the decision: hold, open_dossier, changed; NULL = it was not';
COMMENT ON COLUMN record_destruction_line.erased_at IS 'when its bytes were gone';

REVOKE DELETE ON record_hold, record_destruction, record_destruction_line FROM motcua_app;
