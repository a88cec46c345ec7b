WITH charged AS (
    SELECT dossier_id, sum(amount) AS amount FROM charge GROUP BY dossier_id
), money AS (
    SELECT dossier_id,
           coalesce(sum(amount) FILTER (WHERE state = 'paid'), 0) AS paid,
           coalesce(sum(amount) FILTER (WHERE state = 'open'), 0) AS open
      FROM (SELECT dossier_id, state, amount FROM payment_order
            UNION ALL SELECT dossier_id, 'paid', amount FROM suspense_application) AS came
     GROUP BY dossier_id
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
SELECT format('order %s: paid, but no payment of a gateway settled it', o.reference)
  FROM payment_order o
 WHERE o.state = 'paid'
   AND NOT EXISTS (SELECT 1 FROM gateway_payment p JOIN payment_attempt a ON a.id = p.attempt_id
                    WHERE p.gateway = o.gateway AND p.transaction = o.gateway_txn AND p.outcome = 'settled'
                      AND a.state = 'paid'
                      AND (a.order_id = o.id AND p.amount = o.amount
                           OR EXISTS (SELECT FROM payment_order_member m
                                       WHERE m.joint_id = a.order_id AND m.order_id = o.id
                                         AND m.outcome = 'settled' AND m.amount = o.amount)))
UNION ALL
SELECT format('order %s: settled by a gateway, but %s', o.reference, o.state)
  FROM gateway_payment p JOIN payment_attempt a ON a.id = p.attempt_id JOIN payment_order o ON o.id = a.order_id
 WHERE p.outcome = 'settled'
   AND (o.state <> 'paid' OR o.gateway IS DISTINCT FROM p.gateway OR o.gateway_txn IS DISTINCT FROM p.transaction)
UNION ALL
SELECT format('joint order %s: over %s đồng, its members over %s', j.reference, j.amount, coalesce(sum(m.amount), 0))
  FROM payment_order j LEFT JOIN payment_order_member m ON m.joint_id = j.id
 WHERE j.dossier_id IS NULL AND j.claim_id IS NULL
 GROUP BY j.id HAVING j.amount <> coalesce(sum(m.amount), 0)
UNION ALL
SELECT format('joint order %s: %s, but its share for order %s is %s and that order %s', j.reference, j.state,
              o.reference, coalesce(m.outcome, 'without outcome'), o.state)
  FROM payment_order_member m
  JOIN payment_order j ON j.id = m.joint_id
  JOIN payment_order o ON o.id = m.order_id
 WHERE (j.state = 'paid') <> (m.outcome IS NOT NULL)
    OR m.amount <> o.amount OR j.dossier_id IS NOT NULL OR o.dossier_id IS NULL
    OR (m.outcome = 'settled') <> (o.state = 'paid' AND (o.gateway, o.gateway_txn) = (j.gateway, j.gateway_txn))
    OR m.outcome = 'paid_twice' AND o.state <> 'paid'
UNION ALL
SELECT format('payment %s of %s: kept, but no message told of it', p.transaction, p.gateway)
  FROM gateway_payment p
 WHERE NOT EXISTS (SELECT 1 FROM gateway_event e
                    WHERE e.gateway = p.gateway AND coalesce(e.reference, '') = p.reference)
UNION ALL
-- Status 6 waits for payment; the job that moves the dossier on is written with the settling.
SELECT format('dossier %s: everything is paid, and it still waits for payment', dossier.code)
  FROM dossier JOIN money ON money.dossier_id = dossier.id LEFT JOIN charged ON charged.dossier_id = dossier.id
 WHERE dossier.status = 6 AND dossier.progress ->> 'tax_sent_at' IS NULL AND money.paid >= coalesce(charged.amount, 0)
   AND NOT EXISTS (SELECT 1 FROM job JOIN payment_order ON payment_order.id = job.subject
                    WHERE payment_order.dossier_id = dossier.id
                      AND job.kind = 'fee_paid' AND job.state IN ('waiting', 'leased'))
UNION ALL
-- Nothing is met twice: what came beyond a claim is not counted.
SELECT format('claim %s of dossier %s: %s đồng are counted, %s owed', c.id, d.code, counted.amount, c.amount)
  FROM claim c JOIN dossier d ON d.id = c.dossier_id
 CROSS JOIN LATERAL (
    SELECT coalesce((SELECT sum(amount) FROM claim_entry WHERE claim_id = c.id), 0)
           - coalesce((SELECT sum(amount) FROM claim_entry WHERE from_claim_id = c.id), 0) AS amount) AS counted
 WHERE counted.amount < 0 OR counted.amount > CASE WHEN c.closed_at IS NULL THEN c.amount ELSE 0 END
UNION ALL
SELECT format('order %s of claim %s: %s, and %s', o.reference, o.claim_id, o.state,
              CASE WHEN e.id IS NULL THEN 'not counted' ELSE 'counted with ' || e.amount || ' đồng' END)
  FROM payment_order o LEFT JOIN claim_entry e ON e.order_id = o.id
 WHERE o.claim_id IS NOT NULL
   AND ((o.state = 'paid') <> (e.id IS NOT NULL) OR e.amount <> o.amount OR e.claim_id <> o.claim_id)
 LIMIT 1000
