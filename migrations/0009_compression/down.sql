-- How values are compressed changes nothing of what they are: nothing to take back.
SELECT 1;
