-- Claims: what somebody owes the state budget for a dossier's matter, such as a tax notice's
-- instalment. They are demanded by payment orders of their own, and counted entry by entry,
-- wherever the money was paid.

CREATE TABLE claim (
    id uuid PRIMARY KEY,
    dossier_id uuid NOT NULL REFERENCES dossier (id),
    code text NOT NULL CHECK (length(code) BETWEEN 1 AND 20),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 300),
    debtor_name text NOT NULL CHECK (length(debtor_name) BETWEEN 1 AND 300),
    debtor_no text NOT NULL CHECK (length(debtor_no) BETWEEN 1 AND 20),
    treasury text NOT NULL CHECK (treasury ~ '^[A-Za-z0-9.-]{1,30}$'),
    budget_account text NOT NULL CHECK (length(budget_account) <= 20),
    amount bigint NOT NULL CHECK (amount BETWEEN 1 AND 1000000000000),
    opened_at timestamptz NOT NULL,
    closed_at timestamptz
);
COMMENT ON TABLE claim IS 'What somebody owes the state budget through a dossier: an instalment of a tax notice. It is paid by orders of its own, or elsewhere.';
COMMENT ON COLUMN claim.id IS 'identifier inside motcua';
COMMENT ON COLUMN claim.dossier_id IS 'the dossier';
COMMENT ON COLUMN claim.code IS 'sub-item of the budget (tiểu mục)';
COMMENT ON COLUMN claim.name IS 'name of what is owed';
COMMENT ON COLUMN claim.debtor_name IS 'who owes it';
COMMENT ON COLUMN claim.debtor_no IS 'personal or tax number of who owes it';
COMMENT ON COLUMN claim.treasury IS 'code of the treasury that it is owed to (SHKB)';
COMMENT ON COLUMN claim.budget_account IS 'account of the state budget that it is paid to (loại tài khoản NSNN); empty: none was told';
COMMENT ON COLUMN claim.amount IS 'đồng; never changed: another amount is another claim';
COMMENT ON COLUMN claim.opened_at IS 'when it was claimed';
COMMENT ON COLUMN claim.closed_at IS 'when it was given up, since another stands in its stead or nothing is owed; NULL = it stands';
CREATE INDEX claim_dossier ON claim (dossier_id);

CREATE TABLE claim_entry (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('order', 'elsewhere', 'carried', 'returned')),
    claim_id uuid REFERENCES claim (id),
    from_claim_id uuid REFERENCES claim (id),
    amount bigint NOT NULL CHECK (amount > 0),
    order_id uuid UNIQUE REFERENCES payment_order (id),
    payment_id uuid REFERENCES gateway_payment (id),
    at timestamptz NOT NULL,
    CHECK (kind <> 'order' OR (claim_id IS NOT NULL AND from_claim_id IS NULL AND order_id IS NOT NULL)),
    CHECK (kind <> 'elsewhere' OR (claim_id IS NOT NULL AND from_claim_id IS NULL)),
    CHECK (kind <> 'carried' OR (claim_id IS NOT NULL AND from_claim_id IS NOT NULL)),
    CHECK (kind <> 'returned' OR (claim_id IS NULL AND from_claim_id IS NOT NULL))
);
COMMENT ON TABLE claim_entry IS 'Money that was counted for a claim, or taken from it. Never changed.';
COMMENT ON COLUMN claim_entry.id IS 'identifier inside motcua';
COMMENT ON COLUMN claim_entry.kind IS 'order: an order of the portal was paid; elsewhere: paid by another way, as a payment document says; carried: from a claim that was given up to the one in its stead; returned: given back, since nothing is owed any more';
COMMENT ON COLUMN claim_entry.claim_id IS 'the claim for which it counts; NULL: it was given back';
COMMENT ON COLUMN claim_entry.from_claim_id IS 'the claim for which it does not count any more';
COMMENT ON COLUMN claim_entry.amount IS 'đồng';
COMMENT ON COLUMN claim_entry.order_id IS 'the order that was paid';
COMMENT ON COLUMN claim_entry.payment_id IS 'the gateway''s payment out of which it is given back; NULL: it was paid elsewhere, and who has it gives it back';
COMMENT ON COLUMN claim_entry.at IS 'when it was counted';
CREATE INDEX claim_entry_claim ON claim_entry (claim_id);
CREATE INDEX claim_entry_from ON claim_entry (from_claim_id);
CREATE INDEX claim_entry_payment ON claim_entry (payment_id) WHERE payment_id IS NOT NULL;

ALTER TABLE payment_order ADD COLUMN claim_id uuid REFERENCES claim (id);
ALTER TABLE payment_order ADD CONSTRAINT payment_order_of_one CHECK (claim_id IS NULL OR dossier_id IS NULL);
COMMENT ON TABLE payment_order IS 'A demand for payment: of what one dossier owes, of a claim of the state budget, or a joint one over orders of dossiers.';
COMMENT ON COLUMN payment_order.dossier_id IS 'the dossier; NULL: the order of a claim, or a joint order, whose members are in payment_order_member';
COMMENT ON COLUMN payment_order.claim_id IS 'the claim of the state budget that it demands, in whole or in part; NULL: it is none of a claim';
CREATE INDEX payment_order_claim ON payment_order (claim_id) WHERE claim_id IS NOT NULL;
-- A claim has at most one open order.
CREATE UNIQUE INDEX payment_order_claim_open ON payment_order (claim_id) WHERE state = 'open';

ALTER TABLE account DROP CONSTRAINT account_kind_check;
ALTER TABLE account ADD CONSTRAINT account_kind_check
    CHECK (kind IN ('receivable', 'revenue_charge', 'revenue_fee', 'gateway_clearing', 'counter_clearing',
                    'bank_clearing', 'suspense', 'refund_payable', 'refund_in_transit', 'treasury',
                    'budget_receivable', 'state_budget', 'paid_elsewhere'));
COMMENT ON COLUMN account.kind IS 'receivable: what a payer owes; revenue_charge, revenue_fee: phí and lệ phí of a unit; gateway_clearing, counter_clearing, bank_clearing: money that was confirmed and not yet settled to the treasury; suspense: money that belongs to nobody yet; refund_payable: what is owed back; refund_in_transit: what a gateway was told to give back; treasury: settled; budget_receivable: what is owed to the state budget; state_budget: what was claimed for it, by treasury and sub-item; paid_elsewhere: what a treasury got for claims by other ways than ours';
COMMENT ON COLUMN account.owner IS 'whose it is, as kind:id: person, org, dossier (an applicant without an account), unit, gateway, suspense (an item), claim, treasury';

REVOKE UPDATE, DELETE ON claim_entry FROM motcua_app;
REVOKE DELETE ON claim FROM motcua_app;
