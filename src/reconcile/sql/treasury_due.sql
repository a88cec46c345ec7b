-- What the treasury got of a gateway's day, against the net sum of the gateway's file, or, for
-- a gateway without files, against our book: unit by unit where it came unit by unit. A lump
-- may take two days; then it is missing.
WITH asked AS (
    SELECT ?::text AS gateway, ?::date AS day, ?::boolean AS has_files, ?::boolean AS online, ?::date AS today
), lump AS (
    SELECT l.unit_id, l.amount FROM asked JOIN treasury_line l ON l.gateway = asked.gateway AND l.day = asked.day
), moved AS (
    SELECT p.id, p.amount
      FROM asked JOIN gateway_payment p ON p.gateway = asked.gateway
       AND coalesce(p.paid_at, p.told_at) >= asked.day::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh'
       AND coalesce(p.paid_at, p.told_at) < (asked.day + 1)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh'
     WHERE NOT asked.has_files
    UNION ALL
    -- A gateway nets what it gave back; at the counter, and by hand out of our own bank, that
    -- goes by another way.
    SELECT p.id, -r.amount
      FROM asked JOIN gateway_payment p ON p.gateway = asked.gateway
      JOIN refund r ON r.payment_id = p.id AND r.state = 'succeeded'
       AND r.ended_at >= asked.day::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh'
       AND r.ended_at < (asked.day + 1)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh'
     WHERE NOT asked.has_files AND asked.online
       AND NOT EXISTS (SELECT FROM refund_by_hand h WHERE h.refund_id = r.id AND h.bank IS NOT NULL)
), due AS (
    SELECT d.receiving_unit_id AS unit_id, moved.amount
      FROM moved JOIN gateway_payment p ON p.id = moved.id
      LEFT JOIN payment_attempt a ON a.id = p.attempt_id
      -- The dossiers of a joint order have one unit.
      LEFT JOIN LATERAL (SELECT order_id FROM payment_order_member WHERE joint_id = a.order_id LIMIT 1) AS m ON true
      LEFT JOIN payment_order o ON o.id = coalesce(m.order_id, a.order_id)
      LEFT JOIN claim c ON c.id = o.claim_id
      LEFT JOIN dossier d ON d.id = coalesce(o.dossier_id, c.dossier_id)
    UNION ALL
    SELECT NULL, f.net
      FROM asked CROSS JOIN LATERAL (
           SELECT net FROM settlement_file f
            WHERE f.gateway = asked.gateway AND f.day = asked.day AND f.flaw IS NULL AND f.compared_at IS NOT NULL
            ORDER BY version DESC LIMIT 1) AS f
     WHERE asked.has_files
), sums AS (
    -- A file has one sum for all units.
    SELECT CASE WHEN apart AND NOT has_files THEN unit_id END AS unit_id, sum(told) AS told,
           sum(expected) AS expected
      FROM asked CROSS JOIN (SELECT unit_id, amount AS told, 0 AS expected FROM lump
            UNION ALL SELECT unit_id, 0, amount FROM due) AS both_sides
     CROSS JOIN (SELECT EXISTS (SELECT FROM lump) AND NOT EXISTS (SELECT FROM lump WHERE unit_id IS NULL) AS apart) AS w
     GROUP BY 1
)
SELECT CASE WHEN told = 0 THEN 'treasury_missing' WHEN told < expected THEN 'treasury_short'
            ELSE 'treasury_over' END AS kind,
       coalesce(a.code, '') AS number, told::bigint AS theirs, expected::bigint AS ours, sums.unit_id,
       'ask_treasury' AS proposal
  FROM asked CROSS JOIN sums LEFT JOIN agency a ON a.id = sums.unit_id
 WHERE told <> expected
   AND (told > 0 OR (expected > 0 AND asked.today > asked.day + 2))
   AND (NOT asked.has_files OR EXISTS (SELECT FROM due))
