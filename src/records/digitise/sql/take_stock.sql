WITH came AS (
    SELECT *
      FROM unnest(?, ?, ?, ?, ?, ?, ?) AS came (dossier_id, unit_id, code, origin, files, must, scan_id)
), taken AS (
    INSERT INTO component (dossier_id, code, ordinal, unit_id, origin, files, must, received_at)
    SELECT dossier_id, code, 1, unit_id, origin, string_to_array(files, ' ')::uuid[], must, ?
      FROM came
    ON CONFLICT DO NOTHING
    RETURNING dossier_id, code, ordinal
)
INSERT INTO digitisation (id, dossier_id, code, ordinal, file_id, sha256, state, scanned_by, scanned_at)
SELECT came.scan_id, taken.dossier_id, taken.code, taken.ordinal, file.id, file.sha256, 'scanned',
       file.uploaded_by, file.uploaded_at
  FROM taken
  JOIN came ON came.dossier_id = taken.dossier_id AND came.code = taken.code
  JOIN file ON file.id = CASE WHEN came.scan_id IS NOT NULL THEN came.files::uuid END
