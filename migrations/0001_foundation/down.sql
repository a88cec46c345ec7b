DROP TABLE audit_log;
DROP TABLE periodic_task;
DROP TABLE job;
DROP TABLE idempotency_key;
