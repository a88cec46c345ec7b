DROP INDEX dossier_worklist;
DROP INDEX dossier_assignee;
DROP INDEX dossier_org;
CREATE INDEX dossier_worklist ON dossier (holder_unit_id, due_at, id) WHERE closed_at IS NULL;
CREATE INDEX dossier_holder ON dossier (holder_unit_id);
CREATE INDEX dossier_assignee ON dossier (assignee_id, due_at, id) WHERE closed_at IS NULL;
CREATE INDEX dossier_assigned ON dossier (assignee_id);
CREATE INDEX dossier_org ON dossier (applicant_org_id, submitted_at);
