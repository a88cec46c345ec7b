-- What closes say was unmatched, whether each close that was made is there, and whether closed
-- days are closed.
WITH told AS (
    SELECT c.id, c.day, a.code, string_to_array(line, '|') AS part
      FROM day_close c JOIN agency a ON a.id = c.agency_id
     CROSS JOIN LATERAL regexp_split_to_table(c.text, '\n') AS line
     WHERE line LIKE 'unmatched|%'
)
SELECT format('close of %s by %s: there never was %s', day, code, array_to_string(part, '|')) AS line
  FROM told
 WHERE NOT EXISTS (SELECT FROM unmatched u
                    WHERE u.id::text = part[2] AND u.kind = part[3] AND u.gateway = part[4]
                      AND u.day::text = part[5] AND u.theirs::text = part[6] AND u.ours::text = part[7])
UNION ALL
SELECT format('close %s by %s of %s: it was made, and is not there', l.subject, l.actor, l.at)
  FROM audit_log l
 WHERE l.operation = 'close_day' AND NOT EXISTS (SELECT FROM day_close c WHERE c.id = l.subject)
UNION ALL
SELECT format('role motcua_app: it may change %s', relname)
  FROM pg_class
 WHERE oid IN ('closed_day'::regclass, 'day_close'::regclass)
   AND (has_table_privilege('motcua_app', oid, 'UPDATE') OR has_table_privilege('motcua_app', oid, 'DELETE')
        OR has_table_privilege('motcua_app', oid, 'TRUNCATE'))
 LIMIT 1000
