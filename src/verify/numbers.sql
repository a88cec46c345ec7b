-- Units and days whose dossier numbers are not exactly 1, 2, … up to the last one given.
WITH given AS (
    SELECT receiving_unit_id AS unit_id,
           split_part(code, '-', 2) AS day,
           split_part(code, '-', 3)::integer AS number
      FROM dossier
), counted AS (
    SELECT unit_id, day, count(*) AS dossiers, count(DISTINCT number) AS numbers,
           min(number) AS first, max(number) AS last
      FROM given GROUP BY unit_id, day
), taken AS (
    SELECT unit_id, to_char(day, 'YYMMDD') AS day, last FROM dossier_number
)
SELECT format('numbers of %s on %s: %s dossiers with %s numbers from %s to %s, last given %s',
              coalesce(agency.code, unit_id::text), day, coalesce(dossiers, 0), coalesce(numbers, 0),
              coalesce(first, 0), coalesce(counted.last, 0), coalesce(taken.last, 0)) AS line
  FROM counted FULL JOIN taken USING (unit_id, day)
  LEFT JOIN agency ON agency.id = unit_id
 WHERE first IS DISTINCT FROM 1
    OR dossiers IS DISTINCT FROM taken.last
    OR numbers IS DISTINCT FROM taken.last
    OR counted.last IS DISTINCT FROM taken.last
 ORDER BY 1
 LIMIT 1000
