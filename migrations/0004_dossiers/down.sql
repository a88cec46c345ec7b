DROP TABLE file;
DROP TABLE dossier_unit;
DROP TABLE dossier_event;
DROP TABLE dossier;
DROP TABLE dossier_number;
DROP TABLE draft;
