-- What moved on the accounts; those of payers are one sum for each kind. A debit is positive.
SELECT a.kind, CASE WHEN a.kind IN ('receivable', 'refund_payable', 'budget_receivable') THEN '' ELSE a.owner END AS owner,
       sum(CASE p.side WHEN 'debit' THEN p.amount ELSE -p.amount END)::bigint AS amount
  FROM (SELECT coalesce(?::date, '-infinity') AS since, ?::date AS until, ?::uuid AS unit_id) AS asked
  JOIN transfer t ON t.day >= asked.since AND t.day <= asked.until
  JOIN posting p ON p.transfer_id = t.id
  JOIN account a ON a.id = p.account_id
  LEFT JOIN dossier d ON d.id = t.dossier_id
 WHERE asked.unit_id IS NULL OR d.receiving_unit_id = asked.unit_id
 GROUP BY 1, 2
