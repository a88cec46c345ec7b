DROP TABLE receipt_key;
