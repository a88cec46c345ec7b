-- Accounts are made in one order by everybody, so that two bookings never wait for each other.
WITH named AS (
    INSERT INTO account (id, kind, owner, created_at)
    SELECT DISTINCT ON (id) id, kind, owner, ?::timestamptz
      FROM unnest(?, ?, ?) AS named (id, kind, owner) ORDER BY id
    ON CONFLICT DO NOTHING
), written AS (
    INSERT INTO transfer (id, kind, cause_kind, cause_id, dossier_id, order_id, reason, day, booked_at, actor)
    SELECT id, kind, cause_kind, cause_id, dossier_id, order_id, reason, (SELECT open_day(?)), ?, ?
      FROM unnest(?, ?, ?, ?, ?, ?, ?)
        AS booked (id, kind, cause_kind, cause_id, dossier_id, order_id, reason)
    ON CONFLICT (cause_kind, cause_id) DO NOTHING
    RETURNING id
)
INSERT INTO posting (transfer_id, line, account_id, side, amount)
SELECT line.transfer_id, line.line, line.account_id, line.side, line.amount
  FROM unnest(?, ?, ?, ?, ?) AS line (transfer_id, line, account_id, side, amount)
  JOIN written ON written.id = line.transfer_id
