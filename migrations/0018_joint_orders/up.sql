-- A joint order (lệnh thanh toán gộp) demands what several dossiers of one payer owe at once. It
-- is an order without a dossier; the orders of the dossiers are its members.

ALTER TABLE payment_order ALTER COLUMN dossier_id DROP NOT NULL;
COMMENT ON TABLE payment_order IS 'A demand for payment: of what one dossier owes, or a joint one over such orders.';
COMMENT ON COLUMN payment_order.dossier_id IS 'the dossier; NULL: a joint order, whose members are in payment_order_member';

CREATE TABLE payment_order_member (
    joint_id uuid NOT NULL REFERENCES payment_order (id),
    order_id uuid NOT NULL REFERENCES payment_order (id),
    amount bigint NOT NULL CHECK (amount > 0),
    outcome text CHECK (outcome IN ('settled', 'paid_twice', 'late')),
    PRIMARY KEY (joint_id, order_id),
    CHECK (joint_id <> order_id)
);
COMMENT ON TABLE payment_order_member IS 'An order of a dossier that a joint order covers. It may be a member of several, and be paid alone: whichever comes first counts.';
COMMENT ON COLUMN payment_order_member.joint_id IS 'the joint order, a payment_order without a dossier';
COMMENT ON COLUMN payment_order_member.order_id IS 'the order of the dossier';
COMMENT ON COLUMN payment_order_member.amount IS 'đồng of the joint order that are for this one: its amount';
COMMENT ON COLUMN payment_order_member.outcome IS 'NULL while the joint order is not paid; settled: paid by it; paid_twice: it was paid before, the share goes back; late: it was given up or had expired before, the share waits in suspense';
CREATE INDEX payment_order_member_order ON payment_order_member (order_id);
CREATE INDEX payment_order_member_rest ON payment_order_member (joint_id) WHERE outcome IN ('paid_twice', 'late');
