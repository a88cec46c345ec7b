DROP TABLE tax_slip;
DROP TABLE message;
DROP TABLE dossier_sync;
