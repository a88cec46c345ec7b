-- The signatures that are in the stored document of a result.
SELECT s.part, CASE s.part WHEN 'seal' THEN a.name ELSE coalesce(official.full_name, '') END AS signer,
       a.name AS agency, s.level, s.stamped_at AS at
  FROM signature s
  JOIN signing_request q ON q.id = s.request_id
  JOIN signing_authorisation act ON act.id = s.authorisation_id
  JOIN agency a ON a.id = q.unit_id
  LEFT JOIN staff official ON act.given_by = 'staff:' || official.id
 WHERE q.purpose = 'result' AND q.subject_id = ? AND s.state = 'put'
 ORDER BY s.stamped_at, s.id
