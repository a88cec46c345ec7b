-- Drafts that were submitted to nowhere, and dossiers that two drafts became.
SELECT format('draft %s: its dossier %s does not exist', draft.id, draft.dossier_id) AS line
  FROM draft
 WHERE draft.dossier_id IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM dossier WHERE dossier.id = draft.dossier_id)
UNION ALL
SELECT format('dossier %s: %s drafts became it', dossier_id, count(*))
  FROM draft
 WHERE dossier_id IS NOT NULL
 GROUP BY dossier_id
HAVING count(*) > 1
UNION ALL
SELECT format('file %s: its draft %s became another dossier', file.id, draft.id)
  FROM file JOIN draft ON draft.id = file.draft_id
 WHERE file.deleted_at IS NULL AND file.dossier_id IS DISTINCT FROM draft.dossier_id
 LIMIT 1000
