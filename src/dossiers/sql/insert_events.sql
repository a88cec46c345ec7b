INSERT INTO dossier_event (dossier_id, seq, at, actor, actor_name, on_behalf_of, action, from_steps, to_steps, status, note, detail, changes)
SELECT dossier_id, seq, at, actor, actor_name, on_behalf_of, action,
       string_to_array(from_steps, ' '), string_to_array(to_steps, ' '), status, note, detail, changes
  FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    AS event (dossier_id, seq, at, actor, actor_name, on_behalf_of, action, from_steps, to_steps, status, note, detail, changes)
