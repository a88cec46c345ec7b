-- What is filed is compressed by lz4, which takes a fraction of pglz's time, where this
-- PostgreSQL was built with it (Debian's is).
DO $$
DECLARE
    document record;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
        RETURN;
    END IF;
    FOR document IN
        SELECT a.attrelid::regclass AS relation, a.attname AS name
          FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
         WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND a.atttypid = 'jsonb'::regtype
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET COMPRESSION lz4', document.relation, document.name);
    END LOOP;
END $$;
