-- The ledger in itself: balanced, under the right accounts and days, and closed to change.
SELECT format('transfer %s (%s of %s): %s postings, debits %s đồng, credits %s', t.id, t.cause_kind, t.cause_id,
              count(p.line), coalesce(sum(p.amount) FILTER (WHERE p.side = 'debit'), 0),
              coalesce(sum(p.amount) FILTER (WHERE p.side = 'credit'), 0)) AS line
  FROM transfer t LEFT JOIN posting p ON p.transfer_id = t.id
 GROUP BY t.id
HAVING count(p.line) = 0
    OR coalesce(sum(p.amount) FILTER (WHERE p.side = 'debit'), 0)
       <> coalesce(sum(p.amount) FILTER (WHERE p.side = 'credit'), 0)
UNION ALL
SELECT format('transfer %s (%s of %s): booked on %s, it arrived on %s', id, cause_kind, cause_id, day,
              (booked_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date)
  FROM transfer
 WHERE day <> (booked_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
       -- That day was closed when it was booked: it stands on the first open one.
   AND NOT (day > (booked_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
            AND EXISTS (SELECT FROM closed_day WHERE closed_day.day = transfer.day - 1))
UNION ALL
SELECT format('account %s: its id is not that of %s:%s', id, kind, owner)
  FROM account
 WHERE replace(id::text, '-', '') <> left(encode(sha256(convert_to(kind || ':' || owner, 'UTF8')), 'hex'), 32)
UNION ALL
SELECT format('role motcua_app: it may change %s', relname)
  FROM pg_class
 WHERE oid IN ('account'::regclass, 'transfer'::regclass, 'posting'::regclass)
   AND (has_table_privilege('motcua_app', oid, 'UPDATE') OR has_table_privilege('motcua_app', oid, 'DELETE')
        OR has_table_privilege('motcua_app', oid, 'TRUNCATE'))
UNION ALL
SELECT format('trigger %s: it does not watch %s', wanted.name, wanted.relation)
  FROM (VALUES ('transfer_balances', 'transfer'), ('posting_balances', 'posting'),
               ('transfer_day_is_open', 'transfer')) AS wanted (name, relation)
 WHERE NOT EXISTS (SELECT 1 FROM pg_trigger
                    WHERE tgname = wanted.name AND tgrelid = wanted.relation::regclass AND tgenabled = 'O')
 LIMIT 1000
