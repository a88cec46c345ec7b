WITH charged AS (
    SELECT dossier_id, sum(amount) AS amount FROM charge GROUP BY dossier_id
), money AS (
    SELECT dossier_id,
           coalesce(sum(amount) FILTER (WHERE state = 'paid'), 0) AS paid,
           coalesce(sum(amount) FILTER (WHERE state = 'open'), 0) AS open
      FROM payment_order GROUP BY dossier_id
)
SELECT format('dossier %s: %s đồng paid, %s charged', dossier.code, money.paid, coalesce(charged.amount, 0)) AS line
  FROM money JOIN dossier ON dossier.id = money.dossier_id LEFT JOIN charged USING (dossier_id)
 WHERE money.paid > coalesce(charged.amount, 0)
UNION ALL
SELECT format('dossier %s: an open order over %s đồng, %s due', dossier.code, money.open,
              coalesce(charged.amount, 0) - money.paid)
  FROM money JOIN dossier ON dossier.id = money.dossier_id LEFT JOIN charged USING (dossier_id)
 WHERE money.open > 0 AND money.open <> coalesce(charged.amount, 0) - money.paid
UNION ALL
SELECT format('order %s: paid, but no message of the platform settled it', reference)
  FROM payment_order
 WHERE state = 'paid'
   AND NOT EXISTS (SELECT 1 FROM gateway_event e
                    WHERE e.reference = payment_order.reference AND e.outcome = 'settled')
UNION ALL
SELECT format('order %s: settled by the platform, but %s', o.reference, o.state)
  FROM gateway_event e JOIN payment_order o ON o.reference = e.reference
 WHERE e.outcome = 'settled' AND o.state <> 'paid'
UNION ALL
-- Status 6 waits for payment; the job that moves the dossier on is written with the settling.
SELECT format('dossier %s: everything is paid, and it still waits for payment', dossier.code)
  FROM dossier JOIN money ON money.dossier_id = dossier.id LEFT JOIN charged ON charged.dossier_id = dossier.id
 WHERE dossier.status = 6 AND money.paid >= coalesce(charged.amount, 0)
   AND NOT EXISTS (SELECT 1 FROM job JOIN payment_order ON payment_order.id = job.subject
                    WHERE payment_order.dossier_id = dossier.id
                      AND job.kind = 'fee_paid' AND job.state IN ('waiting', 'leased'))
 LIMIT 1000
