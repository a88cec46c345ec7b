DROP TABLE audit_log;
DROP TABLE job;
DROP TABLE idempotency_key;
