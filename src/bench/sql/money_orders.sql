-- Orders whose end is not what the payments of their attempts call for.
WITH came AS (
    SELECT o.id, o.reference, o.state, o.amount, p.id AS payment_id, p.transaction, p.gateway, p.amount AS told, p.outcome
      FROM payment_order o
      JOIN payment_attempt a ON a.order_id = o.id
      JOIN gateway_payment p ON p.gateway = a.gateway AND p.reference = a.reference
)
SELECT format('order %s: %s, but %s at %s paid its %s đồng', reference, state, transaction, gateway, amount) AS line
  FROM came WHERE state = 'open' AND told = amount
UNION ALL
SELECT format('order %s: %s, settled by %s payments', reference, state, count(*) FILTER (WHERE outcome = 'settled'))
  FROM came GROUP BY id, reference, state
HAVING count(*) FILTER (WHERE outcome = 'settled') <> (state = 'paid')::int
UNION ALL
SELECT format('order %s: %s, payment %s is %s', reference, state, transaction, outcome)
  FROM came
 WHERE told = amount
   AND outcome <> ALL (CASE state WHEN 'paid' THEN '{settled,paid_twice}'::text[] ELSE '{late}' END)
UNION ALL
SELECT format('order %s: payment %s came twice over %s đồng, %s are given back', reference, transaction, told, back)
  FROM came
 CROSS JOIN LATERAL (SELECT coalesce(sum(amount), 0) AS back FROM refund r WHERE r.payment_id = came.payment_id) AS given
 WHERE outcome = 'paid_twice' AND back <> told
