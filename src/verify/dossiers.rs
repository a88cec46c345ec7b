//! Dossiers: the row is the fold of its history, histories and numbers have no gaps.

use std::collections::BTreeMap;

use diesel::prelude::*;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{PAGE, Report, report_lines};
use crate::db::Db;
use crate::db::schema::{dossier, dossier_event};
use crate::dossiers::row::DossierRow;
use crate::dossiers::state::State;
use crate::error::Result;

/// An event, as far as the fold needs it.
#[derive(Debug, Clone)]
pub struct Step {
    pub seq: i32,
    pub status: i16,
    pub changes: Value,
}

pub(super) fn check(db: &Db, report: &mut Report) -> Result<()> {
    let mut after = Uuid::nil();
    loop {
        let (rows, mut steps) = db.read_blocking(|conn| {
            conn.build_transaction().repeatable_read().read_only().run(|conn| page(conn, after))
        })?;
        let Some(last) = rows.last() else { break };
        after = last.id;
        for row in rows {
            let history = steps.remove(&row.id).unwrap_or_default();
            report.dossiers += 1;
            for difference in differences(&row, &history) {
                report.difference(&format!("dossier {}: {difference}", row.code));
            }
        }
    }
    report_lines(db, report, include_str!("numbers.sql"))?;
    report_lines(db, report, include_str!("drafts.sql"))
}

type Page = (Vec<DossierRow>, BTreeMap<Uuid, Vec<Step>>);

fn page(conn: &mut PgConnection, after: Uuid) -> Result<Page> {
    let rows: Vec<DossierRow> = dossier::table
        .filter(dossier::id.gt(after))
        .order(dossier::id)
        .limit(PAGE as i64)
        .select(DossierRow::as_select())
        .load(conn)?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let events: Vec<(Uuid, i32, i16, Value)> = dossier_event::table
        .filter(dossier_event::dossier_id.eq_any(ids))
        .order((dossier_event::dossier_id, dossier_event::seq))
        .select((
            dossier_event::dossier_id,
            dossier_event::seq,
            dossier_event::status,
            dossier_event::changes,
        ))
        .load(conn)?;
    let mut steps: BTreeMap<Uuid, Vec<Step>> = BTreeMap::new();
    for (id, seq, status, changes) in events {
        steps.entry(id).or_default().push(Step { seq, status, changes });
    }
    Ok((rows, steps))
}

/// How a row differs from its history.
fn differences(row: &DossierRow, history: &[Step]) -> Vec<String> {
    let mut found = Vec::new();
    if let Some((expected, step)) = (1..).zip(history).find(|(expected, step)| step.seq != *expected) {
        found.push(format!("event {expected} is missing, {} follows", step.seq));
    }
    let last = history.last();
    if last.map(|step| step.seq) != Some(row.seq) {
        found.push(format!("the row is at event {}, the history ends at {:?}", row.seq, last.map(|s| s.seq)));
    }
    if last.is_some_and(|step| step.status != row.status) {
        found.push(format!("status {} is not that of the last event", row.status));
    }
    match fold(row, history) {
        Ok(fields) if fields.is_empty() => {}
        Ok(fields) => found.push(format!("differs from its history in {}", fields.join(", "))),
        Err(error) => found.push(format!("cannot be read: {error}")),
    }
    found
}

/// The fields in which the row differs from the fold of its events.
fn fold(row: &DossierRow, history: &[Step]) -> Result<Vec<String>> {
    let changes = history.iter().map(|step| match &step.changes {
        Value::Object(fields) => fields.clone(),
        _ => Map::new(),
    });
    let Some(folded) = State::replay(changes)? else { return Ok(vec!["everything: it has none".to_owned()]) };
    Ok(row.state()?.changes_since(&folded)?.into_iter().map(|(field, _)| field).collect())
}
