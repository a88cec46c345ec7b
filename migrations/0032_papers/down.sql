ALTER TABLE component DROP COLUMN paper;
