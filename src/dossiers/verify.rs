//! Is every dossier what its history says? For tests and for whoever doubts.

use std::collections::HashMap;

use diesel::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use super::row::DossierRow;
use super::state::State;
use crate::db::schema::{dossier, dossier_event};
use crate::error::Result;

/// Dossiers read at a time.
const PAGE: i64 = 200;

/// The codes of dossiers whose row is not the fold of their events, or whose version is not
/// the number of their last event.
pub fn unlike_their_history(conn: &mut PgConnection) -> Result<Vec<String>> {
    let (mut unlike, mut after) = (Vec::new(), Uuid::nil());
    loop {
        let rows: Vec<DossierRow> = dossier::table
            .filter(dossier::id.gt(after))
            .order(dossier::id)
            .limit(PAGE)
            .select(DossierRow::as_select())
            .load(conn)?;
        let Some(last) = rows.last() else { return Ok(unlike) };
        after = last.id;
        let mut histories = histories(conn, &rows)?;
        for row in rows {
            let history = histories.remove(&row.id).unwrap_or_default();
            if !follows(&row, history)? {
                unlike.push(row.code);
            }
        }
    }
}

type History = Vec<(i32, Value)>;

fn histories(conn: &mut PgConnection, rows: &[DossierRow]) -> Result<HashMap<Uuid, History>> {
    let events: Vec<(Uuid, i32, Value)> = dossier_event::table
        .filter(dossier_event::dossier_id.eq_any(rows.iter().map(|row| row.id)))
        .order((dossier_event::dossier_id, dossier_event::seq))
        .select((dossier_event::dossier_id, dossier_event::seq, dossier_event::changes))
        .load(conn)?;
    let mut histories: HashMap<Uuid, History> = HashMap::new();
    for (id, seq, changes) in events {
        histories.entry(id).or_default().push((seq, changes));
    }
    Ok(histories)
}

/// The events are numbered 1, 2, 3 … up to the row's version, and their fold is the row.
fn follows(row: &DossierRow, history: History) -> Result<bool> {
    let numbered = history.iter().map(|(seq, _)| *seq).eq(1..=row.seq);
    let changes = history.into_iter().map(|(_, changes)| match changes {
        Value::Object(changes) => changes,
        _ => serde_json::Map::new(),
    });
    Ok(numbered && State::replay(changes)? == Some(row.state()?))
}
