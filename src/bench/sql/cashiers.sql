-- The clerks of the one-stop units are their cashiers, too.
INSERT INTO position (id, staff_id, agency_id, role, valid_from)
SELECT gen_random_uuid(), staff.id, agency.id, 'cashier', '2025-07-01'
  FROM staff JOIN agency ON staff.username = 'bench.' || agency.code;
