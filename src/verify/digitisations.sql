-- What is wrong with digitisations and their records; nothing where all is well.
SELECT format('digitisation record %s of %s: its hash is not that of its text', s.number, a.code) AS line
  FROM digitisation_seal s JOIN agency a ON a.id = s.unit_id
 WHERE s.sha256 <> sha256(convert_to(s.text, 'UTF8'))
UNION ALL
SELECT format('digitisation record %s of %s: it does not follow the one before', s.number, a.code)
  FROM (SELECT *, lag(sha256) OVER unit AS previous, row_number() OVER unit AS place
          FROM digitisation_seal WINDOW unit AS (PARTITION BY unit_id ORDER BY number)) s
  JOIN agency a ON a.id = s.unit_id
 WHERE s.number <> s.place
    OR split_part(s.text, E'\n', 4) <> 'previous|' || coalesce(encode(s.previous, 'hex'), '')
UNION ALL
SELECT format('digitisation record %s of %s: it is about something else than its digitisation', s.number, a.code)
  FROM digitisation_seal s
  JOIN agency a ON a.id = s.unit_id
  JOIN digitisation g ON g.id = s.digitisation_id
  JOIN dossier d ON d.id = g.dossier_id
  JOIN file f ON f.id = g.file_id
 WHERE g.sha256 <> f.sha256 OR f.dossier_id IS DISTINCT FROM g.dossier_id
    OR starts_with(s.text, format(E'motcua digitisation 1\nunit|%s\nnumber|%s\nprevious|%s\ndigitisation|%s\ndossier|%s\ncomponent|%s|%s\nfile|%s\nclerk|%s|',
           a.code, s.number, split_part(split_part(s.text, E'\n', 4), '|', 2), g.id, d.code, g.code, g.ordinal,
           g.sha256, s.sealed_by)) IS FALSE
UNION ALL
SELECT format('digitisation %s: it is %s and has %s records', g.id, g.state,
              (SELECT count(*) FROM digitisation_seal s WHERE s.digitisation_id = g.id))
  FROM digitisation g
 WHERE (g.state = 'signed') <> EXISTS (SELECT 1 FROM digitisation_seal s WHERE s.digitisation_id = g.id)
UNION ALL
SELECT format('component %s of %s: its digitisation is not a signed one of it', c.code, d.code)
  FROM component c
  JOIN dossier d ON d.id = c.dossier_id
  JOIN digitisation g ON g.id = c.digitisation_id
 WHERE g.state <> 'signed' OR (g.dossier_id, g.code, g.ordinal) <> (c.dossier_id, c.code, c.ordinal)
UNION ALL
SELECT format('component %s of %s: it was signed and shows no digitisation', c.code, d.code)
  FROM component c
  JOIN dossier d ON d.id = c.dossier_id
 WHERE c.digitisation_id IS NULL
   AND EXISTS (SELECT 1 FROM digitisation g
                WHERE (g.dossier_id, g.code, g.ordinal) = (c.dossier_id, c.code, c.ordinal) AND g.state = 'signed')
 ORDER BY line
