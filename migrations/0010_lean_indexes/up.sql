-- Every dossier writes every index, at each of its steps: those that hold little but NULL
-- take no NULL, and one serves the worklist and the foreign key.
DROP INDEX dossier_worklist;
DROP INDEX dossier_holder;
CREATE INDEX dossier_worklist ON dossier (holder_unit_id, due_at, id) WHERE holder_unit_id IS NOT NULL;
DROP INDEX dossier_assignee;
DROP INDEX dossier_assigned;
CREATE INDEX dossier_assignee ON dossier (assignee_id, due_at, id) WHERE assignee_id IS NOT NULL;
DROP INDEX dossier_org;
CREATE INDEX dossier_org ON dossier (applicant_org_id, submitted_at) WHERE applicant_org_id IS NOT NULL;
