//! A dossier and one event of it, for those who are told: the national portal, the applicant,
//! the leaders, the tax office.

use std::sync::Arc;

use diesel::prelude::*;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::filing::Applicant;
use super::plan::DossierJob;
use super::row::DossierRow;
use crate::app::App;
use crate::catalogue::Version;
use crate::db::schema::{agency, dossier, dossier_event};
use crate::error::Result;
use crate::workflow::{Action, Channel, DossierStatus};

/// What is told.
pub struct News {
    pub dossier_id: Uuid,
    pub code: String,
    /// The procedure version it was filed under.
    pub version: Arc<Version>,
    pub applicant: Applicant,
    pub person_id: Option<Uuid>,
    pub org_id: Option<Uuid>,
    /// Who filed it, as kind:id.
    pub filed_by: String,
    pub channel: Channel,
    pub answers: Value,
    pub submitted_at: Timestamp,
    /// When a clerk accepted it.
    pub received_at: Option<Timestamp>,
    /// When it is due, by this event if it says so, else as it stands now.
    pub due_at: Timestamp,
    pub receiving_unit: String,
    pub handling_unit: String,
    pub handling_unit_id: Uuid,
    pub event: Event,
}

/// The event that is told of.
pub struct Event {
    pub seq: i32,
    pub at: Timestamp,
    pub by: String,
    /// `None`: the submission.
    pub action: Option<Action>,
    /// The status after it.
    pub status: DossierStatus,
    pub note: String,
    /// Reasons, result … of the action.
    pub detail: Value,
}

/// The news of a job.
pub fn news(app: &App, conn: &mut PgConnection, job: DossierJob) -> Result<News> {
    let row: DossierRow = dossier::table.find(job.dossier_id).select(DossierRow::as_select()).first(conn)?;
    let (event, due_at) = event(conn, job)?;
    let received_at: Option<jiff_diesel::Timestamp> = dossier_event::table
        .filter(dossier_event::dossier_id.eq(row.id))
        .filter(dossier_event::action.eq(Action::Receive.word()))
        .order(dossier_event::seq)
        .select(dossier_event::at)
        .first(conn)
        .optional()?;
    let mut name = |id: Uuid| agency::table.find(id).select(agency::name).first::<String>(conn);
    Ok(News {
        receiving_unit: name(row.receiving_unit_id)?,
        handling_unit: name(row.handling_unit_id)?,
        handling_unit_id: row.handling_unit_id,
        dossier_id: row.id,
        code: row.code,
        version: app.catalogue.version(conn, row.version_id)?,
        applicant: serde_json::from_value(row.applicant)?,
        person_id: row.applicant_person_id,
        org_id: row.applicant_org_id,
        filed_by: row.filed_by,
        channel: row.channel.parse().map_err(anyhow::Error::from)?,
        answers: row.answers,
        submitted_at: row.submitted_at.to_jiff(),
        received_at: received_at.map(jiff_diesel::Timestamp::to_jiff),
        due_at: due_at.unwrap_or_else(|| row.due_at.to_jiff()),
        event,
    })
}

/// The event, and the due time that it set.
fn event(conn: &mut PgConnection, job: DossierJob) -> Result<(Event, Option<Timestamp>)> {
    let (at, by, action, status, note, detail, changes): (
        jiff_diesel::Timestamp,
        String,
        String,
        i16,
        String,
        Value,
        Value,
    ) = dossier_event::table
        .find((job.dossier_id, job.seq))
        .select((
            dossier_event::at,
            dossier_event::actor_name,
            dossier_event::action,
            dossier_event::status,
            dossier_event::note,
            dossier_event::detail,
            dossier_event::changes,
        ))
        .first(conn)?;
    let status = u8::try_from(status).ok().and_then(|code| DossierStatus::try_from(code).ok());
    let event = Event {
        seq: job.seq,
        at: at.to_jiff(),
        by,
        action: action.parse().ok(),
        status: status.ok_or_else(|| anyhow::anyhow!("an event of {} has no status", job.dossier_id))?,
        note,
        detail,
    };
    let due_at = changes.get("due_at").and_then(Value::as_str).and_then(|text| text.parse().ok());
    Ok((event, due_at))
}
