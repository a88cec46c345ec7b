-- Documents of an agency whose time of keeping is over: with the rule, and whether something
-- still needs them. Parameters: codes, kinds, years, days to count from and clauses of the rules
-- that destroy, all beginnings of kinds, agency, only these documents (or all), today, spared
-- ones too, how many.
SELECT document.id, document.kind, document.title, document.issuer, document.number, rule.code AS rule,
       rule.legal_basis, due.day AS due_on, file.id AS file_id, file.sha256, file.size, file.storage_key,
       spared.hold, spared.open_dossier
  FROM record_document document
  JOIN unnest(?, ?, ?, ?, ?) AS rule (code, kinds, years, counted_from, legal_basis)
    ON rule.kinds = (SELECT beginning FROM unnest(?) AS beginning
                      WHERE starts_with(document.kind, beginning)
                      ORDER BY length(beginning) DESC LIMIT 1)
 CROSS JOIN LATERAL (
       SELECT (CASE rule.counted_from
                    WHEN 'issued_on' THEN document.issued_on
                    WHEN 'valid_to' THEN document.valid_to
                    ELSE (document.taken_in_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
               END + make_interval(years => rule.years))::date + 1 AS day
  ) AS due
  LEFT JOIN file ON file.id = document.file_id AND file.deleted_at IS NULL
 CROSS JOIN LATERAL (
       SELECT EXISTS (SELECT FROM record_hold hold
                       WHERE hold.document_id = document.id AND hold.lifted_at IS NULL) AS hold,
              EXISTS (SELECT FROM record_reuse used JOIN dossier ON dossier.id = used.dossier_id
                       WHERE used.document_id = document.id AND dossier.closed_at IS NULL)
              OR EXISTS (SELECT FROM record_share share JOIN dossier ON dossier.id = share.dossier_id
                          WHERE share.document_id = document.id AND share.revoked_at IS NULL
                            AND dossier.closed_at IS NULL)
              OR EXISTS (SELECT FROM dossier
                          WHERE dossier.id = file.dossier_id AND dossier.closed_at IS NULL) AS open_dossier
  ) AS spared
 WHERE document.keeper_id = ? AND document.standing <> 'destroyed'
   AND (?::uuid[] IS NULL OR document.id = ANY (?))
   AND due.day <= ? AND (? OR NOT (spared.hold OR spared.open_dossier))
 ORDER BY document.id LIMIT ?
