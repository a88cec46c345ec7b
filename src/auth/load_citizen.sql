-- Living sessions of citizens, and for whom these people may act today.
-- Parameters: today, today, sessions, now.
SELECT
    s.id AS session,
    person.id,
    person.full_name AS name,
    person.identity_no,
    s.identity_level,
    coalesce((
        SELECT jsonb_agg(jsonb_build_object(
            'id', m.id,
            'principal_person', m.principal_person_id,
            'principal_org', m.principal_org_id,
            'legal_representative', m.kind = 'legal_representative',
            'scope', to_jsonb(m.scope)
        ))
        FROM mandate m
        WHERE m.agent_id = person.id AND m.revoked_at IS NULL
            AND m.valid_from <= ? AND (m.valid_to IS NULL OR m.valid_to >= ?)
    ), '[]'::jsonb) AS mandates
FROM session s
JOIN person ON person.id = s.subject_id
WHERE s.id = ANY (?) AND s.kind = 'citizen' AND s.revoked_at IS NULL AND s.expires_at > ?
