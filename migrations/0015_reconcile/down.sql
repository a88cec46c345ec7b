DROP INDEX gateway_payment_made;
DROP TABLE unmatched_resolution;
DROP TABLE unmatched;
DROP TABLE settlement_line;
DROP TABLE settlement_file;
