-- The newest readable file of a gateway and day against our book: a row for each of its lines
-- (with a finding where something is wrong), and for what only we have of that day. What stands
-- in the newest file of an earlier day as well is told twice.
WITH asked AS (
    SELECT ?::text AS gateway, ?::date AS day
), newest AS (
    SELECT DISTINCT ON (f.day) f.id, f.day
      FROM settlement_file f JOIN asked ON asked.gateway = f.gateway
     WHERE f.flaw IS NULL ORDER BY f.day, f.version DESC
), told AS (
    SELECT asked.gateway, l.line, l.kind, l.transaction, l.amount,
           row_number() OVER (PARTITION BY l.kind, l.transaction ORDER BY l.line) > 1
           OR EXISTS (SELECT FROM settlement_line e JOIN newest ON newest.id = e.file_id
                       WHERE e.transaction = l.transaction AND e.kind = l.kind AND newest.day < asked.day) AS again
      FROM asked JOIN newest ON newest.day = asked.day JOIN settlement_line l ON l.file_id = newest.id
), compared AS (
    SELECT told.*, p.id AS payment_id, p.amount AS ours, p.outcome AS state
      FROM told LEFT JOIN gateway_payment p ON p.gateway = told.gateway AND p.transaction = told.transaction
     WHERE told.kind = 'payment'
    UNION ALL
    SELECT told.*, r.payment_id, r.amount, r.state
      FROM told
      LEFT JOIN (SELECT a.reference, a.state, r.amount, r.payment_id, p.gateway
                   FROM refund_attempt a JOIN refund r ON r.id = a.refund_id JOIN gateway_payment p ON p.id = r.payment_id
           ) AS r ON r.gateway = told.gateway AND r.reference = told.transaction
     WHERE told.kind = 'refund'
), bounds AS (
    SELECT asked.*, day::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh' AS begins,
           (day + 1)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh' AS ends,
           (SELECT max(day) FROM newest) - day AS files_after
      FROM asked WHERE EXISTS (SELECT FROM newest WHERE newest.day = asked.day)
), found AS (
    SELECT line,
           CASE WHEN again THEN 'duplicate_line'
                WHEN ours IS NULL AND kind = 'payment' THEN 'not_ours'
                WHEN ours IS NULL THEN 'refund_not_ours'
                WHEN ours <> amount THEN 'other_amount'
                WHEN state = 'unknown_order' THEN 'unknown_order'
                WHEN kind = 'refund' AND state <> 'succeeded' THEN 'refund_not_confirmed' END AS finding,
           transaction AS number, amount AS theirs, coalesce(ours, 0) AS ours, payment_id, 0 AS files_after
      FROM compared
    UNION ALL
    SELECT NULL, 'missing_in_file', p.transaction, 0, p.amount, p.id, files_after
      FROM bounds JOIN gateway_payment p ON p.gateway = bounds.gateway
       AND coalesce(p.paid_at, p.told_at) >= begins AND coalesce(p.paid_at, p.told_at) < ends
     WHERE NOT EXISTS (SELECT FROM settlement_line l JOIN newest ON newest.id = l.file_id
                        WHERE l.kind = 'payment' AND l.transaction = p.transaction)
    UNION ALL
    SELECT NULL, 'refund_missing_in_file', a.reference, 0, r.amount, p.id, files_after
      FROM bounds JOIN gateway_payment p ON p.gateway = bounds.gateway
      JOIN refund r ON r.payment_id = p.id AND r.state = 'succeeded' AND r.ended_at >= begins AND r.ended_at < ends
      JOIN refund_attempt a ON a.refund_id = r.id AND a.state = 'succeeded'
     WHERE NOT EXISTS (SELECT FROM settlement_line l JOIN newest ON newest.id = l.file_id
                        WHERE l.kind = 'refund' AND l.transaction = a.reference)
)
SELECT found.finding, left(found.number, 100) AS number, found.theirs, found.ours, d.receiving_unit_id AS unit_id,
       CASE WHEN finding IN ('not_ours', 'refund_not_ours', 'duplicate_line') THEN 'refer_to_gateway'
            WHEN finding = 'unknown_order' THEN 'move_suspense'
            WHEN finding IN ('other_amount', 'refund_not_confirmed') THEN 'ask_gateway'
            WHEN files_after = 0 THEN 'await_next_file'
            WHEN files_after = 1 THEN 'ask_gateway'
            ELSE 'refer_to_gateway' END AS proposal
  FROM found
  LEFT JOIN gateway_payment p ON p.id = found.payment_id
  LEFT JOIN payment_attempt a ON a.id = p.attempt_id
  -- The dossiers of a joint order have one unit.
  LEFT JOIN LATERAL (SELECT order_id FROM payment_order_member WHERE joint_id = a.order_id LIMIT 1) AS m ON true
  LEFT JOIN payment_order o ON o.id = coalesce(m.order_id, a.order_id)
  LEFT JOIN claim c ON c.id = o.claim_id
  LEFT JOIN dossier d ON d.id = coalesce(o.dossier_id, c.dossier_id)
 ORDER BY found.line, found.number
