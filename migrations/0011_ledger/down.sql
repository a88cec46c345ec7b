-- The role stays: it belongs to the cluster, and another database may use it.
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM motcua_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON SEQUENCES FROM motcua_app;
DROP TABLE posting;
DROP TABLE transfer;
DROP TABLE account;
DROP FUNCTION transfer_balances();
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM motcua_app;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM motcua_app;
