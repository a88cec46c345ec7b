-- What the others were told: the national portal, the applicants and leaders, the tax office.

CREATE TABLE dossier_sync (
    dossier_id uuid PRIMARY KEY REFERENCES dossier (id),
    seq_sent integer,
    status_sent smallint CHECK (status_sent BETWEEN 1 AND 10),
    synced_at timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    last_error text,
    CHECK ((seq_sent IS NULL) = (status_sent IS NULL)),
    CHECK ((seq_sent IS NULL) = (synced_at IS NULL))
);
COMMENT ON TABLE dossier_sync IS 'What the national portal has acknowledged of a dossier (đồng bộ hồ sơ). No row: nothing was tried yet.';
COMMENT ON COLUMN dossier_sync.dossier_id IS 'the dossier';
COMMENT ON COLUMN dossier_sync.seq_sent IS 'the newest event whose status was acknowledged; NULL = none';
COMMENT ON COLUMN dossier_sync.status_sent IS 'the status of that event';
COMMENT ON COLUMN dossier_sync.synced_at IS 'when it was acknowledged';
COMMENT ON COLUMN dossier_sync.attempts IS 'attempts that failed since';
COMMENT ON COLUMN dossier_sync.last_error IS 'why the last of them failed';

CREATE TABLE message (
    id uuid PRIMARY KEY,
    dossier_id uuid NOT NULL REFERENCES dossier (id),
    recipient text NOT NULL,
    kind text NOT NULL,
    title text NOT NULL,
    body text NOT NULL,
    created_at timestamptz NOT NULL,
    sent_at timestamptz
);
COMMENT ON TABLE message IS 'A message to an applicant or an official about a dossier. Its text never changes.';
COMMENT ON COLUMN message.id IS 'identifier inside motcua and idempotency key at the message gateway; grows with time';
COMMENT ON COLUMN message.dossier_id IS 'the dossier it is about';
COMMENT ON COLUMN message.recipient IS 'who reads it, as kind:id; applicant: = somebody without an account, reached by phone or e-mail only';
COMMENT ON COLUMN message.kind IS 'the template it was made from';
COMMENT ON COLUMN message.title IS 'one line, in Vietnamese';
COMMENT ON COLUMN message.body IS 'the text, in Vietnamese';
COMMENT ON COLUMN message.created_at IS 'when it was written';
COMMENT ON COLUMN message.sent_at IS 'when the message gateway took it; NULL = not yet, or for an official, who reads it here';
CREATE INDEX message_dossier ON message (dossier_id);
CREATE INDEX message_recipient ON message (recipient, id);

CREATE TABLE tax_slip (
    dossier_id uuid PRIMARY KEY REFERENCES dossier (id),
    number text NOT NULL UNIQUE,
    sent_at timestamptz NOT NULL,
    acknowledged_at timestamptz NOT NULL,
    reference text NOT NULL
);
COMMENT ON TABLE tax_slip IS 'A slip to the tax office about a land dossier (Phiếu chuyển thông tin, Mẫu số 19 NĐ 151/2025), once it was acknowledged.';
COMMENT ON COLUMN tax_slip.dossier_id IS 'the dossier';
COMMENT ON COLUMN tax_slip.number IS 'number of the slip (Số …/PCTT)';
COMMENT ON COLUMN tax_slip.sent_at IS 'when it was sent, the time of the attempt that was acknowledged';
COMMENT ON COLUMN tax_slip.acknowledged_at IS 'when the acknowledgement came';
COMMENT ON COLUMN tax_slip.reference IS 'the tax office''s reference (SEQ_REFID)';
