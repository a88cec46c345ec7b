-- What every capability stands on: stored answers, the outbox, the audit trail.

CREATE TABLE idempotency_key (
    actor text NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    status smallint NOT NULL,
    body jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (actor, key)
);
COMMENT ON TABLE idempotency_key IS 'One row a write request that was answered: the same key and body get the same answer again.';
COMMENT ON COLUMN idempotency_key.actor IS 'who sent it, as kind:id; two actors may use the same key';
COMMENT ON COLUMN idempotency_key.key IS 'the Idempotency-Key header';
COMMENT ON COLUMN idempotency_key.request_hash IS 'SHA-256 of method, path and body; another hash under the same key is refused with 422';
COMMENT ON COLUMN idempotency_key.status IS 'HTTP status of the stored answer';
COMMENT ON COLUMN idempotency_key.body IS 'body of the stored answer';
COMMENT ON COLUMN idempotency_key.created_at IS 'when it was answered; rows older than the retention are removed';
CREATE INDEX idempotency_key_created_at ON idempotency_key (created_at);

CREATE TABLE job (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    subject uuid,
    payload jsonb NOT NULL,
    dedup text UNIQUE,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'leased', 'done', 'dead')),
    attempts integer NOT NULL DEFAULT 0,
    run_at timestamptz NOT NULL DEFAULT now(),
    lease_token uuid,
    lease_until timestamptz,
    last_error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz
);
COMMENT ON TABLE job IS 'The outbox: every effect outside the database, written in the transaction that causes it. Its times are those of the database''s clock.';
COMMENT ON COLUMN job.id IS 'order of writing; jobs of one subject run in this order';
COMMENT ON COLUMN job.kind IS 'which handler runs it';
COMMENT ON COLUMN job.subject IS 'the dossier or order it belongs to; NULL = no order to keep';
COMMENT ON COLUMN job.payload IS 'what the handler needs, never more than ids and small values';
COMMENT ON COLUMN job.dedup IS 'a second job with this word is not written; NULL = none';
COMMENT ON COLUMN job.state IS 'waiting, leased, done or dead (gave up, a person must look)';
COMMENT ON COLUMN job.attempts IS 'how often it was begun; from 1 again when a person orders another try';
COMMENT ON COLUMN job.run_at IS 'not before this time';
COMMENT ON COLUMN job.lease_token IS 'who holds it; only this token may finish it';
COMMENT ON COLUMN job.lease_until IS 'after this time another worker may take it';
COMMENT ON COLUMN job.last_error IS 'why the last attempt failed';
COMMENT ON COLUMN job.created_at IS 'when it was written';
COMMENT ON COLUMN job.finished_at IS 'when it was done or given up';
CREATE INDEX job_open ON job (run_at, id) WHERE state IN ('waiting', 'leased');
CREATE INDEX job_subject ON job (subject, id) WHERE state IN ('waiting', 'leased');
CREATE INDEX job_dead ON job (id) WHERE state = 'dead';
CREATE INDEX job_done ON job (finished_at) WHERE state = 'done';

CREATE TABLE periodic_task (
    name text PRIMARY KEY,
    due_at timestamptz NOT NULL
);
COMMENT ON TABLE periodic_task IS 'What motcua does every so often; the process that moves due_at on does it this time.';
COMMENT ON COLUMN periodic_task.name IS 'which task';
COMMENT ON COLUMN periodic_task.due_at IS 'not before this time, by the database''s clock';

CREATE TABLE audit_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    operation text NOT NULL,
    subject uuid,
    request_id uuid NOT NULL
);
COMMENT ON TABLE audit_log IS 'Who wrote what: one row a write request, never changed.';
COMMENT ON COLUMN audit_log.id IS 'order of writing';
COMMENT ON COLUMN audit_log.at IS 'when';
COMMENT ON COLUMN audit_log.actor IS 'who, as kind:id';
COMMENT ON COLUMN audit_log.operation IS 'the operation of the API or the job';
COMMENT ON COLUMN audit_log.subject IS 'the dossier, draft, order … it was about';
COMMENT ON COLUMN audit_log.request_id IS 'the request, as in the log and in the X-Request-Id header';
