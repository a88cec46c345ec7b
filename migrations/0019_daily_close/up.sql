-- The daily close (khoá sổ ngày). A closed day is closed for the whole book; who closes it,
-- and with which figures, is signed for each unit and for the province.

CREATE TABLE closed_day (
    day date PRIMARY KEY,
    closed_at timestamptz NOT NULL,
    closed_by text NOT NULL
);
COMMENT ON TABLE closed_day IS 'Days on which, and before which, nothing is booked any more.';
COMMENT ON COLUMN closed_day.day IS 'day in Việt Nam';
COMMENT ON COLUMN closed_day.closed_at IS 'when it was first closed';
COMMENT ON COLUMN closed_day.closed_by IS 'who closed it first, as kind:id';

-- Who books holds the lock together with others until the end of the transaction; who closes
-- holds it alone. So a day is closed between two bookings, never during one.
CREATE FUNCTION wait_for_bookings() RETURNS void LANGUAGE sql AS $$
    SELECT pg_catalog.pg_advisory_xact_lock(4910471002)
$$;

-- The day on which a fact of a day is booked: that day, or the first open one. Volatile, so that
-- what was closed while it waited is seen.
CREATE FUNCTION open_day(wanted date) RETURNS date LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    closed date;
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock_shared(4910471002);
    SELECT max(day) INTO closed FROM public.closed_day;
    RETURN greatest(wanted, closed + 1);
END
$$;

CREATE FUNCTION transfer_day_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    closed date;
    wrong date;
BEGIN
    -- An older snapshot would not see what was closed meanwhile.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'book in a transaction that is read committed, not %', current_setting('transaction_isolation')
            USING ERRCODE = 'check_violation', CONSTRAINT = 'transfer_day_is_open';
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock_shared(4910471002);
    SELECT max(day) INTO closed FROM public.closed_day;
    SELECT min(day) INTO wrong FROM added;
    IF wrong <= closed THEN
        RAISE EXCEPTION 'the day % is closed: book on % or later', wrong, closed + 1
            USING ERRCODE = 'check_violation', CONSTRAINT = 'transfer_day_is_open';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER transfer_day_is_open AFTER INSERT ON transfer
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION transfer_day_is_open();

COMMENT ON COLUMN transfer.day IS 'day of booking in Việt Nam: of its arrival, whenever it happened; the first open day where that one was closed meanwhile';

CREATE TABLE day_close (
    id uuid PRIMARY KEY,
    agency_id uuid NOT NULL REFERENCES agency (id),
    day date NOT NULL REFERENCES closed_day (day),
    previous_id uuid REFERENCES day_close (id),
    text text NOT NULL,
    sha256 bytea NOT NULL CHECK (length(sha256) = 32),
    closed_at timestamptz NOT NULL,
    closed_by text NOT NULL,
    UNIQUE (agency_id, day),
    UNIQUE (previous_id)
);
COMMENT ON TABLE day_close IS 'The close of a day by a unit, or by the province for the whole book. Never changed.';
COMMENT ON COLUMN day_close.id IS 'identifier inside motcua';
COMMENT ON COLUMN day_close.agency_id IS 'the unit, or the province';
COMMENT ON COLUMN day_close.day IS 'day in Việt Nam';
COMMENT ON COLUMN day_close.previous_id IS 'the close of the day before, whose hash is in the text; NULL: the first';
COMMENT ON COLUMN day_close.text IS 'the canonical text: counts, sums, balances, what was unmatched';
COMMENT ON COLUMN day_close.sha256 IS 'SHA-256 of the text in UTF-8';
COMMENT ON COLUMN day_close.closed_at IS 'when';
COMMENT ON COLUMN day_close.closed_by IS 'who, as kind:id';
CREATE INDEX day_close_day ON day_close (day);

REVOKE UPDATE, DELETE ON closed_day, day_close FROM motcua_app;
