-- A fee of the procedure is one line of a dossier: how often it counts (pages, copies) is in
-- its amount. Written a second time, it would be asked for twice.
ALTER TABLE charge ADD CONSTRAINT charge_once UNIQUE (dossier_id, fee_code);
-- The constraint's index begins with the dossier and serves what this one did.
DROP INDEX charge_dossier;
