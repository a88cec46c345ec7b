DROP TABLE record_destruction_line;
DROP TABLE record_destruction;
DROP TABLE record_hold;
DROP TABLE record_text;
