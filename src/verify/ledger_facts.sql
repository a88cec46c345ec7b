-- Each fact with the postings that it should have, against those that are booked.
WITH party AS (
    SELECT id AS dossier_id, 'unit:' || receiving_unit_id AS unit,
           CASE WHEN applicant_org_id IS NOT NULL THEN 'org:' || applicant_org_id
                WHEN applicant_person_id IS NOT NULL THEN 'person:' || applicant_person_id
                ELSE 'dossier:' || id END AS payer
      FROM dossier
), moved AS (
    SELECT 'charge' AS cause_kind, c.id AS cause_id, c.amount,
           'receivable' AS debit, payer AS debit_owner, 'revenue_' || c.kind AS credit, unit AS credit_owner
      FROM charge c JOIN party USING (dossier_id) WHERE c.amount > 0
    UNION ALL
    SELECT 'payment', o.id, o.amount, 'gateway_clearing', 'gateway:' || o.gateway, 'receivable', payer
      FROM payment_order o JOIN party USING (dossier_id) WHERE o.state = 'paid'
    UNION ALL
    -- What of a joint order's payment settled none of its members.
    SELECT 'joint_rest', j.id, sum(m.amount), 'gateway_clearing', 'gateway:' || j.gateway, 'suspense',
           'gateway:' || j.gateway
      FROM payment_order j JOIN payment_order_member m ON m.joint_id = j.id
     WHERE m.outcome <> 'settled' GROUP BY j.id
    UNION ALL
    SELECT 'suspense', p.id, p.amount, 'gateway_clearing', 'gateway:' || p.gateway, 'suspense', 'gateway:' || p.gateway
      FROM gateway_payment p
     WHERE p.outcome <> 'settled'
       AND NOT EXISTS (SELECT FROM transfer t WHERE t.cause_kind = 'suspense_corrected' AND t.cause_id = p.id)
    UNION ALL
    SELECT 'suspense_retold', p.id, p.amount, 'gateway_clearing', 'gateway:' || p.gateway, 'suspense', 'gateway:' || p.gateway
      FROM gateway_payment p
     WHERE p.outcome <> 'settled'
       AND EXISTS (SELECT FROM transfer t WHERE t.cause_kind = 'suspense_corrected' AND t.cause_id = p.id)
    UNION ALL
    -- What was told wrongly at first: taken back with the amount with which it had been booked.
    SELECT fact.cause_kind, p.id, b.amount, fact.debit, 'gateway:' || p.gateway, fact.credit, 'gateway:' || p.gateway
      FROM gateway_payment p
      JOIN transfer t ON t.cause_kind = 'suspense' AND t.cause_id = p.id
      JOIN posting b ON b.transfer_id = t.id AND b.side = 'credit'
     CROSS JOIN (VALUES ('suspense', 'gateway_clearing', 'suspense'),
                        ('suspense_corrected', 'suspense', 'gateway_clearing')) AS fact (cause_kind, debit, credit)
     WHERE p.outcome = 'settled'
        OR EXISTS (SELECT FROM transfer c WHERE c.cause_kind = 'suspense_corrected' AND c.cause_id = p.id)
    UNION ALL
    SELECT 'suspense_applied', s.id, s.amount, 'suspense', 'gateway:' || p.gateway, 'receivable', payer
      FROM suspense_application s JOIN gateway_payment p ON p.id = s.payment_id JOIN party USING (dossier_id)
    UNION ALL
    SELECT 'refund_' || step.word, step.id, r.amount, step.debit, step.debit_owner, step.credit, step.credit_owner
      FROM refund r
      JOIN gateway_payment p ON p.id = r.payment_id
      LEFT JOIN party ON party.dossier_id = r.dossier_id
     CROSS JOIN LATERAL (SELECT coalesce(payer, 'suspense:' || p.id) AS owed_to, 'gateway:' || p.gateway AS via) AS w
     CROSS JOIN LATERAL (
        SELECT 'requested' AS word, r.id, 'suspense' AS debit, via AS debit_owner,
               'refund_payable' AS credit, owed_to AS credit_owner WHERE r.dossier_id IS NULL
        UNION ALL
        SELECT 'sent', a.id, 'refund_payable', owed_to, 'refund_in_transit', via
          FROM refund_attempt a WHERE a.refund_id = r.id AND a.state <> 'requested'
        UNION ALL
        SELECT 'succeeded', a.id, 'refund_in_transit', via, 'gateway_clearing', via
          FROM refund_attempt a WHERE a.refund_id = r.id AND a.state = 'succeeded'
        UNION ALL
        SELECT 'failed', a.id, 'refund_in_transit', via, 'refund_payable', owed_to
          FROM refund_attempt a WHERE a.refund_id = r.id AND a.state = 'failed'
        UNION ALL
        -- By a person's transfer: out of the counter's money, or the bank's for what a gateway has kept.
        SELECT 'by_hand', h.refund_id, 'refund_payable', owed_to,
               CASE WHEN h.bank IS NULL THEN 'gateway_clearing' ELSE 'bank_clearing' END, coalesce('bank:' || h.bank, via)
          FROM refund_by_hand h WHERE h.refund_id = r.id
     ) AS step
    UNION ALL
    SELECT 'settlement', id, amount, 'treasury', 'treasury:' || treasury, 'gateway_clearing', 'gateway:' || gateway
      FROM treasury_line WHERE gateway <> ''
    UNION ALL
    SELECT fact.cause_kind, c.id, c.amount, fact.debit, fact.debit_owner, fact.credit, fact.credit_owner
      FROM claim c
     CROSS JOIN LATERAL (
        SELECT 'claim' AS cause_kind, 'budget_receivable' AS debit, 'claim:' || c.id AS debit_owner,
               'state_budget' AS credit, 'treasury:' || c.treasury || '/' || c.code AS credit_owner
        UNION ALL
        SELECT 'claim_closed', 'state_budget', 'treasury:' || c.treasury || '/' || c.code,
               'budget_receivable', 'claim:' || c.id WHERE c.closed_at IS NOT NULL) AS fact
    UNION ALL
    -- To a claim it comes out of a gateway, from elsewhere or from the claim before; it leaves one for the next
    -- claim, for suspense or for where it came from.
    SELECT 'claim_entry', e.id, e.amount,
           CASE e.kind WHEN 'order' THEN 'gateway_clearing' WHEN 'elsewhere' THEN 'paid_elsewhere' ELSE 'budget_receivable' END,
           CASE e.kind WHEN 'order' THEN 'gateway:' || o.gateway WHEN 'elsewhere' THEN 'treasury:' || c.treasury
                       ELSE 'claim:' || e.from_claim_id END,
           CASE WHEN e.kind <> 'returned' THEN 'budget_receivable' WHEN e.payment_id IS NULL THEN 'paid_elsewhere'
                ELSE 'suspense' END,
           CASE WHEN e.kind <> 'returned' THEN 'claim:' || e.claim_id WHEN e.payment_id IS NULL THEN 'treasury:' || c.treasury
                ELSE 'gateway:' || p.gateway END
      FROM claim_entry e
      JOIN claim c ON c.id = coalesce(e.claim_id, e.from_claim_id)
      LEFT JOIN payment_order o ON o.id = e.order_id
      LEFT JOIN gateway_payment p ON p.id = e.payment_id
), lines AS (
    SELECT cause_kind, cause_id, debit AS kind, debit_owner AS owner, 'debit' AS side, amount FROM moved
    UNION ALL
    SELECT cause_kind, cause_id, credit, credit_owner, 'credit', amount FROM moved
    UNION ALL
    SELECT 'refund_requested', r.id, 'revenue_' || c.kind, unit, 'debit', l.amount
      FROM refund r JOIN refund_line l ON l.refund_id = r.id JOIN charge c ON c.id = l.charge_id
      JOIN party ON party.dossier_id = r.dossier_id
    UNION ALL
    SELECT 'refund_requested', r.id, 'refund_payable', payer, 'credit', r.amount
      FROM refund r JOIN party ON party.dossier_id = r.dossier_id
), expected AS (
    SELECT cause_kind, cause_id, kind, owner, side, sum(amount) AS amount FROM lines GROUP BY 1, 2, 3, 4, 5
), booked AS (
    SELECT t.cause_kind, t.cause_id, a.kind, a.owner, p.side, sum(p.amount) AS amount
      FROM posting p JOIN transfer t ON t.id = p.transfer_id JOIN account a ON a.id = p.account_id
     GROUP BY 1, 2, 3, 4, 5
)
SELECT format('%s of %s: %s of %s:%s should be %s đồng, %s are booked', cause_kind, cause_id, side, kind, owner,
              coalesce(expected.amount, 0), coalesce(booked.amount, 0)) AS line
  FROM expected FULL JOIN booked USING (cause_kind, cause_id, kind, owner, side)
 WHERE expected.amount IS DISTINCT FROM booked.amount
 ORDER BY 1
 LIMIT 1000
