-- Sums of accounts against what they stand for, and refunds against what was paid.
WITH held AS (
    SELECT a.kind, a.owner,
           coalesce(sum(p.amount) FILTER (WHERE p.side = 'debit'), 0)
           - coalesce(sum(p.amount) FILTER (WHERE p.side = 'credit'), 0) AS balance
      FROM account a LEFT JOIN posting p ON p.account_id = a.id GROUP BY 1, 2
), gateways AS (
    SELECT 'gateway:' || gateway AS owner, sum(amount) AS came,
           sum(amount) FILTER (WHERE outcome <> 'settled') AS unclear
      FROM gateway_payment GROUP BY 1
), back AS (
    SELECT 'gateway:' || p.gateway AS owner,
           sum(r.amount) FILTER (WHERE r.state = 'succeeded' AND h.bank IS NULL) AS given,
           sum(r.amount) FILTER (WHERE r.state = 'pending') AS under_way,
           sum(r.amount) FILTER (WHERE r.dossier_id IS NULL) AS from_suspense
      FROM refund r JOIN gateway_payment p ON p.id = r.payment_id LEFT JOIN refund_by_hand h ON h.refund_id = r.id
     GROUP BY 1
), applied AS (
    SELECT 'gateway:' || p.gateway AS owner, sum(s.amount) AS amount
      FROM suspense_application s JOIN gateway_payment p ON p.id = s.payment_id GROUP BY 1
), rest AS (
    SELECT 'gateway:' || j.gateway AS owner, sum(m.amount) AS amount
      FROM payment_order j JOIN payment_order_member m ON m.joint_id = j.id
     WHERE m.outcome <> 'settled' GROUP BY 1
), too_much AS (
    SELECT 'gateway:' || p.gateway AS owner, sum(e.amount) AS amount
      FROM claim_entry e JOIN gateway_payment p ON p.id = e.payment_id WHERE e.kind = 'returned' GROUP BY 1
), wanted AS (
    SELECT 'gateway_clearing' AS kind, owner, sum(amount) AS balance
      FROM (SELECT owner, came - coalesce(given, 0) AS amount FROM gateways LEFT JOIN back USING (owner)
            UNION ALL SELECT 'gateway:' || gateway, -amount FROM treasury_line WHERE gateway <> '') AS lies
     GROUP BY 2
    UNION ALL
    SELECT 'suspense', owner, coalesce(from_suspense, 0) + coalesce(applied.amount, 0) - coalesce(unclear, 0)
           - coalesce(rest.amount, 0) - coalesce(too_much.amount, 0)
      FROM gateways LEFT JOIN back USING (owner) LEFT JOIN applied USING (owner) LEFT JOIN rest USING (owner)
      LEFT JOIN too_much USING (owner)
    UNION ALL
    SELECT 'refund_in_transit', owner, -coalesce(under_way, 0) FROM back
)
SELECT format('account %s of %s: balance %s đồng, %s came, went and lies there', kind, owner,
              coalesce(held.balance, 0), coalesce(wanted.balance, 0)) AS line
  FROM wanted FULL JOIN held USING (kind, owner)
 WHERE kind IN ('gateway_clearing', 'suspense', 'refund_in_transit')
   AND coalesce(held.balance, 0) <> coalesce(wanted.balance, 0)
UNION ALL
SELECT format('dossier %s: the book says that %s đồng are owed, charged less paid are %s', d.code,
              coalesce(book.owed, 0), coalesce(facts.owed, 0))
  FROM (SELECT t.dossier_id, sum(CASE p.side WHEN 'debit' THEN p.amount ELSE -p.amount END) AS owed
          FROM transfer t JOIN posting p ON p.transfer_id = t.id
          JOIN account a ON a.id = p.account_id AND a.kind = 'receivable'
         GROUP BY 1) AS book
  FULL JOIN (SELECT dossier_id, sum(amount) AS owed
               FROM (SELECT dossier_id, amount FROM charge
                     UNION ALL SELECT dossier_id, -amount FROM payment_order WHERE state = 'paid'
                     UNION ALL SELECT dossier_id, -amount FROM suspense_application) AS fact
              GROUP BY 1) AS facts USING (dossier_id)
  JOIN dossier d ON d.id = dossier_id
 WHERE coalesce(book.owed, 0) <> coalesce(facts.owed, 0)
UNION ALL
SELECT format('payment %s of %s: %s đồng came, %s are settled, applied or given back unsettled', p.transaction,
              p.gateway, p.amount, used)
  FROM gateway_payment p
 CROSS JOIN LATERAL (
    SELECT coalesce((SELECT sum(amount) FROM refund r WHERE r.payment_id = p.id AND r.dossier_id IS NULL), 0)
           + coalesce((SELECT sum(amount) FROM suspense_application s WHERE s.payment_id = p.id), 0)
           + coalesce(settled.amount, 0) AS used
      FROM (SELECT sum(o.amount) AS amount FROM payment_attempt a
              LEFT JOIN payment_order_member m ON m.joint_id = a.order_id AND m.outcome = 'settled'
              JOIN payment_order o ON o.id = coalesce(m.order_id, a.order_id)
             WHERE a.id = p.attempt_id AND p.outcome = 'settled' AND o.dossier_id IS NOT NULL) AS settled) AS sums
 WHERE used > p.amount
UNION ALL
SELECT format('payment %s of %s: %s đồng of it paid for dossier %s, %s are given back', p.transaction, p.gateway,
              coalesce(share.amount, 0), d.code, gone.amount)
  FROM (SELECT payment_id, dossier_id, sum(amount) AS amount FROM refund
         WHERE dossier_id IS NOT NULL GROUP BY 1, 2) AS gone
  JOIN gateway_payment p ON p.id = gone.payment_id
  JOIN dossier d ON d.id = gone.dossier_id
 CROSS JOIN LATERAL (
    SELECT sum(amount) AS amount
      FROM (SELECT o.amount FROM payment_order o
             WHERE o.dossier_id = gone.dossier_id AND o.state = 'paid'
               AND (o.gateway, o.gateway_txn) = (p.gateway, p.transaction)
            UNION ALL
            SELECT s.amount FROM suspense_application s
             WHERE s.payment_id = p.id AND s.dossier_id = gone.dossier_id) AS paid) AS share
 WHERE gone.amount > coalesce(share.amount, 0)
UNION ALL
SELECT format('charge %s: %s đồng were charged, %s are given back', c.id, c.amount, sum(l.amount))
  FROM charge c JOIN refund_line l ON l.charge_id = c.id
 GROUP BY c.id HAVING sum(l.amount) > c.amount OR NOT c.refundable
UNION ALL
SELECT format('refund %s: over %s đồng, its lines over %s', r.id, r.amount, coalesce(sum(l.amount), 0))
  FROM refund r LEFT JOIN refund_line l ON l.refund_id = r.id
 GROUP BY r.id
HAVING coalesce(sum(l.amount), 0) <> CASE WHEN r.dossier_id IS NULL THEN 0 ELSE r.amount END
UNION ALL
-- One that a person gave back had failed before.
SELECT format('refund %s: %s, its last attempt is %s', r.id, r.state, coalesce(last.state, 'missing'))
  FROM refund r
  LEFT JOIN refund_by_hand h ON h.refund_id = r.id
  LEFT JOIN LATERAL (SELECT state FROM refund_attempt a WHERE a.refund_id = r.id ORDER BY number DESC LIMIT 1)
         AS last ON true
 WHERE last.state IS DISTINCT FROM CASE WHEN h.refund_id IS NULL THEN r.state WHEN r.state = 'succeeded' THEN 'failed' END
 LIMIT 1000
