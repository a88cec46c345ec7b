DROP TABLE gateway_event;
DROP TABLE payment_order;
DROP TABLE charge;
