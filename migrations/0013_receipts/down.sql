DROP TABLE receipt_document;
DROP TABLE receipt_elsewhere;
DROP TABLE receipt_line;
DROP TABLE receipt;
DROP TABLE receipt_series;
DROP FUNCTION receipt_stands();
