-- The transfers of a day, of the dossiers that a unit received or of the whole book.
SELECT moved.kind, moved.cause, moved.gateway, moved.channel, count(*) AS count, sum(moved.amount)::bigint AS amount
  FROM (SELECT t.kind, t.cause_kind AS cause, coalesce(d.channel, '') AS channel,
               coalesce((SELECT min(substr(a.owner, 9)) FROM posting p JOIN account a ON a.id = p.account_id
                          WHERE p.transfer_id = t.id AND a.owner LIKE 'gateway:%'), '') AS gateway,
               (SELECT sum(p.amount) FROM posting p WHERE p.transfer_id = t.id AND p.side = 'debit') AS amount
          FROM (SELECT ?::date AS day, ?::uuid AS unit_id) AS asked
          JOIN transfer t ON t.day = asked.day
          LEFT JOIN dossier d ON d.id = t.dossier_id
         WHERE asked.unit_id IS NULL OR d.receiving_unit_id = asked.unit_id) AS moved
 GROUP BY 1, 2, 3, 4
