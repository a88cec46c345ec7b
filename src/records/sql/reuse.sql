-- What filings reuse, as long as it counts; the rows stay as they are until the commit.
-- Parameters: ids of the uses, dossiers, units, components, documents, actors, names, purposes;
-- now, now.
WITH wanted AS (
    SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?, ?)
        AS wanted (id, dossier_id, unit_id, component, document_id, actor, actor_name, purpose)
), counting AS (
    SELECT id FROM record_document
     WHERE id IN (SELECT document_id FROM wanted) AND standing = 'valid'
     ORDER BY id FOR SHARE
), good AS (
    SELECT wanted.* FROM wanted JOIN counting ON counting.id = wanted.document_id
), noted AS (
    INSERT INTO record_use (id, document_id, at, act, actor, actor_name, unit_id, dossier_id, purpose)
    SELECT id, document_id, ?, 'reused', actor, actor_name, unit_id, dossier_id, purpose FROM good
), reused AS (
    INSERT INTO record_reuse (dossier_id, component, document_id, at)
    SELECT dossier_id, component, document_id, ? FROM good RETURNING 1
)
SELECT count(*) AS reused FROM reused
