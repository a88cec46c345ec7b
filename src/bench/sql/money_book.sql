-- Our book of the two gateways: what came, and what went back.
SELECT 'payment' AS kind, gateway, reference, transaction, amount
  FROM gateway_payment WHERE gateway IN ('national', 'vnpay')
UNION ALL
SELECT CASE r.state WHEN 'succeeded' THEN 'refund' ELSE 'refund under way' END, p.gateway, p.reference, '', r.amount
  FROM refund r JOIN gateway_payment p ON p.id = r.payment_id
 WHERE p.gateway IN ('national', 'vnpay') AND r.state IN ('succeeded', 'pending')
