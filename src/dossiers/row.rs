//! The rows of `dossier` and its companions, and their way in and out of the state.

use diesel::prelude::*;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::plan::NewEvent;
use super::scope::Units;
use super::state::{Progress, State};
use crate::db::schema::{dossier, dossier_unit};
use crate::db::to_sql;
use crate::error::Result;
use crate::workflow::{DossierStatus, Role, StepId};

type SqlTime = jiff_diesel::Timestamp;

/// A dossier as stored.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = dossier)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct DossierRow {
    pub id: Uuid,
    pub code: String,
    pub tracking_secret: String,
    pub version_id: Uuid,
    pub procedure_code: String,
    pub case_code: String,
    pub channel: String,
    pub applicant: Value,
    pub applicant_person_id: Option<Uuid>,
    pub applicant_org_id: Option<Uuid>,
    pub filed_by: String,
    pub return_by: String,
    pub answers: Value,
    pub receiving_unit_id: Uuid,
    pub submitted_at: SqlTime,
    pub receipt: Value,
    pub seq: i32,
    pub marking: Vec<String>,
    pub status: i16,
    pub handling_unit_id: Uuid,
    pub holder_unit_id: Option<Uuid>,
    pub holder_role: Option<String>,
    pub assignee_id: Option<Uuid>,
    pub clock_started_at: Option<SqlTime>,
    pub due_at: SqlTime,
    pub paused_since: Option<SqlTime>,
    pub late_at: Option<SqlTime>,
    pub closed_at: Option<SqlTime>,
    pub progress: Value,
}

/// The columns that events change.
#[derive(Debug)]
pub struct StateColumns {
    pub seq: i32,
    pub answers: Value,
    pub marking: Vec<String>,
    pub status: i16,
    pub handling_unit_id: Uuid,
    pub holder_unit_id: Option<Uuid>,
    pub holder_role: Option<String>,
    pub assignee_id: Option<Uuid>,
    pub clock_started_at: Option<SqlTime>,
    pub due_at: SqlTime,
    pub paused_since: Option<SqlTime>,
    pub late_at: Option<SqlTime>,
    pub closed_at: Option<SqlTime>,
    pub progress: Value,
}

/// An event as stored.
#[derive(Debug)]
pub struct EventRow {
    pub dossier_id: Uuid,
    pub seq: i32,
    pub at: SqlTime,
    pub actor: String,
    pub actor_name: String,
    pub on_behalf_of: Option<String>,
    pub action: String,
    pub from_steps: Vec<String>,
    pub to_steps: Vec<String>,
    pub status: i16,
    pub note: String,
    pub detail: Value,
    pub changes: Value,
}

#[derive(Debug, Insertable)]
#[diesel(table_name = dossier_unit)]
pub struct UnitRow {
    pub dossier_id: Uuid,
    pub unit_id: Uuid,
    pub relation: String,
    pub since: SqlTime,
}

/// Jiff's time of a nullable column.
fn time(column: Option<SqlTime>) -> Option<Timestamp> {
    column.map(jiff_diesel::Timestamp::to_jiff)
}

fn words(steps: &[StepId]) -> Vec<String> {
    steps.iter().map(|s| s.as_str().to_owned()).collect()
}

impl DossierRow {
    /// The state that the columns hold.
    pub fn state(&self) -> Result<State> {
        let progress: Progress = serde_json::from_value(self.progress.clone())?;
        let status = u8::try_from(self.status).ok().and_then(|code| DossierStatus::try_from(code).ok());
        Ok(State {
            marking: self.marking.iter().map(|s| StepId::from(s.as_str())).collect(),
            status: status.ok_or_else(|| anyhow::anyhow!("status {} of {}", self.status, self.code))?,
            answers: self.answers.clone(),
            handling_unit_id: self.handling_unit_id,
            holder_unit_id: self.holder_unit_id,
            holder_role: self
                .holder_role
                .as_deref()
                .map(str::parse::<Role>)
                .transpose()
                .map_err(anyhow::Error::from)?,
            assignee_id: self.assignee_id,
            clock_started_at: time(self.clock_started_at),
            due_at: self.due_at.to_jiff(),
            paused_since: time(self.paused_since),
            late_at: time(self.late_at),
            closed_at: time(self.closed_at),
            progress,
        })
    }

    pub fn units(&self) -> Units {
        Units { receiving: self.receiving_unit_id, handling: self.handling_unit_id }
    }
}

impl StateColumns {
    pub fn of(state: &State, seq: i32) -> Result<Self> {
        Ok(Self {
            seq,
            answers: state.answers.clone(),
            marking: words(&state.marking),
            status: i16::from(state.status.code()),
            handling_unit_id: state.handling_unit_id,
            holder_unit_id: state.holder_unit_id,
            holder_role: state.holder_role.map(|role| role.word().to_owned()),
            assignee_id: state.assignee_id,
            clock_started_at: state.clock_started_at.map(to_sql),
            due_at: to_sql(state.due_at),
            paused_since: state.paused_since.map(to_sql),
            late_at: state.late_at.map(to_sql),
            closed_at: state.closed_at.map(to_sql),
            progress: serde_json::to_value(&state.progress)?,
        })
    }
}

impl EventRow {
    pub fn of(dossier_id: Uuid, seq: i32, event: &NewEvent) -> Self {
        Self {
            dossier_id,
            seq,
            at: to_sql(event.at),
            actor: event.actor.clone(),
            actor_name: event.actor_name.clone(),
            on_behalf_of: event.on_behalf_of.clone(),
            action: event.action.to_owned(),
            from_steps: words(&event.from),
            to_steps: words(&event.to),
            status: i16::from(event.status),
            note: event.note.clone(),
            detail: event.detail.clone(),
            changes: Value::Object(event.changes.clone()),
        }
    }
}
