-- Where people file: the one-stop units of the communes, numbered from zero.
CREATE VIEW bench_unit AS
SELECT id, code, parent_id, row_number() OVER (ORDER BY code) - 1 AS nth
  FROM agency WHERE kind = 'one_stop_unit' AND level = 'commune';

-- Citizens who file, and for every commune's one-stop unit a clerk.
INSERT INTO person (id, identity_no, full_name, identity_level, created_at, updated_at)
SELECT ('00000000-0000-7000-a000-' || lpad(to_hex(n), 12, '0'))::uuid,
       '022090' || lpad(n::text, 6, '0'), 'Nguyễn Văn ' || n, 2, now(), now()
  FROM generate_series(1, {citizens}) AS n;

INSERT INTO staff (id, username, full_name, password_hash, created_at)
SELECT ('00000000-0000-7000-b000-' || lpad(to_hex(nth + 1), 12, '0'))::uuid,
       'bench.' || code, 'Cán bộ ' || code, '-', now()
  FROM bench_unit;

INSERT INTO position (id, staff_id, agency_id, role, valid_from)
SELECT gen_random_uuid(), staff.id, agency.id, 'one_stop_clerk', '2025-07-01'
  FROM staff JOIN agency ON staff.username = 'bench.' || agency.code;
