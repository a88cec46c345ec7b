CREATE INDEX charge_dossier ON charge (dossier_id);
ALTER TABLE charge DROP CONSTRAINT charge_once;
