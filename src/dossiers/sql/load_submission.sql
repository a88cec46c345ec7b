-- Everything that is known of drafts when they are submitted, at one moment: the draft of this
-- owner, what was answered under the key, the unit, the version in force, the files, and what
-- the applicant holds of the kinds that can take the place of a document, but for results that
-- were not handed out (as in records/reach.rs).
-- Parameters: drafts, owners, keys, day.
SELECT wanted.nth, draft.*,
       answered.request_hash, answered.status, answered.body,
       unit.code AS unit_code, unit.name AS unit_name, unit.level AS unit_level, unit.parent_id AS unit_parent_id,
       procedure.closed_since, procedure.closed_until, procedure.closed_reason, in_force.id AS in_force_id,
       coalesce((
           SELECT jsonb_agg(to_jsonb(part) ORDER BY part.id)
             FROM (SELECT id, component, name, media_type, size, sha256
                     FROM file WHERE draft_id = draft.id AND deleted_at IS NULL) AS part
       ), '[]'::jsonb) AS files,
       CASE WHEN cardinality(draft.reuses) = 0 THEN '[]'::jsonb ELSE coalesce((
           SELECT jsonb_agg(to_jsonb(held))
             FROM (SELECT id, kind, title, issuer, number, issued_on, valid_from, valid_to, trust, standing
                     FROM record_document
                    WHERE (holder_person_id = draft.person_id OR holder_org_id = draft.org_id)
                      AND kind = ANY (draft.reuses) AND standing <> 'destroyed'
                      AND NOT (source = 'result' AND EXISTS (
                          SELECT FROM result r JOIN dossier d ON d.id = r.dossier_id
                           WHERE r.id = record_document.source_id AND d.status NOT IN (9, 10)))
                    ORDER BY issued_on DESC, id DESC LIMIT 100) AS held
       ), '[]'::jsonb) END AS held
  FROM unnest(?, ?, ?) WITH ORDINALITY AS wanted (draft_id, owner, key, nth)
  JOIN draft ON draft.id = wanted.draft_id AND draft.owner = wanted.owner
  JOIN agency unit ON unit.id = draft.unit_id
  JOIN procedure ON procedure.code = draft.procedure_code
  LEFT JOIN LATERAL (
       SELECT id FROM procedure_version
        WHERE procedure_code = procedure.code AND effective_from <= ?
        ORDER BY effective_from DESC, version DESC LIMIT 1
  ) AS in_force ON true
  LEFT JOIN idempotency_key answered ON answered.actor = wanted.owner AND answered.key = wanted.key
