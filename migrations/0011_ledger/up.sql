-- The ledger (sổ kế toán kép), and the role under which the application works: it may read
-- and add to the ledger, and change nothing in it.

-- Roles belong to the cluster, so another database's migration may make it at this moment.
DO $$
DECLARE
    -- From PostgreSQL 16 on a member may be kept from acting as the role.
    may_act_as CONSTANT text := CASE WHEN current_setting('server_version_num')::integer >= 160000
                                     THEN 'SET' ELSE 'MEMBER' END;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'motcua_app') THEN
        BEGIN
            CREATE ROLE motcua_app NOLOGIN;
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN
                NULL;
            WHEN insufficient_privilege THEN
                RAISE EXCEPTION 'the role motcua_app is missing and % may not create roles; as an administrator run: CREATE ROLE motcua_app NOLOGIN; GRANT motcua_app TO %', current_user, quote_ident(current_user)
                    USING ERRCODE = 'insufficient_privilege';
        END;
    END IF;
    IF NOT pg_has_role(current_user, 'motcua_app', may_act_as) THEN
        BEGIN
            EXECUTE format('GRANT motcua_app TO %I', current_user);
        EXCEPTION
            WHEN insufficient_privilege THEN
                RAISE EXCEPTION '% is not a member of the role motcua_app; as an administrator run: GRANT motcua_app TO %', current_user, quote_ident(current_user)
                    USING ERRCODE = 'insufficient_privilege';
        END;
    END IF;
    IF NOT has_schema_privilege('motcua_app', 'public', 'USAGE') THEN
        GRANT USAGE ON SCHEMA public TO motcua_app;
    END IF;
END
$$;

CREATE TABLE account (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('receivable', 'revenue_charge', 'revenue_fee', 'gateway_clearing',
                                       'counter_clearing', 'bank_clearing', 'suspense', 'refund_payable',
                                       'refund_in_transit', 'treasury')),
    owner text NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (kind, owner)
);
COMMENT ON TABLE account IS 'An account of the ledger, made when it is first booked on.';
COMMENT ON COLUMN account.id IS 'the first 16 bytes of the SHA-256 of kind:owner';
COMMENT ON COLUMN account.kind IS 'receivable: what a payer owes; revenue_charge, revenue_fee: phí and lệ phí of a unit; gateway_clearing, counter_clearing, bank_clearing: money that was confirmed and not yet settled to the treasury; suspense: money that belongs to nobody yet; refund_payable: what is owed back; refund_in_transit: what a gateway was told to give back; treasury: settled';
COMMENT ON COLUMN account.owner IS 'whose it is, as kind:id: person, org, dossier (an applicant without an account), unit, gateway, suspense (an item)';
COMMENT ON COLUMN account.created_at IS 'when it was first booked on';

CREATE TABLE transfer (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('charge', 'payment', 'suspense', 'refund', 'settlement', 'correction')),
    cause_kind text NOT NULL CHECK (cause_kind <> ''),
    cause_id uuid NOT NULL,
    dossier_id uuid REFERENCES dossier (id) DEFERRABLE INITIALLY DEFERRED,
    order_id uuid REFERENCES payment_order (id),
    day date NOT NULL,
    reason text NOT NULL,
    booked_at timestamptz NOT NULL,
    actor text NOT NULL,
    UNIQUE (cause_kind, cause_id)
);
COMMENT ON TABLE transfer IS 'One movement of money, booked once: its postings sum to zero. Never changed.';
COMMENT ON COLUMN transfer.id IS 'identifier inside motcua';
COMMENT ON COLUMN transfer.kind IS 'what it is: charge, payment, suspense, refund, settlement or correction';
COMMENT ON COLUMN transfer.cause_kind IS 'the fact that is booked; with cause_id unique, so that no fact is booked twice';
COMMENT ON COLUMN transfer.cause_id IS 'the row that the fact is about: a charge, an order, a suspense item, a refund or an attempt at it';
COMMENT ON COLUMN transfer.dossier_id IS 'the dossier, where it is about one';
COMMENT ON COLUMN transfer.order_id IS 'the payment order, where it is about one';
COMMENT ON COLUMN transfer.day IS 'day of booking in Việt Nam: of its arrival, whenever it happened';
COMMENT ON COLUMN transfer.reason IS 'why, for who reads the book';
COMMENT ON COLUMN transfer.booked_at IS 'when';
COMMENT ON COLUMN transfer.actor IS 'who, as kind:id';
CREATE INDEX transfer_dossier ON transfer (dossier_id) WHERE dossier_id IS NOT NULL;
CREATE INDEX transfer_order ON transfer (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX transfer_day ON transfer (day);

CREATE TABLE posting (
    transfer_id uuid NOT NULL REFERENCES transfer (id),
    line smallint NOT NULL,
    account_id uuid NOT NULL REFERENCES account (id),
    side text NOT NULL CHECK (side IN ('debit', 'credit')),
    amount bigint NOT NULL CHECK (amount > 0),
    PRIMARY KEY (transfer_id, line)
);
COMMENT ON TABLE posting IS 'One line of a transfer. Never changed.';
COMMENT ON COLUMN posting.transfer_id IS 'the transfer';
COMMENT ON COLUMN posting.line IS '1, 2, 3 …';
COMMENT ON COLUMN posting.account_id IS 'the account';
COMMENT ON COLUMN posting.side IS 'debit (nợ) or credit (có)';
COMMENT ON COLUMN posting.amount IS 'đồng';
CREATE INDEX posting_account ON posting (account_id);

-- Looked at when the transaction commits, since a transfer and its postings are several rows.
CREATE FUNCTION transfer_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    checked uuid;
    lines bigint;
    debits numeric;
    credits numeric;
BEGIN
    IF TG_TABLE_NAME = 'transfer' THEN checked := NEW.id; ELSE checked := NEW.transfer_id; END IF;
    SELECT count(*), coalesce(sum(amount) FILTER (WHERE side = 'debit'), 0),
           coalesce(sum(amount) FILTER (WHERE side = 'credit'), 0)
      INTO lines, debits, credits
      FROM public.posting WHERE transfer_id = checked;
    IF lines = 0 OR debits <> credits THEN
        RAISE EXCEPTION 'transfer % does not balance: % postings, debits %, credits %', checked, lines, debits, credits
            USING ERRCODE = 'check_violation', CONSTRAINT = 'transfer_balances';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER transfer_balances AFTER INSERT OR UPDATE ON transfer
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION transfer_balances();
CREATE CONSTRAINT TRIGGER posting_balances AFTER INSERT OR UPDATE ON posting
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION transfer_balances();

-- What was charged and paid before there was a ledger is booked now, on the day it happened.
CREATE TEMPORARY TABLE opening ON COMMIT DROP AS
SELECT gen_random_uuid() AS id, 'charge' AS kind, 'charge' AS cause_kind, c.id AS cause_id, c.dossier_id,
       NULL::uuid AS order_id, c.created_at AS at, c.amount, 'receivable' AS debit_kind,
       CASE WHEN d.applicant_org_id IS NOT NULL THEN 'org:' || d.applicant_org_id
            WHEN d.applicant_person_id IS NOT NULL THEN 'person:' || d.applicant_person_id
            ELSE 'dossier:' || d.id END AS debit_owner,
       'revenue_' || c.kind AS credit_kind, 'unit:' || d.receiving_unit_id AS credit_owner
  FROM charge c JOIN dossier d ON d.id = c.dossier_id
 WHERE c.amount > 0
UNION ALL
SELECT gen_random_uuid(), 'payment', 'payment', o.id, o.dossier_id, o.id, o.paid_at, o.amount,
       'gateway_clearing', 'gateway:national', 'receivable',
       CASE WHEN d.applicant_org_id IS NOT NULL THEN 'org:' || d.applicant_org_id
            WHEN d.applicant_person_id IS NOT NULL THEN 'person:' || d.applicant_person_id
            ELSE 'dossier:' || d.id END
  FROM payment_order o JOIN dossier d ON d.id = o.dossier_id
 WHERE o.state = 'paid';
INSERT INTO account (id, kind, owner, created_at)
SELECT left(encode(sha256(convert_to(kind || ':' || owner, 'UTF8')), 'hex'), 32)::uuid, kind, owner, min(at)
  FROM (SELECT debit_kind AS kind, debit_owner AS owner, at FROM opening
        UNION ALL SELECT credit_kind, credit_owner, at FROM opening) AS named
 GROUP BY kind, owner;
INSERT INTO transfer (id, kind, cause_kind, cause_id, dossier_id, order_id, day, reason, booked_at, actor)
SELECT id, kind, cause_kind, cause_id, dossier_id, order_id, (at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date,
       'Ghi sổ ban đầu', at, 'system:migration' FROM opening;
INSERT INTO posting (transfer_id, line, account_id, side, amount)
SELECT opening.id, 1, account.id, 'debit', amount
  FROM opening JOIN account ON (account.kind, account.owner) = (debit_kind, debit_owner)
UNION ALL
SELECT opening.id, 2, account.id, 'credit', amount
  FROM opening JOIN account ON (account.kind, account.owner) = (credit_kind, credit_owner);

-- The application reads and writes every table, those of later migrations included; to the
-- ledger, the history and the audit trail it can only add, and it does not migrate.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO motcua_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO motcua_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO motcua_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO motcua_app;
REVOKE UPDATE, DELETE ON account, transfer, posting, dossier_event, audit_log FROM motcua_app;
REVOKE INSERT, UPDATE, DELETE ON __diesel_schema_migrations FROM motcua_app;
