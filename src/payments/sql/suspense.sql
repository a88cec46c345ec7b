-- Money that settled no order, with what remains of it.
SELECT p.id, p.gateway, p.transaction, p.reference, d.code AS dossier, d.receiving_unit_id AS unit_id,
       p.outcome AS reason, p.amount, p.told_at,
       (p.amount - coalesce((SELECT sum(amount) FROM suspense_application WHERE payment_id = p.id), 0)
                 - coalesce((SELECT sum(amount) FROM refund WHERE payment_id = p.id AND dossier_id IS NULL), 0)
       )::bigint AS remaining
  FROM gateway_payment p
  LEFT JOIN payment_attempt a ON a.id = p.attempt_id
  LEFT JOIN payment_order o ON o.id = a.order_id
  LEFT JOIN dossier d ON d.id = o.dossier_id
 WHERE p.outcome <> 'settled'
