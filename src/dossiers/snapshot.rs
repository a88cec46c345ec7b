//! A dossier as one event left it, for the documents about that event.
//!
//! What was filed never changes, the rest is the history up to the event: so a form that is
//! made late says what was so when it was needed.

use std::sync::Arc;

use diesel::prelude::*;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::filing::Applicant;
use super::plan::DossierJob;
use super::receipt::Receipt;
use super::row::DossierRow;
use super::state::State;
use crate::app::App;
use crate::catalogue::Version;
use crate::db::schema::{dossier, dossier_event, file};
use crate::db::to_sql;
use crate::error::Result;
use crate::forms::Issuer;
use crate::workflow::Action;

/// One line of the history.
pub struct Line {
    pub at: Timestamp,
    pub by: String,
    /// `None`: the submission.
    pub action: Option<Action>,
    /// Steps that were active after it.
    pub to: Vec<String>,
    pub note: String,
    pub detail: Value,
    /// When the dossier was due, as the event left it.
    pub due_at: Timestamp,
}

/// The dossier as it was.
pub struct Snapshot {
    pub code: String,
    pub row: DossierRow,
    pub version: Arc<Version>,
    pub applicant: Applicant,
    pub receipt: Receipt,
    pub state: State,
    /// All events up to this one, which is the last.
    pub lines: Vec<Line>,
    /// Files of the applicant that were there: component and name.
    pub files: Vec<(String, String)>,
    pub receiving: Issuer,
    pub handling: Issuer,
}

type EventColumns = (jiff_diesel::Timestamp, String, String, Vec<String>, String, Value, Value);

/// The dossier as that event left it.
pub fn at(app: &App, conn: &mut PgConnection, job: DossierJob) -> Result<Snapshot> {
    let row: DossierRow = dossier::table.find(job.dossier_id).select(DossierRow::as_select()).first(conn)?;
    let events: Vec<EventColumns> = dossier_event::table
        .filter(dossier_event::dossier_id.eq(job.dossier_id))
        .filter(dossier_event::seq.le(job.seq))
        .order(dossier_event::seq)
        .select((
            dossier_event::at,
            dossier_event::actor_name,
            dossier_event::action,
            dossier_event::to_steps,
            dossier_event::note,
            dossier_event::detail,
            dossier_event::changes,
        ))
        .load(conn)?;
    let (lines, state) = replayed(events)?;
    let moment = lines.last().map_or(row.submitted_at, |line| to_sql(line.at));
    let files = file::table
        .filter(file::dossier_id.eq(row.id))
        .filter(file::purpose.eq_any(["component", "supplement"]))
        .filter(file::deleted_at.is_null())
        .filter(file::uploaded_at.le(moment))
        .order(file::id)
        .select((file::component, file::name))
        .load(conn)?;
    Ok(Snapshot {
        code: row.code.clone(),
        version: app.catalogue.version(conn, row.version_id)?,
        applicant: serde_json::from_value(row.applicant.clone())?,
        receipt: serde_json::from_value(row.receipt.clone())?,
        receiving: Issuer::find(conn, row.receiving_unit_id)?,
        handling: Issuer::find(conn, state.handling_unit_id)?,
        state,
        lines,
        files,
        row,
    })
}

/// The history, and the state at its end.
fn replayed(events: Vec<EventColumns>) -> Result<(Vec<Line>, State)> {
    let (mut lines, mut changes, mut due_at) = (Vec::new(), Vec::new(), Timestamp::UNIX_EPOCH);
    for (at, by, action, to, note, detail, changed) in events {
        let changed: Map<String, Value> = serde_json::from_value(changed)?;
        let due = changed.get("due_at").and_then(Value::as_str).and_then(|text| text.parse().ok());
        due_at = due.unwrap_or(due_at);
        lines.push(Line { at: at.to_jiff(), by, action: action.parse().ok(), to, note, detail, due_at });
        changes.push(changed);
    }
    let state = State::replay(changes)?.ok_or_else(|| anyhow::anyhow!("a dossier without history"))?;
    Ok((lines, state))
}

impl Snapshot {
    /// The event itself.
    pub fn event(&self) -> Result<&Line> {
        self.lines.last().ok_or_else(|| anyhow::anyhow!("{} has no history", self.code).into())
    }
}
