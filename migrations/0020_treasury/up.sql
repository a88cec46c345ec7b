-- The treasury's statement (sao kê của Kho bạc): what came to its account, for which gateway and day.

CREATE TABLE treasury_line (
    id uuid PRIMARY KEY,
    treasury text NOT NULL CHECK (treasury ~ '^[A-Za-z0-9.-]{1,30}$'),
    number text NOT NULL CHECK (length(number) BETWEEN 1 AND 100),
    credited_on date NOT NULL,
    amount bigint NOT NULL CHECK (amount BETWEEN 1 AND 1000000000000),
    gateway text NOT NULL CHECK (length(gateway) <= 30),
    day date,
    unit_id uuid REFERENCES agency (id),
    content text NOT NULL,
    told_at timestamptz NOT NULL,
    told_by text NOT NULL,
    UNIQUE (treasury, number),
    CHECK ((gateway = '') = (day IS NULL))
);
COMMENT ON TABLE treasury_line IS 'A credit on the statement of the treasury''s account, once for each of its numbers. Never changed.';
COMMENT ON COLUMN treasury_line.id IS 'identifier inside motcua';
COMMENT ON COLUMN treasury_line.treasury IS 'code of the account';
COMMENT ON COLUMN treasury_line.number IS 'number of the line on the statement';
COMMENT ON COLUMN treasury_line.credited_on IS 'day in Việt Nam on which it came';
COMMENT ON COLUMN treasury_line.amount IS 'đồng';
COMMENT ON COLUMN treasury_line.gateway IS 'the gateway whose money it is; empty: nobody knows, and it is not booked';
COMMENT ON COLUMN treasury_line.day IS 'the day whose money it is';
COMMENT ON COLUMN treasury_line.unit_id IS 'the unit whose money it is, where it came for one';
COMMENT ON COLUMN treasury_line.content IS 'what the sender wrote with it';
COMMENT ON COLUMN treasury_line.told_at IS 'when we first heard of it';
COMMENT ON COLUMN treasury_line.told_by IS 'from whom, as kind:id';
CREATE INDEX treasury_line_day ON treasury_line (gateway, day);
CREATE INDEX treasury_line_unit ON treasury_line (unit_id);
COMMENT ON COLUMN transfer.cause_id IS 'the row that the fact is about: a charge, an order, a suspense item, a refund or an attempt at it, a line of the treasury''s statement';

REVOKE UPDATE, DELETE ON treasury_line FROM motcua_app;
