-- The document that a word printed on it opens. What was never issued is not there.
SELECT 'result' AS kind, r.id, r.name, r.number_text AS number, a.name AS issuer,
       r.holder ->> 'name' AS holder, r.issued_at, r.state AS standing, r.reason,
       (SELECT max(e.at) FROM result_event e WHERE e.result_id = r.id AND e.state = r.state) AS since,
       coalesce(next.number_text, '') AS replaced_by, ARRAY[f.sha256] AS hashes
  FROM result r
  JOIN agency a ON a.id = r.unit_id
  JOIN file f ON f.id = r.file_id
  LEFT JOIN result next ON next.id = r.replaced_by_id
 WHERE r.token = ?
UNION ALL
SELECT 'form', p.id, t.name, coalesce(d.code, ''), a.name,
       coalesce(d.applicant ->> 'name', ''), p.made_at, 'valid', '', p.made_at, '', ARRAY[f.sha256]
  FROM produced_form p
  JOIN template t ON t.id = p.template_id
  JOIN agency a ON a.id = p.unit_id
  JOIN file f ON f.id = p.file_id
  LEFT JOIN dossier d ON d.id = p.dossier_id
 WHERE p.token = ?
UNION ALL
SELECT 'receipt', r.id,
       CASE r.kind WHEN 'fee' THEN 'Biên lai thu lệ phí' ELSE 'Biên lai thu phí' END,
       r.symbol || ' ' || lpad(r.number::text, 7, '0'), a.name,
       coalesce(r.payer ->> 'name', ''), r.issued_at, r.state, r.reason, coalesce(r.ended_at, r.issued_at),
       coalesce(next.symbol || ' ' || lpad(next.number::text, 7, '0'), ''),
       ARRAY(SELECT encode(sha256(k.bytes), 'hex') FROM receipt_document k WHERE k.receipt_id = r.id)
  FROM receipt r
  JOIN agency a ON a.id = r.unit_id
  LEFT JOIN receipt next ON next.id = r.replaced_by_id
 WHERE r.secret = ?
