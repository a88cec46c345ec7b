-- What rests after a failure is tried again now.
UPDATE job SET run_at = now() WHERE run_at > now() AND state = 'waiting' AND attempts < 12;
