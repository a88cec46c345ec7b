-- Numbers: every one that was taken has its receipt, once.
SELECT format('series %s %s of %s: number %s is missing', s.form, s.symbol, a.code, taken) AS line
  FROM receipt_series s JOIN agency a ON a.id = s.unit_id, generate_series(1, s.last) AS taken
 WHERE NOT EXISTS (SELECT 1 FROM receipt r WHERE r.series_id = s.id AND r.number = taken)
UNION ALL
SELECT format('series %s %s of %s: number %s was given %s times, last is %s', s.form, s.symbol, a.code, r.number,
              count(*), s.last)
  FROM receipt r JOIN receipt_series s ON s.id = r.series_id JOIN agency a ON a.id = s.unit_id
 GROUP BY s.id, a.code, r.number HAVING count(*) > 1 OR r.number > s.last
UNION ALL
-- Money: what was paid is on receipts, was given back from them, or has its paper elsewhere.
SELECT format('%s: %s đồng paid, receipts say %s', paid.name, paid.amount,
              coalesce(here.amount, 0) + coalesce(other.amount, 0))
  FROM (SELECT id, 'order ' || reference AS name, CASE state WHEN 'paid' THEN amount ELSE 0 END AS amount
          FROM payment_order WHERE dossier_id IS NOT NULL
        UNION ALL
        SELECT s.id, format('application %s of payment %s', s.id, p.transaction), s.amount
          FROM suspense_application s JOIN gateway_payment p ON p.id = s.payment_id) AS paid
  LEFT JOIN (SELECT coalesce(order_id, application_id) AS id,
                    sum(CASE state WHEN 'valid' THEN amount ELSE given_back END) AS amount
               FROM receipt GROUP BY 1) AS here USING (id)
  LEFT JOIN (SELECT coalesce(order_id, application_id) AS id, sum(amount) AS amount
               FROM receipt_elsewhere GROUP BY 1) AS other USING (id)
 WHERE coalesce(here.amount, 0) + coalesce(other.amount, 0) <> paid.amount
UNION ALL
SELECT format('receipt %s %s: %s đồng, %s were given back, what stands in its stead says %s', r.symbol, r.number,
              r.amount, r.given_back, coalesce(n.amount, 0))
  FROM receipt r LEFT JOIN receipt n ON n.id = r.replaced_by_id
 WHERE r.state <> 'valid' AND r.amount <> r.given_back + coalesce(n.amount, 0)
UNION ALL
SELECT format('charge %s of %s: %s đồng were charged, papers were given over %s', c.fee_code, d.code, c.amount,
              sum(paper.amount))
  FROM (SELECT l.charge_id, l.amount FROM receipt_line l JOIN receipt r ON r.id = l.receipt_id
         WHERE r.replaces_id IS NULL
        UNION ALL SELECT charge_id, amount FROM receipt_elsewhere) AS paper
  JOIN charge c ON c.id = paper.charge_id JOIN dossier d ON d.id = c.dossier_id
 GROUP BY c.id, d.code HAVING sum(paper.amount) > c.amount
UNION ALL
-- Charge by charge: what stands is what was paid less what reached the payer again. Where a
-- part has its paper elsewhere, nobody here knows which part went back.
SELECT format('charge %s of %s: receipts over %s đồng stand, %s were paid and %s given back', c.fee_code, d.code,
              said.stands, said.paid, gone.amount)
  FROM charge c JOIN dossier d ON d.id = c.dossier_id
 CROSS JOIN LATERAL (
    SELECT coalesce(sum(l.amount) FILTER (WHERE r.state = 'valid'), 0) AS stands,
           coalesce(sum(l.amount) FILTER (WHERE r.replaces_id IS NULL), 0) AS paid
      FROM receipt_line l JOIN receipt r ON r.id = l.receipt_id WHERE l.charge_id = c.id) AS said
 CROSS JOIN LATERAL (
    SELECT coalesce(sum(l.amount), 0) AS amount
      FROM refund_line l JOIN refund f ON f.id = l.refund_id
     WHERE l.charge_id = c.id AND f.state = 'succeeded') AS gone
 WHERE said.stands <> said.paid - gone.amount
   AND NOT EXISTS (SELECT FROM receipt_elsewhere e WHERE e.charge_id = c.id)
UNION ALL
SELECT format('receipt %s %s: %s đồng, its lines say %s', r.symbol, r.number, r.amount, coalesce(sum(l.amount), 0))
  FROM receipt r LEFT JOIN receipt_line l ON l.receipt_id = r.id
 GROUP BY r.id HAVING r.amount <> coalesce(sum(l.amount), 0)
UNION ALL
SELECT format('receipt %s %s: %s is on a receipt for %s', r.symbol, r.number, c.kind, r.kind)
  FROM receipt r JOIN receipt_line l ON l.receipt_id = r.id JOIN charge c ON c.id = l.charge_id
 WHERE c.kind <> r.kind OR c.dossier_id <> r.dossier_id
UNION ALL
SELECT format('receipt %s %s: what stands in its stead does not name it', r.symbol, r.number)
  FROM receipt r LEFT JOIN receipt n ON n.id = r.replaced_by_id
 WHERE r.state = 'replaced' AND n.replaces_id IS DISTINCT FROM r.id
    OR r.state <> 'replaced' AND EXISTS (SELECT 1 FROM receipt s WHERE s.replaces_id = r.id)
 LIMIT 1000
