-- Claims have no place in the form before. Their orders that nobody paid go; where money was
-- booked for one, this is refused by the foreign keys and the check.
DELETE FROM payment_attempt a USING payment_order o WHERE o.id = a.order_id AND o.claim_id IS NOT NULL;
DELETE FROM payment_order WHERE claim_id IS NOT NULL;
SET CONSTRAINTS ALL IMMEDIATE;
DROP INDEX payment_order_claim_open;
DROP INDEX payment_order_claim;
ALTER TABLE payment_order DROP CONSTRAINT payment_order_of_one;
ALTER TABLE payment_order DROP COLUMN claim_id;
COMMENT ON TABLE payment_order IS 'A demand for payment: of what one dossier owes, or a joint one over such orders.';
COMMENT ON COLUMN payment_order.dossier_id IS 'the dossier; NULL: a joint order, whose members are in payment_order_member';
DROP TABLE claim_entry;
DROP TABLE claim;
ALTER TABLE account DROP CONSTRAINT account_kind_check;
ALTER TABLE account ADD CONSTRAINT account_kind_check
    CHECK (kind IN ('receivable', 'revenue_charge', 'revenue_fee', 'gateway_clearing', 'counter_clearing',
                    'bank_clearing', 'suspense', 'refund_payable', 'refund_in_transit', 'treasury'));
COMMENT ON COLUMN account.kind IS 'receivable: what a payer owes; revenue_charge, revenue_fee: phí and lệ phí of a unit; gateway_clearing, counter_clearing, bank_clearing: money that was confirmed and not yet settled to the treasury; suspense: money that belongs to nobody yet; refund_payable: what is owed back; refund_in_transit: what a gateway was told to give back; treasury: settled';
COMMENT ON COLUMN account.owner IS 'whose it is, as kind:id: person, org, dossier (an applicant without an account), unit, gateway, suspense (an item)';
