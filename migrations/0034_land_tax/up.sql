-- Land e-tax: slips with their corrections and recall, the tax side's messages, its notices,
-- payment documents and confirmations, and our reports of payments.

ALTER TABLE tax_slip DROP CONSTRAINT tax_slip_pkey;
ALTER TABLE tax_slip DROP CONSTRAINT tax_slip_number_key;
ALTER TABLE tax_slip
    ALTER COLUMN sent_at DROP NOT NULL,
    ALTER COLUMN acknowledged_at DROP NOT NULL,
    ALTER COLUMN reference DROP NOT NULL,
    ADD COLUMN seq smallint NOT NULL DEFAULT 1 CHECK (seq BETWEEN 1 AND 1000),
    ADD COLUMN kind text NOT NULL DEFAULT 'slip' CHECK (kind IN ('slip', 'correction', 'recall')),
    ADD COLUMN changes jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN reason text NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    ADD COLUMN land_users jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN requested_at timestamptz,
    ADD COLUMN requested_by text NOT NULL DEFAULT '',
    ADD COLUMN income_tax_due_at timestamptz,
    ADD COLUMN registration_due_at timestamptz,
    ADD COLUMN event_seq integer NOT NULL DEFAULT 0,
    ADD PRIMARY KEY (dossier_id, seq);
UPDATE tax_slip SET requested_at = sent_at;
ALTER TABLE tax_slip ALTER COLUMN requested_at SET NOT NULL;
ALTER TABLE tax_slip ADD CHECK ((acknowledged_at IS NULL) = (reference IS NULL));
CREATE INDEX tax_slip_waiting ON tax_slip (requested_at) WHERE acknowledged_at IS NULL;
COMMENT ON TABLE tax_slip IS 'A slip to the tax office about a land dossier (Phiếu chuyển thông tin, Mẫu số 19 NĐ 151/2025), a correction of it, or its recall.';
COMMENT ON COLUMN tax_slip.sent_at IS 'when it was sent, the time of the attempt that was acknowledged; NULL: not yet';
COMMENT ON COLUMN tax_slip.acknowledged_at IS 'when the acknowledgement came; NULL: not yet';
COMMENT ON COLUMN tax_slip.reference IS 'the tax office''s reference (SEQ_REFID); NULL: not acknowledged';
COMMENT ON COLUMN tax_slip.seq IS '1, 2, 3 … of the dossier';
COMMENT ON COLUMN tax_slip.kind IS 'slip, correction or recall';
COMMENT ON COLUMN tax_slip.changes IS 'members of the answers that a correction says otherwise';
COMMENT ON COLUMN tax_slip.reason IS 'why it was corrected or recalled';
COMMENT ON COLUMN tax_slip.land_users IS 'the land users as the slip names them: [{number, name}]; only they can be taxpayers of the dossier';
COMMENT ON COLUMN tax_slip.requested_at IS 'when an official sent it on its way';
COMMENT ON COLUMN tax_slip.requested_by IS 'who, as kind:id';
COMMENT ON COLUMN tax_slip.income_tax_due_at IS 'until when the tax office is to answer about personal income tax: 3 working days (1.007674)';
COMMENT ON COLUMN tax_slip.registration_due_at IS 'until when the tax office is to answer about the registration fee and the rest: 5 working days (1.007277)';
COMMENT ON COLUMN tax_slip.event_seq IS 'of a slip: number of the dossier''s event that sent it';

CREATE TABLE land_tax_message (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind ~ '^[A-Za-z_]{3,40}$'),
    message_id text NOT NULL CHECK (length(message_id) BETWEEN 1 AND 120),
    sha256 bytea NOT NULL CHECK (length(sha256) = 32),
    raw bytea NOT NULL CHECK (length(raw) <= 8388608),
    length bigint NOT NULL CHECK (length >= 0),
    dossier_id uuid REFERENCES dossier (id),
    taken boolean NOT NULL,
    error_code text NOT NULL CHECK (length(error_code) BETWEEN 1 AND 20),
    error_text text NOT NULL CHECK (length(error_text) <= 500),
    received_at timestamptz NOT NULL,
    repeats integer NOT NULL DEFAULT 0 CHECK (repeats >= 0)
);
COMMENT ON TABLE land_tax_message IS 'A message of the tax side as it came, taken or refused. Of what was refused the newest some thousand are kept.';
COMMENT ON COLUMN land_tax_message.id IS 'identifier inside motcua';
COMMENT ON COLUMN land_tax_message.kind IS 'operation that took it';
COMMENT ON COLUMN land_tax_message.message_id IS 'the message''s own id, or sha256: and its digest where it has none';
COMMENT ON COLUMN land_tax_message.sha256 IS 'SHA-256 of the body; of the part that was read, where that was too long';
COMMENT ON COLUMN land_tax_message.raw IS 'the body as it came; of what was refused its beginning';
COMMENT ON COLUMN land_tax_message.length IS 'bytes of the body that were read';
COMMENT ON COLUMN land_tax_message.dossier_id IS 'the dossier it is about, where that is known';
COMMENT ON COLUMN land_tax_message.taken IS 'it was taken in: told again, it changes nothing';
COMMENT ON COLUMN land_tax_message.error_code IS 'ERROR_CODE of the answer';
COMMENT ON COLUMN land_tax_message.error_text IS 'ERROR_DESC of the answer';
COMMENT ON COLUMN land_tax_message.received_at IS 'when it first came';
COMMENT ON COLUMN land_tax_message.repeats IS 'how often it came again';
CREATE UNIQUE INDEX land_tax_message_once ON land_tax_message (kind, message_id) WHERE taken;
CREATE INDEX land_tax_message_dossier ON land_tax_message (dossier_id) WHERE dossier_id IS NOT NULL;
CREATE INDEX land_tax_message_refused ON land_tax_message (id) WHERE NOT taken;

CREATE TABLE land_tax_notice (
    id uuid PRIMARY KEY,
    dossier_id uuid NOT NULL REFERENCES dossier (id),
    taxpayer_no text NOT NULL CHECK (length(taxpayer_no) BETWEEN 1 AND 20),
    taxpayer_name text NOT NULL CHECK (length(taxpayer_name) BETWEEN 1 AND 300),
    notice_no text NOT NULL CHECK (length(notice_no) BETWEEN 1 AND 60),
    notice_day date NOT NULL,
    code text NOT NULL CHECK (length(code) BETWEEN 1 AND 20),
    name text NOT NULL CHECK (length(name) <= 300),
    chapter text NOT NULL CHECK (length(chapter) <= 20),
    budget_account text NOT NULL CHECK (length(budget_account) <= 20),
    treasury text NOT NULL CHECK (length(treasury) <= 30),
    collector text NOT NULL CHECK (length(collector) <= 20),
    due_day date,
    due_text text NOT NULL CHECK (length(due_text) <= 20),
    amount bigint NOT NULL CHECK (amount BETWEEN 0 AND 1000000000000),
    instalment smallint NOT NULL CHECK (instalment BETWEEN 1 AND 1000),
    state text NOT NULL CHECK (state IN ('open', 'paid', 'exempt', 'zero', 'replaced', 'cancelled', 'debt')),
    claim_id uuid UNIQUE REFERENCES claim (id),
    message_id uuid NOT NULL REFERENCES land_tax_message (id),
    received_at timestamptz NOT NULL,
    met_at timestamptz,
    ended_at timestamptz,
    debt_at timestamptz,
    debt_reference text NOT NULL DEFAULT '' CHECK (length(debt_reference) <= 100),
    debt_by text NOT NULL DEFAULT '',
    over bigint NOT NULL DEFAULT 0 CHECK (over >= 0),
    UNIQUE (dossier_id, taxpayer_no, code, notice_no, instalment),
    CHECK ((state IN ('replaced', 'cancelled')) = (ended_at IS NOT NULL)),
    CHECK ((state IN ('paid', 'exempt', 'zero')) = (met_at IS NOT NULL)),
    CHECK (state <> 'debt' OR debt_at IS NOT NULL)
);
COMMENT ON TABLE land_tax_notice IS 'What one taxpayer owes by one notice of the tax office, one row a sub-item and instalment.';
COMMENT ON COLUMN land_tax_notice.id IS 'identifier inside motcua';
COMMENT ON COLUMN land_tax_notice.dossier_id IS 'the dossier';
COMMENT ON COLUMN land_tax_notice.taxpayer_no IS 'personal or tax number of the taxpayer; nobody else sees the row';
COMMENT ON COLUMN land_tax_notice.taxpayer_name IS 'name of the taxpayer';
COMMENT ON COLUMN land_tax_notice.notice_no IS 'number of the notice (SO_QUYET_DINH)';
COMMENT ON COLUMN land_tax_notice.notice_day IS 'day of the notice (NGAY_QUYET_DINH)';
COMMENT ON COLUMN land_tax_notice.code IS 'sub-item of the budget (tiểu mục)';
COMMENT ON COLUMN land_tax_notice.name IS 'its name as told';
COMMENT ON COLUMN land_tax_notice.chapter IS 'chapter (MA_CHUONG)';
COMMENT ON COLUMN land_tax_notice.budget_account IS 'kind of the budget''s account (LOAI_TK_NSNN)';
COMMENT ON COLUMN land_tax_notice.treasury IS 'code of the treasury (SHKB)';
COMMENT ON COLUMN land_tax_notice.collector IS 'code of the collecting authority (MA_CQUAN_THU)';
COMMENT ON COLUMN land_tax_notice.due_day IS 'last day to pay as received (HAN_NOP), never computed here; NULL: none was told';
COMMENT ON COLUMN land_tax_notice.due_text IS 'the same as the characters that came';
COMMENT ON COLUMN land_tax_notice.amount IS 'đồng; 0 where nothing is to be paid';
COMMENT ON COLUMN land_tax_notice.instalment IS 'which instalment, from 1';
COMMENT ON COLUMN land_tax_notice.state IS 'open; paid, exempt, zero (nothing to pay): met; debt: recorded as debt on the certificate (ghi nợ), still to be paid; replaced, cancelled: another notice stands in its stead, or none';
COMMENT ON COLUMN land_tax_notice.claim_id IS 'the claim by which it is paid; NULL: nothing is to be paid';
COMMENT ON COLUMN land_tax_notice.message_id IS 'the message that told it';
COMMENT ON COLUMN land_tax_notice.received_at IS 'when';
COMMENT ON COLUMN land_tax_notice.met_at IS 'when it was met';
COMMENT ON COLUMN land_tax_notice.ended_at IS 'when it was replaced or cancelled';
COMMENT ON COLUMN land_tax_notice.debt_at IS 'when it was recorded as debt; stays when the debt is cleared';
COMMENT ON COLUMN land_tax_notice.debt_reference IS 'the decision or the certificate on which the debt is recorded';
COMMENT ON COLUMN land_tax_notice.debt_by IS 'who recorded it, as kind:id';
COMMENT ON COLUMN land_tax_notice.over IS 'đồng that were paid elsewhere beyond what was owed: the tax office gives them back';
CREATE INDEX land_tax_notice_taxpayer ON land_tax_notice (taxpayer_no, id);
CREATE INDEX land_tax_notice_open ON land_tax_notice (dossier_id) WHERE state = 'open';
CREATE INDEX land_tax_notice_message ON land_tax_notice (message_id);
CREATE INDEX land_tax_notice_received ON land_tax_notice (received_at);
CREATE INDEX land_tax_notice_debt ON land_tax_notice (dossier_id) WHERE debt_at IS NOT NULL;

-- Numbers of parcels, map sheets and certificates as people write them: 087 is 87, AA 1 is aa1.
CREATE FUNCTION land_number(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ltrim(upper(regexp_replace($1, '[^[:alnum:]]', '', 'g')), '0');

CREATE TABLE land_tax_debt_told (
    dossier_id uuid NOT NULL REFERENCES dossier (id),
    taxpayer_no text NOT NULL CHECK (length(taxpayer_no) BETWEEN 1 AND 20),
    notice_no text NOT NULL CHECK (length(notice_no) BETWEEN 1 AND 60),
    reference text NOT NULL CHECK (length(reference) <= 100),
    message_id uuid NOT NULL REFERENCES land_tax_message (id),
    at timestamptz NOT NULL,
    PRIMARY KEY (dossier_id, taxpayer_no, notice_no)
);
COMMENT ON TABLE land_tax_debt_told IS 'Notices of which the tax side said that they are recorded as debt on the certificate, also such as have not come yet.';
COMMENT ON COLUMN land_tax_debt_told.dossier_id IS 'the dossier';
COMMENT ON COLUMN land_tax_debt_told.taxpayer_no IS 'number of the taxpayer';
COMMENT ON COLUMN land_tax_debt_told.notice_no IS 'number of the notice';
COMMENT ON COLUMN land_tax_debt_told.reference IS 'the decision or the certificate on which the debt is recorded';
COMMENT ON COLUMN land_tax_debt_told.message_id IS 'the message that told it';
COMMENT ON COLUMN land_tax_debt_told.at IS 'when';
CREATE INDEX land_tax_debt_told_message ON land_tax_debt_told (message_id);

CREATE TABLE land_tax_end (
    dossier_id uuid NOT NULL REFERENCES dossier (id),
    notice_no text NOT NULL CHECK (length(notice_no) BETWEEN 1 AND 60),
    state text NOT NULL CHECK (state IN ('replaced', 'cancelled')),
    by_no text NOT NULL DEFAULT '' CHECK (length(by_no) <= 60),
    message_id uuid NOT NULL REFERENCES land_tax_message (id),
    at timestamptz NOT NULL,
    CHECK ((state = 'replaced') = (by_no <> '')),
    PRIMARY KEY (dossier_id, notice_no)
);
COMMENT ON TABLE land_tax_end IS 'Notices that were replaced or cancelled, also such as have not come yet: messages overtake each other.';
COMMENT ON COLUMN land_tax_end.dossier_id IS 'the dossier';
COMMENT ON COLUMN land_tax_end.notice_no IS 'number of the notice that holds no more';
COMMENT ON COLUMN land_tax_end.state IS 'replaced or cancelled';
COMMENT ON COLUMN land_tax_end.by_no IS 'number of the notice in its stead; empty: none';
COMMENT ON COLUMN land_tax_end.message_id IS 'the message that told it';
COMMENT ON COLUMN land_tax_end.at IS 'when';
CREATE INDEX land_tax_end_message ON land_tax_end (message_id);

CREATE TABLE land_tax_document (
    id uuid PRIMARY KEY,
    dossier_id uuid NOT NULL REFERENCES dossier (id),
    document_no text NOT NULL CHECK (length(document_no) BETWEEN 1 AND 120),
    notice_no text NOT NULL CHECK (length(notice_no) BETWEEN 1 AND 60),
    taxpayer_no text NOT NULL CHECK (length(taxpayer_no) BETWEEN 1 AND 20),
    code text NOT NULL DEFAULT '' CHECK (length(code) <= 20),
    instalment smallint CHECK (instalment BETWEEN 1 AND 1000),
    payer_no text NOT NULL CHECK (length(payer_no) <= 20),
    payer_name text NOT NULL CHECK (length(payer_name) <= 300),
    amount bigint NOT NULL CHECK (amount BETWEEN 1 AND 1000000000000),
    paid_at timestamptz,
    own boolean NOT NULL,
    counted bigint NOT NULL DEFAULT 0 CHECK (counted >= 0),
    over bigint NOT NULL DEFAULT 0 CHECK (over >= 0),
    applied_at timestamptz,
    message_id uuid NOT NULL REFERENCES land_tax_message (id),
    received_at timestamptz NOT NULL,
    CHECK (applied_at IS NULL OR own OR counted + over = amount)
);
COMMENT ON TABLE land_tax_document IS 'A payment document (chứng từ nộp tiền) that the tax side told of; one payment counts once.';
COMMENT ON COLUMN land_tax_document.id IS 'identifier inside motcua';
COMMENT ON COLUMN land_tax_document.dossier_id IS 'the dossier';
COMMENT ON COLUMN land_tax_document.document_no IS 'the payment''s own number, or sha256: and the digest of the message where it has none';
COMMENT ON COLUMN land_tax_document.notice_no IS 'number of the notice that is paid (MaThongBaoThue)';
COMMENT ON COLUMN land_tax_document.taxpayer_no IS 'number of the taxpayer for whom it is paid (MaSoThue)';
COMMENT ON COLUMN land_tax_document.code IS 'sub-item, where the document names one';
COMMENT ON COLUMN land_tax_document.instalment IS 'instalment, where the document names one; NULL: whichever is due first';
COMMENT ON COLUMN land_tax_document.payer_no IS 'number of whoever paid, who may be somebody else';
COMMENT ON COLUMN land_tax_document.payer_name IS 'name of whoever paid';
COMMENT ON COLUMN land_tax_document.amount IS 'đồng';
COMMENT ON COLUMN land_tax_document.paid_at IS 'when, as told';
COMMENT ON COLUMN land_tax_document.own IS 'it tells of a payment that was made here, and counted here already';
COMMENT ON COLUMN land_tax_document.counted IS 'đồng that met something';
COMMENT ON COLUMN land_tax_document.over IS 'đồng beyond what was owed: the tax office gives them back';
COMMENT ON COLUMN land_tax_document.applied_at IS 'when it was counted; NULL: the notice has not come yet';
COMMENT ON COLUMN land_tax_document.message_id IS 'the message that told it';
COMMENT ON COLUMN land_tax_document.received_at IS 'when it came';
CREATE UNIQUE INDEX land_tax_document_once ON land_tax_document (dossier_id, document_no, code, coalesce(instalment, 0));
CREATE INDEX land_tax_document_waiting ON land_tax_document (dossier_id) WHERE applied_at IS NULL;
CREATE INDEX land_tax_document_message ON land_tax_document (message_id);

CREATE TABLE land_tax_confirmation (
    dossier_id uuid PRIMARY KEY REFERENCES dossier (id),
    confirmed_at timestamptz NOT NULL,
    message_id uuid NOT NULL REFERENCES land_tax_message (id)
);
COMMENT ON TABLE land_tax_confirmation IS 'The tax side confirms that it has told all obligations of a dossier, and that they are met, exempt or owed.';
COMMENT ON COLUMN land_tax_confirmation.dossier_id IS 'the dossier';
COMMENT ON COLUMN land_tax_confirmation.confirmed_at IS 'when it came';
COMMENT ON COLUMN land_tax_confirmation.message_id IS 'the message that told it';
CREATE INDEX land_tax_confirmation_message ON land_tax_confirmation (message_id);

CREATE TABLE land_tax_report (
    entry_id uuid PRIMARY KEY REFERENCES claim_entry (id),
    notice_id uuid NOT NULL REFERENCES land_tax_notice (id),
    reported_at timestamptz
);
COMMENT ON TABLE land_tax_report IS 'A payment made here, of which the tax side is told.';
COMMENT ON COLUMN land_tax_report.entry_id IS 'the payment as it was counted';
COMMENT ON COLUMN land_tax_report.notice_id IS 'the notice that was paid';
COMMENT ON COLUMN land_tax_report.reported_at IS 'when the tax side acknowledged it; NULL: not yet';
CREATE INDEX land_tax_report_notice ON land_tax_report (notice_id);

REVOKE DELETE ON tax_slip, land_tax_notice, land_tax_debt_told, land_tax_end, land_tax_document, land_tax_report FROM motcua_app;
