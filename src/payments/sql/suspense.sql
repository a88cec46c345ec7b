-- Money that settled no order, and what of a joint order's payment settled none of its members,
-- with what remains of it.
SELECT p.id, p.gateway, p.transaction, p.reference, d.code AS dossier,
       coalesce(d.receiving_unit_id, joint.unit_id) AS unit_id, p.outcome AS reason, p.amount, p.told_at,
       (p.amount - coalesce((SELECT sum(amount) FROM suspense_application WHERE payment_id = p.id), 0)
                 - coalesce((SELECT sum(amount) FROM refund WHERE payment_id = p.id AND dossier_id IS NULL), 0)
       )::bigint AS remaining
  FROM gateway_payment p
  LEFT JOIN payment_attempt a ON a.id = p.attempt_id
  LEFT JOIN payment_order o ON o.id = a.order_id
  LEFT JOIN claim c ON c.id = o.claim_id
  LEFT JOIN dossier d ON d.id = coalesce(o.dossier_id, c.dossier_id)
  LEFT JOIN LATERAL (
    SELECT of.receiving_unit_id AS unit_id
      FROM payment_order_member m JOIN payment_order own ON own.id = m.order_id JOIN dossier of ON of.id = own.dossier_id
     WHERE m.joint_id = o.id LIMIT 1) AS joint ON true
 WHERE p.outcome <> 'settled'
UNION ALL
SELECT p.id, p.gateway, p.transaction, p.reference, NULL, rest.unit_id, rest.reason, p.amount, p.told_at,
       (rest.amount - coalesce((SELECT sum(amount) FROM suspense_application WHERE payment_id = p.id), 0)
                    - coalesce((SELECT sum(amount) FROM refund WHERE payment_id = p.id AND dossier_id IS NULL), 0)
       )::bigint
  FROM (SELECT m.joint_id, sum(m.amount) AS amount, min(m.outcome) AS reason,
               (array_agg(d.receiving_unit_id))[1] AS unit_id
          FROM payment_order_member m JOIN payment_order own ON own.id = m.order_id JOIN dossier d ON d.id = own.dossier_id
         WHERE m.outcome IN ('paid_twice', 'late') GROUP BY m.joint_id) AS rest
  JOIN payment_order j ON j.id = rest.joint_id
  JOIN gateway_payment p ON (p.gateway, p.transaction) = (j.gateway, j.gateway_txn)
