-- Dossiers {from} to {to}: in every unit a backlog in many steps, and a growing past that is closed.
INSERT INTO dossier (id, code, tracking_secret, version_id, procedure_code, case_code, channel, applicant,
                     applicant_person_id, filed_by, return_by, answers, receiving_unit_id, submitted_at, receipt, seq,
                     marking, status, handling_unit_id, holder_unit_id, holder_role, clock_started_at, due_at, late_at,
                     closed_at, progress)
SELECT ('00000000-0000-7000-9100-' || lpad(to_hex(n), 12, '0'))::uuid,
       unit.code || '-' || to_char(now() - age, 'YYMMDD') || '-' || lpad(n::text, 7, '0'),
       md5(n::text), template.version_id, template.procedure_code, template.case_code, template.channel,
       template.applicant, person.id, 'citizen:' || person.id, template.return_by, template.answers, unit.id,
       now() - age, template.receipt, CASE WHEN open THEN 1 + turn ELSE 6 END,
       CASE WHEN NOT open THEN '{returned}'::text[] WHEN turn = 0 THEN '{submitted}'
            WHEN turn = 1 THEN '{received}' ELSE '{processing}' END,
       CASE WHEN NOT open THEN 10 WHEN turn = 0 THEN 1 WHEN turn = 1 THEN 2 ELSE 4 END,
       unit.parent_id,
       CASE WHEN NOT open THEN NULL WHEN turn < 2 THEN unit.id ELSE unit.parent_id END,
       CASE WHEN NOT open THEN NULL WHEN turn < 2 THEN 'one_stop_clerk' ELSE 'specialist' END,
       CASE WHEN open AND turn = 0 THEN NULL ELSE now() - age END,
       now() - age + interval '5 days',
       CASE WHEN age > interval '5 days' AND n % 11 = 0 THEN now() - age + interval '5 days' END,
       CASE WHEN NOT open THEN now() - age + interval '2 days' END,
       template.progress
  FROM (SELECT n, n / {units} AS nth, (n * 7919) % 3 AS turn, {all_new} OR n / {units} < 100 OR n % 97 < 8 AS open
          FROM generate_series({from}::bigint, {to}) AS n) AS made
 CROSS JOIN LATERAL (SELECT CASE WHEN open THEN (n * 104729) % 8 ELSE 3 + (n * 104729) % 700 END * interval '1 day'
                            + (n * 15485863 % 86400) * interval '1 second' AS age) AS aged
 CROSS JOIN (SELECT * FROM dossier WHERE status = 1 ORDER BY id DESC LIMIT 1) AS template
  JOIN bench_unit AS unit ON unit.nth = n % {units}
  JOIN person ON person.id = ('00000000-0000-7000-a000-' || lpad(to_hex(n % {citizens} + 1), 12, '0'))::uuid;
