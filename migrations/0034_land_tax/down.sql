DROP TABLE land_tax_report, land_tax_confirmation, land_tax_document, land_tax_debt_told, land_tax_end, land_tax_notice, land_tax_message;
DROP FUNCTION land_number(text);
-- A slip that was never acknowledged, a correction and a recall have no place in the form before.
DELETE FROM tax_slip WHERE acknowledged_at IS NULL OR seq > 1;
DROP INDEX tax_slip_waiting;
ALTER TABLE tax_slip DROP CONSTRAINT tax_slip_pkey;
ALTER TABLE tax_slip
    DROP COLUMN seq,
    DROP COLUMN kind,
    DROP COLUMN changes,
    DROP COLUMN reason,
    DROP COLUMN land_users,
    DROP COLUMN requested_at,
    DROP COLUMN requested_by,
    DROP COLUMN income_tax_due_at,
    DROP COLUMN registration_due_at,
    DROP COLUMN event_seq;
ALTER TABLE tax_slip DROP CONSTRAINT tax_slip_check;
ALTER TABLE tax_slip
    ALTER COLUMN sent_at SET NOT NULL,
    ALTER COLUMN acknowledged_at SET NOT NULL,
    ALTER COLUMN reference SET NOT NULL,
    ADD PRIMARY KEY (dossier_id),
    ADD UNIQUE (number);
GRANT DELETE ON tax_slip TO motcua_app;
COMMENT ON TABLE tax_slip IS 'A slip to the tax office about a land dossier (Phiếu chuyển thông tin, Mẫu số 19 NĐ 151/2025), once it was acknowledged.';
COMMENT ON COLUMN tax_slip.sent_at IS 'when it was sent, the time of the attempt that was acknowledged';
COMMENT ON COLUMN tax_slip.acknowledged_at IS 'when the acknowledgement came';
COMMENT ON COLUMN tax_slip.reference IS 'the tax office''s reference (SEQ_REFID)';
