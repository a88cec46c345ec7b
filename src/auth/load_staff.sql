-- Living sessions of officials, with the positions held today, own and as a substitute.
-- Parameters: now, now, today, today, sessions, now.
SELECT
    s.id AS session,
    staff.id,
    staff.full_name AS name,
    coalesce((
        SELECT jsonb_agg(jsonb_build_object(
            'agency_id', p.agency_id,
            'role', p.role,
            'substitutes', p.absent_id,
            'sees', CASE
                -- Supervision reaches down the tree: a leader and an auditor to dossiers, an
                -- administrator to accounts. The others see what their own agency has.
                WHEN p.role IN ('leader', 'agency_admin', 'auditor') THEN (
                    SELECT coalesce(jsonb_agg(c.descendant_id), '[]'::jsonb)
                    FROM agency_closure c WHERE c.ancestor_id = p.agency_id
                )
                -- Accounts are not dossiers.
                WHEN p.role = 'system_admin' THEN '[]'::jsonb
                ELSE jsonb_build_array(p.agency_id)
            END
        ))
        FROM (
            SELECT own.agency_id, own.role, NULL::uuid AS absent_id, own.valid_from, own.valid_to
            FROM position own
            WHERE own.staff_id = staff.id
            UNION ALL
            -- Who stands in acts in the absent one's positions, but never administers the system.
            SELECT absent.agency_id, absent.role, u.absent_id, absent.valid_from, absent.valid_to
            FROM substitution u
            JOIN position absent ON absent.staff_id = u.absent_id AND absent.role <> 'system_admin'
            WHERE u.substitute_id = staff.id AND u.valid_from <= ? AND u.valid_to > ?
        ) p
        WHERE p.valid_from <= ? AND (p.valid_to IS NULL OR p.valid_to >= ?)
    ), '[]'::jsonb) AS positions
FROM session s
JOIN staff ON staff.id = s.subject_id AND staff.active
WHERE s.id = ANY (?) AND s.kind = 'staff' AND s.revoked_at IS NULL AND s.expires_at > ?
