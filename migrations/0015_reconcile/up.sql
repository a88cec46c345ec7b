-- Reconciliation (đối soát): the gateways' settlement files as they came, what did not agree,
-- and what people made of it.

CREATE TABLE settlement_file (
    id uuid PRIMARY KEY,
    gateway text NOT NULL CHECK (gateway ~ '^[a-z][a-z_]{1,29}$'),
    day date NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    raw bytea NOT NULL,
    flaw text,
    net bigint,
    fetched_at timestamptz NOT NULL,
    compared_at timestamptz,
    answered_at timestamptz,
    UNIQUE (gateway, day, version),
    CHECK ((flaw IS NULL) = (net IS NOT NULL))
);
COMMENT ON TABLE settlement_file IS 'A settlement file of a gateway as it came, each wording once. The newest that can be read counts.';
COMMENT ON COLUMN settlement_file.id IS 'identifier inside motcua';
COMMENT ON COLUMN settlement_file.gateway IS 'name of the gateway';
COMMENT ON COLUMN settlement_file.day IS 'the day in Việt Nam that it is about';
COMMENT ON COLUMN settlement_file.version IS '1, 2, 3 …: a corrected file is another one';
COMMENT ON COLUMN settlement_file.raw IS 'the file';
COMMENT ON COLUMN settlement_file.flaw IS 'why it cannot be read; NULL: it can';
COMMENT ON COLUMN settlement_file.net IS 'payments less refunds, in đồng; NULL: it cannot be read';
COMMENT ON COLUMN settlement_file.fetched_at IS 'when it first came';
COMMENT ON COLUMN settlement_file.compared_at IS 'when it was last compared with our book';
COMMENT ON COLUMN settlement_file.answered_at IS 'when the gateway was last sent our response file';

CREATE TABLE settlement_line (
    file_id uuid NOT NULL REFERENCES settlement_file (id),
    line integer NOT NULL CHECK (line > 0),
    kind text NOT NULL CHECK (kind IN ('payment', 'refund')),
    transaction text NOT NULL,
    reference text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    bank text NOT NULL,
    at timestamptz,
    raw text NOT NULL,
    PRIMARY KEY (file_id, line)
);
COMMENT ON TABLE settlement_line IS 'A line of a settlement file that could be read.';
COMMENT ON COLUMN settlement_line.file_id IS 'the file';
COMMENT ON COLUMN settlement_line.line IS '1, 2, 3 …';
COMMENT ON COLUMN settlement_line.kind IS 'payment, or refund: money that the gateway gave back';
COMMENT ON COLUMN settlement_line.transaction IS 'the gateway''s number of the payment; of a refund our number of the attempt at it';
COMMENT ON COLUMN settlement_line.reference IS 'our reference of the payment';
COMMENT ON COLUMN settlement_line.amount IS 'đồng, of a refund too';
COMMENT ON COLUMN settlement_line.bank IS 'bank of the payer as the gateway names it, or empty';
COMMENT ON COLUMN settlement_line.at IS 'when it was made, as told; NULL: not readable';
COMMENT ON COLUMN settlement_line.raw IS 'the line as it stands in the file';
CREATE INDEX settlement_line_transaction ON settlement_line USING hash (transaction);

CREATE TABLE unmatched (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('file_unreadable', 'not_ours', 'unknown_order', 'other_amount',
                                       'duplicate_line', 'missing_in_file', 'refund_not_ours',
                                       'refund_not_confirmed', 'refund_missing_in_file', 'treasury_short',
                                       'treasury_over', 'treasury_missing', 'treasury_unknown')),
    gateway text NOT NULL CHECK (length(gateway) <= 30),
    day date NOT NULL,
    number text NOT NULL,
    theirs bigint NOT NULL,
    ours bigint NOT NULL,
    unit_id uuid REFERENCES agency (id),
    proposal text NOT NULL CHECK (proposal IN ('fetch_again', 'await_next_file', 'ask_gateway', 'refer_to_gateway',
                                               'move_suspense', 'await_treasury', 'ask_treasury')),
    found_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_by text,
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
COMMENT ON TABLE unmatched IS 'What does not agree between our book, a gateway''s file and the treasury''s statement. It stays listed until a person resolves it or what they say agrees.';
COMMENT ON COLUMN unmatched.id IS 'identifier inside motcua';
COMMENT ON COLUMN unmatched.kind IS 'file_unreadable; of a line: not_ours (we could not even keep it), unknown_order (it lies in suspense), other_amount, duplicate_line, refund_not_ours, refund_not_confirmed; of our book: missing_in_file, refund_missing_in_file; of the treasury: treasury_short, treasury_over, treasury_missing, treasury_unknown';
COMMENT ON COLUMN unmatched.gateway IS 'name of the gateway, or empty';
COMMENT ON COLUMN unmatched.day IS 'the day in Việt Nam of the file or statement';
COMMENT ON COLUMN unmatched.number IS 'the gateway''s number of the payment or refund, or what the treasury knows it by; empty: the day as a whole';
COMMENT ON COLUMN unmatched.theirs IS 'đồng as they say; 0: they say nothing';
COMMENT ON COLUMN unmatched.ours IS 'đồng as we say; 0: we have nothing';
COMMENT ON COLUMN unmatched.unit_id IS 'the unit whose dossier it is about; NULL: nobody''s';
COMMENT ON COLUMN unmatched.proposal IS 'what to do about it';
COMMENT ON COLUMN unmatched.found_at IS 'when it was found';
COMMENT ON COLUMN unmatched.ended_at IS 'when it was resolved; NULL: it is open';
COMMENT ON COLUMN unmatched.ended_by IS 'by whom, as kind:id; not a person where they agreed at last';
CREATE UNIQUE INDEX unmatched_open ON unmatched (gateway, day, kind, number, theirs, ours) WHERE ended_at IS NULL;
CREATE INDEX unmatched_day ON unmatched (gateway, day, kind, number);
CREATE INDEX unmatched_unit ON unmatched (unit_id);

CREATE TABLE unmatched_resolution (
    id uuid PRIMARY KEY,
    unmatched_id uuid NOT NULL REFERENCES unmatched (id),
    action text NOT NULL CHECK (action IN ('noted', 'accepted', 'agreed')),
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    decided_at timestamptz NOT NULL,
    decided_by text NOT NULL
);
COMMENT ON TABLE unmatched_resolution IS 'What was decided about what did not agree. Only added to.';
COMMENT ON COLUMN unmatched_resolution.id IS 'identifier inside motcua';
COMMENT ON COLUMN unmatched_resolution.unmatched_id IS 'about what';
COMMENT ON COLUMN unmatched_resolution.action IS 'noted (a step was taken, it stays open), accepted (by a person: it is ended) or agreed (they say the same now: it is ended)';
COMMENT ON COLUMN unmatched_resolution.reason IS 'why, in the words of who decided';
COMMENT ON COLUMN unmatched_resolution.decided_at IS 'when';
COMMENT ON COLUMN unmatched_resolution.decided_by IS 'who, as kind:id';
CREATE INDEX unmatched_resolution_unmatched ON unmatched_resolution (unmatched_id);

-- What came on a day, by the gateway's time.
CREATE INDEX gateway_payment_made ON gateway_payment (gateway, coalesce(paid_at, told_at));

REVOKE UPDATE, DELETE ON settlement_line, unmatched_resolution FROM motcua_app;
