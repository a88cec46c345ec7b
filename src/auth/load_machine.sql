-- Living sessions of systems of integrators. Parameters: sessions, now.
SELECT s.id AS session, machine.id, machine.client_id AS name, s.scopes
FROM session s
JOIN machine_client machine ON machine.id = s.subject_id AND machine.active
WHERE s.id = ANY (?) AND s.kind = 'machine' AND s.revoked_at IS NULL AND s.expires_at > ?
