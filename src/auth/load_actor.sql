-- Who a session acts as. The table `given (session, now, today)` is put before this text.
SELECT
    s.kind,
    s.subject_id,
    s.identity_level,
    s.scopes,
    s.revoked_at IS NULL AND s.expires_at > given.now
        AND coalesce(staff.active, machine.active, person.id IS NOT NULL) AS live,
    coalesce(staff.full_name, machine.client_id, person.full_name, '') AS name,
    person.identity_no,
    coalesce(held.positions, '[]'::jsonb) AS positions,
    coalesce(given_to.mandates, '[]'::jsonb) AS mandates
FROM given
JOIN session s ON s.id = given.session
LEFT JOIN person ON s.kind = 'citizen' AND person.id = s.subject_id
LEFT JOIN staff ON s.kind = 'staff' AND staff.id = s.subject_id
LEFT JOIN machine_client machine ON s.kind = 'machine' AND machine.id = s.subject_id
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object(
        'agency_id', p.agency_id,
        'role', p.role,
        'substitutes', p.absent_id,
        'sees', CASE
            -- Supervision reaches down the tree: a leader and an auditor to dossiers, an
            -- administrator to accounts. The others see what their own agency has.
            WHEN p.role IN ('leader', 'agency_admin', 'auditor') THEN (
                SELECT coalesce(jsonb_agg(c.descendant_id), '[]'::jsonb) FROM agency_closure c WHERE c.ancestor_id = p.agency_id
            )
            -- Accounts are not dossiers.
            WHEN p.role = 'system_admin' THEN '[]'::jsonb
            ELSE jsonb_build_array(p.agency_id)
        END
    )) AS positions
    FROM (
        SELECT own.agency_id, own.role, NULL::uuid AS absent_id, own.valid_from, own.valid_to
        FROM position own
        WHERE own.staff_id = staff.id
        UNION ALL
        -- Who stands in acts in the absent one's positions, but never administers the system.
        SELECT absent.agency_id, absent.role, u.absent_id, absent.valid_from, absent.valid_to
        FROM substitution u
        JOIN position absent ON absent.staff_id = u.absent_id AND absent.role <> 'system_admin'
        WHERE u.substitute_id = staff.id AND u.valid_from <= given.now AND given.now < u.valid_to
    ) p
    WHERE p.valid_from <= given.today AND (p.valid_to IS NULL OR given.today <= p.valid_to)
) held ON staff.id IS NOT NULL
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object(
        'id', m.id,
        'principal_person', m.principal_person_id,
        'principal_org', m.principal_org_id,
        'legal_representative', m.kind = 'legal_representative',
        'scope', to_jsonb(m.scope)
    )) AS mandates
    FROM mandate m
    WHERE m.agent_id = person.id AND m.revoked_at IS NULL
        AND m.valid_from <= given.today AND (m.valid_to IS NULL OR given.today <= m.valid_to)
) given_to ON person.id IS NOT NULL
