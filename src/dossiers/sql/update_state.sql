UPDATE dossier
   SET seq = ?, answers = ?, marking = ?, status = ?, handling_unit_id = ?, holder_unit_id = ?, holder_role = ?,
       assignee_id = ?, clock_started_at = ?, due_at = ?, paused_since = ?, late_at = ?, closed_at = ?, progress = ?
 WHERE id = ?
