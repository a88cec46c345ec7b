DROP TABLE day_close;
DROP TRIGGER transfer_day_is_open ON transfer;
DROP FUNCTION transfer_day_is_open();
DROP FUNCTION open_day(date);
DROP FUNCTION wait_for_bookings();
DROP TABLE closed_day;
COMMENT ON COLUMN transfer.day IS 'day of booking in Việt Nam: of its arrival, whenever it happened';
