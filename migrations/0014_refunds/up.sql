-- Money that settled no order (gateway_payment, outcome other than settled) waits until it is
-- applied to what a dossier owes, or given back. A refund gives money back, in whole or in part.

CREATE TABLE suspense_application (
    id uuid PRIMARY KEY,
    payment_id uuid NOT NULL REFERENCES gateway_payment (id),
    dossier_id uuid NOT NULL REFERENCES dossier (id) DEFERRABLE INITIALLY DEFERRED,
    amount bigint NOT NULL CHECK (amount > 0),
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    applied_at timestamptz NOT NULL,
    applied_by text NOT NULL
);
COMMENT ON TABLE suspense_application IS 'Money that settled no order, counted as paid for a dossier by a person''s decision.';
COMMENT ON COLUMN suspense_application.id IS 'identifier inside motcua';
COMMENT ON COLUMN suspense_application.payment_id IS 'the money';
COMMENT ON COLUMN suspense_application.dossier_id IS 'the dossier that owed it';
COMMENT ON COLUMN suspense_application.amount IS 'đồng';
COMMENT ON COLUMN suspense_application.reason IS 'why, in the words of who decided';
COMMENT ON COLUMN suspense_application.applied_at IS 'when';
COMMENT ON COLUMN suspense_application.applied_by IS 'who, as kind:id';
CREATE INDEX suspense_application_payment ON suspense_application (payment_id);
CREATE INDEX suspense_application_dossier ON suspense_application (dossier_id);

CREATE INDEX gateway_payment_unsettled ON gateway_payment (id) WHERE outcome <> 'settled';

CREATE TABLE refund (
    id uuid PRIMARY KEY,
    payment_id uuid NOT NULL REFERENCES gateway_payment (id),
    dossier_id uuid REFERENCES dossier (id) DEFERRABLE INITIALLY DEFERRED,
    amount bigint NOT NULL CHECK (amount > 0),
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    state text NOT NULL CHECK (state IN ('requested', 'pending', 'succeeded', 'failed')),
    requested_at timestamptz NOT NULL,
    requested_by text NOT NULL,
    ended_at timestamptz,
    CHECK ((state IN ('succeeded', 'failed')) = (ended_at IS NOT NULL))
);
COMMENT ON TABLE refund IS 'Money that is given back out of one payment.';
COMMENT ON COLUMN refund.id IS 'identifier inside motcua';
COMMENT ON COLUMN refund.payment_id IS 'the payment it is given back from, by the way it came';
COMMENT ON COLUMN refund.dossier_id IS 'the dossier it had paid for; NULL: it never paid for anything';
COMMENT ON COLUMN refund.amount IS 'đồng';
COMMENT ON COLUMN refund.reason IS 'why';
COMMENT ON COLUMN refund.state IS 'requested → pending (the gateway is told) → succeeded or failed; a failed one is owed on, and may be requested again';
COMMENT ON COLUMN refund.requested_at IS 'when it was first requested';
COMMENT ON COLUMN refund.requested_by IS 'who, as kind:id';
COMMENT ON COLUMN refund.ended_at IS 'when the gateway gave its word';
CREATE INDEX refund_payment ON refund (payment_id);
CREATE INDEX refund_dossier ON refund (dossier_id) WHERE dossier_id IS NOT NULL;

CREATE TABLE refund_line (
    refund_id uuid NOT NULL REFERENCES refund (id),
    charge_id uuid NOT NULL REFERENCES charge (id),
    amount bigint NOT NULL CHECK (amount > 0),
    PRIMARY KEY (refund_id, charge_id)
);
COMMENT ON TABLE refund_line IS 'Which charges a refund gives back, and how much of each.';
COMMENT ON COLUMN refund_line.refund_id IS 'the refund';
COMMENT ON COLUMN refund_line.charge_id IS 'the charge';
COMMENT ON COLUMN refund_line.amount IS 'đồng';
CREATE INDEX refund_line_charge ON refund_line (charge_id);

CREATE TABLE refund_attempt (
    id uuid PRIMARY KEY,
    refund_id uuid NOT NULL REFERENCES refund (id),
    number integer NOT NULL CHECK (number > 0),
    reference text NOT NULL UNIQUE CHECK (length(reference) BETWEEN 1 AND 20),
    state text NOT NULL CHECK (state IN ('requested', 'pending', 'succeeded', 'failed')),
    begun_at timestamptz NOT NULL,
    asked integer NOT NULL DEFAULT 0,
    ask_at timestamptz,
    UNIQUE (refund_id, number)
);
COMMENT ON TABLE refund_attempt IS 'One try of a refund at its gateway, which knows it by the reference: told again, it is the same try.';
COMMENT ON COLUMN refund_attempt.id IS 'identifier inside motcua';
COMMENT ON COLUMN refund_attempt.refund_id IS 'the refund';
COMMENT ON COLUMN refund_attempt.number IS '1, 2, 3 …: another one only after the one before has failed';
COMMENT ON COLUMN refund_attempt.reference IS 'our number of it at the gateway';
COMMENT ON COLUMN refund_attempt.state IS 'as the refund''s';
COMMENT ON COLUMN refund_attempt.begun_at IS 'when it was requested';
COMMENT ON COLUMN refund_attempt.asked IS 'how often the gateway was asked what became of it';
COMMENT ON COLUMN refund_attempt.ask_at IS 'when to ask next; NULL = not';
CREATE INDEX refund_attempt_ask ON refund_attempt (ask_at) WHERE state = 'pending';
