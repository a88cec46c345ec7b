-- Drafts {from} to {to}, complete, each with one file, spread over citizens and units.
INSERT INTO draft (id, owner, procedure_code, version_id, channel, unit_id, acting_for, applicant, person_id,
                   answers, papers, return_by, version, created_at, updated_at)
SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'citizen:' || person.id,
       procedure.code, procedure.current_version_id, 'online', unit.id, '{"kind": "own"}',
       jsonb_build_object('kind', 'citizen', 'name', person.full_name, 'identity_no', person.identity_no,
                          'subjects', '[]'::jsonb),
       person.id, $json${answers}$json$, '{}', 'online', 1, now(), now()
  FROM generate_series({from}, {to}) AS n
  JOIN procedure ON procedure.code = '{procedure}'
  JOIN bench_unit AS unit ON unit.nth = n % {units}
  JOIN person ON person.id = ('00000000-0000-7000-a000-' || lpad(to_hex(n % {citizens} + 1), 12, '0'))::uuid;

INSERT INTO file (id, draft_id, component, purpose, name, media_type, size, sha256, storage_key, uploaded_by,
                  uploaded_at)
SELECT ('00000000-0000-7000-8100-' || lpad(to_hex(n), 12, '0'))::uuid,
       ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
       '{component}', 'component', 'giay-chung-sinh.pdf', 'application/pdf', 40000,
       md5(n::text) || md5('b' || n), 'bench/' || n, 'bench:', now()
  FROM generate_series({from}, {to}) AS n;
