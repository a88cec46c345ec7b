SELECT ((SELECT count(*) FROM (SELECT a.order_id FROM gateway_payment p JOIN payment_attempt a ON a.id = p.attempt_id
                                WHERE p.outcome = 'settled' GROUP BY 1 HAVING count(*) > 1) AS orders)
        + (SELECT count(*)
             FROM (SELECT dossier_id, sum(amount) AS amount
                     FROM (SELECT dossier_id, amount FROM payment_order WHERE state = 'paid'
                           UNION ALL SELECT dossier_id, amount FROM suspense_application) AS came
                    GROUP BY 1) AS paid
             LEFT JOIN (SELECT dossier_id, sum(amount) AS amount FROM charge GROUP BY 1) AS charged USING (dossier_id)
            WHERE paid.amount > coalesce(charged.amount, 0)))::bigint AS paid_twice,
       (abs(coalesce((SELECT sum(amount) FROM gateway_payment), 0)
            - coalesce((SELECT sum(amount) FROM payment_order WHERE state = 'paid'), 0)
            - coalesce((SELECT sum(amount) FROM suspense_application), 0)
            - coalesce((SELECT sum(amount) FROM refund WHERE dossier_id IS NULL), 0)
            - coalesce((SELECT sum(CASE p.side WHEN 'credit' THEN p.amount ELSE -p.amount END)
                          FROM posting p JOIN account a ON a.id = p.account_id WHERE a.kind = 'suspense'), 0))
        + abs(coalesce((SELECT sum(CASE side WHEN 'debit' THEN amount ELSE -amount END) FROM posting), 0)))::bigint
       AS imbalance,
       (SELECT count(*) FROM payment_order WHERE state = 'paid') AS settled,
       (SELECT count(*) FROM gateway_payment) AS payments,
       (SELECT count(*) FROM refund) AS refunds
