-- Joint orders have no place in the form before. Those that nobody paid go; money that came for
-- one cannot be told any more without it, so then this is refused by the foreign keys.
DELETE FROM payment_order_member;
DELETE FROM payment_attempt a USING payment_order o WHERE o.id = a.order_id AND o.dossier_id IS NULL;
DELETE FROM payment_order WHERE dossier_id IS NULL;
SET CONSTRAINTS ALL IMMEDIATE;
DROP TABLE payment_order_member;
ALTER TABLE payment_order ALTER COLUMN dossier_id SET NOT NULL;
COMMENT ON TABLE payment_order IS 'A demand for payment of charges of one dossier.';
COMMENT ON COLUMN payment_order.dossier_id IS 'the dossier';
