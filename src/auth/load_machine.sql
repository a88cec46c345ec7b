-- A living session of a system of an integrator. Parameters: session, now.
SELECT machine.id, machine.client_id AS name, s.scopes
FROM session s
JOIN machine_client machine ON machine.id = s.subject_id AND machine.active
WHERE s.id = ? AND s.kind = 'machine' AND s.revoked_at IS NULL AND s.expires_at > ?
