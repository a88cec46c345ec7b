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
SELECT format('order %s: %s đồng paid, receipts say %s', o.reference, o.amount, coalesce(here.amount, 0) + coalesce(other.amount, 0))
  FROM payment_order o
  LEFT JOIN (SELECT order_id, sum(CASE state WHEN 'valid' THEN amount ELSE given_back END) AS amount
               FROM receipt GROUP BY order_id) here ON here.order_id = o.id
  LEFT JOIN (SELECT order_id, sum(amount) AS amount FROM receipt_elsewhere GROUP BY order_id) other
         ON other.order_id = o.id
 WHERE coalesce(here.amount, 0) + coalesce(other.amount, 0) <> CASE o.state WHEN 'paid' THEN o.amount ELSE 0 END
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
