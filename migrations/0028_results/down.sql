DROP TABLE result_event;
DROP TABLE result;
DROP TABLE result_series;
DROP FUNCTION result_stands();
