INSERT INTO dossier (id, code, tracking_secret, version_id, procedure_code, case_code, channel, applicant,
                     applicant_person_id, applicant_org_id, filed_by, return_by, answers, receiving_unit_id,
                     submitted_at, receipt, seq, marking, status, handling_unit_id, holder_unit_id, holder_role,
                     assignee_id, clock_started_at, due_at, paused_since, late_at, closed_at, progress)
SELECT id, code, tracking_secret, version_id, procedure_code, case_code, channel, applicant,
       applicant_person_id, applicant_org_id, filed_by, return_by, answers, receiving_unit_id,
       submitted_at, receipt, seq, string_to_array(marking, ' '), status, handling_unit_id, holder_unit_id, holder_role,
       assignee_id, clock_started_at, due_at, paused_since, late_at, closed_at, progress
  FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    AS row (id, code, tracking_secret, version_id, procedure_code, case_code, channel, applicant,
            applicant_person_id, applicant_org_id, filed_by, return_by, answers, receiving_unit_id,
            submitted_at, receipt, seq, marking, status, handling_unit_id, holder_unit_id, holder_role,
            assignee_id, clock_started_at, due_at, paused_since, late_at, closed_at, progress)
