-- Agencies of any depth, people, organisations, staff, positions, sessions.

CREATE TABLE agency (
    id uuid PRIMARY KEY,
    code text NOT NULL UNIQUE,
    long_code text NOT NULL,
    name text NOT NULL,
    short_name text NOT NULL,
    kind text NOT NULL,
    level text NOT NULL CHECK (level IN ('ministry', 'province', 'district', 'commune')),
    parent_id uuid REFERENCES agency (id),
    admin_unit_code text,
    sample boolean NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    address text NOT NULL DEFAULT '',
    serves text[] NOT NULL DEFAULT '{}',
    search text NOT NULL,
    version integer NOT NULL DEFAULT 1
);
COMMENT ON TABLE agency IS 'An agency or unit of the administration (cơ quan, đơn vị).';
COMMENT ON COLUMN agency.id IS 'identifier inside motcua';
COMMENT ON COLUMN agency.code IS 'identifier code, QCVN 102:2016 short shape, e.g. H49.22';
COMMENT ON COLUMN agency.long_code IS 'the older long shape, e.g. 000.00.22.H49';
COMMENT ON COLUMN agency.name IS 'official name';
COMMENT ON COLUMN agency.short_name IS 'name on screens';
COMMENT ON COLUMN agency.kind IS 'kind of agency, e.g. commune, one_stop_unit, commune_police';
COMMENT ON COLUMN agency.level IS 'level of administration';
COMMENT ON COLUMN agency.parent_id IS 'the agency above; NULL = root';
COMMENT ON COLUMN agency.admin_unit_code IS 'code of the administrative unit (QĐ 19/2025/QĐ-TTg), where it has one';
COMMENT ON COLUMN agency.sample IS 'true = the sub-code is invented sample data';
COMMENT ON COLUMN agency.valid_from IS 'first day it exists';
COMMENT ON COLUMN agency.valid_to IS 'last day it exists; NULL = open';
COMMENT ON COLUMN agency.address IS 'where people find it';
COMMENT ON COLUMN agency.serves IS 'codes of the administrative units whose people it serves; empty = its own';
COMMENT ON COLUMN agency.search IS 'words of code and names without diacritics, each after a space';
COMMENT ON COLUMN agency.version IS 'counts the changes; the ETag';
CREATE INDEX agency_parent ON agency (parent_id);

CREATE TABLE agency_closure (
    ancestor_id uuid NOT NULL REFERENCES agency (id),
    descendant_id uuid NOT NULL REFERENCES agency (id),
    depth integer NOT NULL,
    PRIMARY KEY (ancestor_id, descendant_id)
);
COMMENT ON TABLE agency_closure IS 'Who is above whom, at any depth, each agency above itself at depth 0.';
COMMENT ON COLUMN agency_closure.ancestor_id IS 'the agency above';
COMMENT ON COLUMN agency_closure.descendant_id IS 'the agency below';
COMMENT ON COLUMN agency_closure.depth IS 'steps between them';
CREATE INDEX agency_closure_descendant ON agency_closure (descendant_id);

CREATE TABLE person (
    id uuid PRIMARY KEY,
    identity_no text UNIQUE,
    tech_id uuid UNIQUE,
    full_name text NOT NULL,
    birth_date date,
    gender text CHECK (gender IN ('male', 'female')),
    phone text,
    email text,
    address text,
    identity_level smallint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
COMMENT ON TABLE person IS 'A citizen (công dân), known by login or by a clerk''s intake.';
COMMENT ON COLUMN person.id IS 'identifier inside motcua';
COMMENT ON COLUMN person.identity_no IS 'personal identification number, 12 digits (CCCD); NULL = foreigner or unknown';
COMMENT ON COLUMN person.tech_id IS 'TechID of the national portal; NULL until the first login';
COMMENT ON COLUMN person.full_name IS 'full name as in the identity record';
COMMENT ON COLUMN person.birth_date IS 'date of birth';
COMMENT ON COLUMN person.gender IS 'male or female';
COMMENT ON COLUMN person.phone IS 'phone number';
COMMENT ON COLUMN person.email IS 'e-mail address';
COMMENT ON COLUMN person.address IS 'address as the person gave it';
COMMENT ON COLUMN person.identity_level IS 'highest VNeID level seen at a login: 0 none, 1, 2 (NĐ 69/2024)';
COMMENT ON COLUMN person.created_at IS 'when first seen';
COMMENT ON COLUMN person.updated_at IS 'when last changed';

CREATE TABLE organisation (
    id uuid PRIMARY KEY,
    tax_no text NOT NULL UNIQUE,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('enterprise', 'household_business', 'organisation')),
    phone text,
    email text,
    address text,
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE organisation IS 'An enterprise, household business or other organisation.';
COMMENT ON COLUMN organisation.id IS 'identifier inside motcua';
COMMENT ON COLUMN organisation.tax_no IS 'tax number (MST): 10 digits, 10-3 for a branch, or the personal number of a household business''s owner';
COMMENT ON COLUMN organisation.name IS 'registered name';
COMMENT ON COLUMN organisation.kind IS 'enterprise, household business or other';
COMMENT ON COLUMN organisation.phone IS 'phone number';
COMMENT ON COLUMN organisation.email IS 'e-mail address';
COMMENT ON COLUMN organisation.address IS 'registered address';
COMMENT ON COLUMN organisation.created_at IS 'when first seen';

CREATE TABLE mandate (
    id uuid PRIMARY KEY,
    agent_id uuid NOT NULL REFERENCES person (id),
    principal_person_id uuid REFERENCES person (id),
    principal_org_id uuid REFERENCES organisation (id),
    kind text NOT NULL CHECK (kind IN ('legal_representative', 'authorised')),
    scope text[] NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    evidence text NOT NULL,
    revoked_at timestamptz,
    created_at timestamptz NOT NULL,
    CHECK ((principal_person_id IS NULL) <> (principal_org_id IS NULL)),
    CHECK (kind = 'legal_representative' OR valid_to IS NOT NULL)
);
COMMENT ON TABLE mandate IS 'Who may act for whom (người đại diện, người được ủy quyền).';
COMMENT ON COLUMN mandate.id IS 'identifier inside motcua';
COMMENT ON COLUMN mandate.agent_id IS 'who acts';
COMMENT ON COLUMN mandate.principal_person_id IS 'for this person …';
COMMENT ON COLUMN mandate.principal_org_id IS '… or for this organisation';
COMMENT ON COLUMN mandate.kind IS 'by law or by authorisation';
COMMENT ON COLUMN mandate.scope IS 'procedure codes it covers; empty = all';
COMMENT ON COLUMN mandate.valid_from IS 'first day';
COMMENT ON COLUMN mandate.valid_to IS 'last day; NULL only for a legal representative';
COMMENT ON COLUMN mandate.evidence IS 'the paper or register that shows it';
COMMENT ON COLUMN mandate.revoked_at IS 'when it was taken back';
COMMENT ON COLUMN mandate.created_at IS 'when recorded';
CREATE INDEX mandate_agent ON mandate (agent_id);
CREATE INDEX mandate_principal_person ON mandate (principal_person_id);
CREATE INDEX mandate_principal_org ON mandate (principal_org_id);

CREATE TABLE staff (
    id uuid PRIMARY KEY,
    username text NOT NULL UNIQUE,
    full_name text NOT NULL,
    password_hash text NOT NULL,
    failed_logins integer NOT NULL DEFAULT 0,
    failed_since timestamptz,
    locked_until timestamptz,
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE staff IS 'An official or employee with an account (cán bộ, công chức).';
COMMENT ON COLUMN staff.id IS 'identifier inside motcua';
COMMENT ON COLUMN staff.username IS 'login name';
COMMENT ON COLUMN staff.full_name IS 'full name';
COMMENT ON COLUMN staff.password_hash IS 'argon2id, PHC string';
COMMENT ON COLUMN staff.failed_logins IS 'attempts counted since failed_since; a right password sets it to 0';
COMMENT ON COLUMN staff.failed_since IS 'when the counted attempts began; NULL = none';
COMMENT ON COLUMN staff.locked_until IS 'no login before this time';
COMMENT ON COLUMN staff.active IS 'false = left the service';
COMMENT ON COLUMN staff.created_at IS 'when created';

CREATE TABLE position (
    id uuid PRIMARY KEY,
    staff_id uuid NOT NULL REFERENCES staff (id),
    agency_id uuid NOT NULL REFERENCES agency (id),
    role text NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    UNIQUE (staff_id, agency_id, role, valid_from)
);
COMMENT ON TABLE position IS 'What somebody is, where and when: (agency, role) with dates.';
COMMENT ON COLUMN position.id IS 'identifier inside motcua';
COMMENT ON COLUMN position.staff_id IS 'who';
COMMENT ON COLUMN position.agency_id IS 'where';
COMMENT ON COLUMN position.role IS 'one_stop_clerk, specialist, leader, cashier, agency_admin, auditor or system_admin';
COMMENT ON COLUMN position.valid_from IS 'first day';
COMMENT ON COLUMN position.valid_to IS 'last day; NULL = open';
CREATE INDEX position_agency ON position (agency_id, role);

CREATE TABLE substitution (
    id uuid PRIMARY KEY,
    absent_id uuid NOT NULL REFERENCES staff (id),
    substitute_id uuid NOT NULL REFERENCES staff (id),
    valid_from timestamptz NOT NULL,
    valid_to timestamptz NOT NULL,
    reason text NOT NULL,
    granted_by uuid NOT NULL REFERENCES staff (id),
    CHECK (valid_from < valid_to AND absent_id <> substitute_id)
);
COMMENT ON TABLE substitution IS 'Somebody acts in the positions of an absent official.';
COMMENT ON COLUMN substitution.id IS 'identifier inside motcua';
COMMENT ON COLUMN substitution.absent_id IS 'who is absent';
COMMENT ON COLUMN substitution.substitute_id IS 'who acts instead';
COMMENT ON COLUMN substitution.valid_from IS 'from this moment';
COMMENT ON COLUMN substitution.valid_to IS 'to this moment';
COMMENT ON COLUMN substitution.reason IS 'why';
COMMENT ON COLUMN substitution.granted_by IS 'who ordered it';
CREATE INDEX substitution_substitute ON substitution (substitute_id);
CREATE INDEX substitution_absent ON substitution (absent_id);
CREATE INDEX substitution_granted_by ON substitution (granted_by);

CREATE TABLE machine_client (
    id uuid PRIMARY KEY,
    client_id text NOT NULL UNIQUE,
    secret_hash text NOT NULL,
    name text NOT NULL,
    scopes text[] NOT NULL,
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE machine_client IS 'A system of a bank, ministry or province that calls the API.';
COMMENT ON COLUMN machine_client.id IS 'identifier inside motcua';
COMMENT ON COLUMN machine_client.client_id IS 'OAuth 2.0 client identifier';
COMMENT ON COLUMN machine_client.secret_hash IS 'argon2id of the client secret';
COMMENT ON COLUMN machine_client.name IS 'whose system it is';
COMMENT ON COLUMN machine_client.scopes IS 'what it may ask for';
COMMENT ON COLUMN machine_client.active IS 'false = shut out';
COMMENT ON COLUMN machine_client.created_at IS 'when created';

CREATE TABLE session (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('citizen', 'staff', 'machine')),
    subject_id uuid NOT NULL,
    identity_level smallint NOT NULL DEFAULT 0,
    scopes text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
COMMENT ON TABLE session IS 'One login. Access tokens name it, so that ending it ends them at once.';
COMMENT ON COLUMN session.id IS 'identifier inside motcua; claim sid of its tokens';
COMMENT ON COLUMN session.kind IS 'whose session';
COMMENT ON COLUMN session.subject_id IS 'the person, staff or machine client';
COMMENT ON COLUMN session.identity_level IS 'VNeID level of this login';
COMMENT ON COLUMN session.scopes IS 'scopes granted to a machine client';
COMMENT ON COLUMN session.created_at IS 'when it began';
COMMENT ON COLUMN session.expires_at IS 'when it ends by itself';
COMMENT ON COLUMN session.revoked_at IS 'when it was ended';
CREATE INDEX session_subject ON session (subject_id);
CREATE INDEX session_expires_at ON session (expires_at);

CREATE TABLE login_flow (
    state text PRIMARY KEY,
    nonce text NOT NULL,
    pkce_verifier text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE login_flow IS 'A VNeID login under way (authorization code flow with PKCE).';
COMMENT ON COLUMN login_flow.state IS 'the state parameter';
COMMENT ON COLUMN login_flow.nonce IS 'the nonce of the ID token';
COMMENT ON COLUMN login_flow.pkce_verifier IS 'the PKCE code verifier';
COMMENT ON COLUMN login_flow.created_at IS 'when it began';
COMMENT ON COLUMN login_flow.expires_at IS 'when it is forgotten';
CREATE INDEX login_flow_expires_at ON login_flow (expires_at);
