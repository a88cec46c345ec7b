DROP TABLE treasury_line;
COMMENT ON COLUMN transfer.cause_id IS 'the row that the fact is about: a charge, an order, a suspense item, a refund or an attempt at it';
