//! One dossier: what it is, its history, why it is due when it is due, what it costs.

use actix_web::{get, web};
use diesel::prelude::*;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::deadline::promised;
use super::row::DossierRow;
use super::state::{Extension, IssuedResult, Opinion, Presence, SupplementRequest};
use super::store;
use crate::app::App;
use crate::auth::{Actor, Who};
use crate::calendar::TraceLine;
use crate::db::schema::dossier_event;
use crate::error::{Problem, Result, UNAUTHENTICATED};
use crate::http::Reply;
use crate::payments::{self, PaymentOut};
use crate::workflow::{Action, DossierStatus};

/// Events of one dossier at most; no real one comes near.
const EVENTS_LIMIT: i64 = 1_000;

/// A dossier.
#[derive(Debug, Serialize, ToSchema)]
pub struct DossierOut {
    pub id: Uuid,
    pub code: String,
    pub procedure: String,
    pub procedure_name: String,
    /// The immutable version of the rules it was filed under.
    pub version_id: Uuid,
    pub case: String,
    pub channel: String,
    #[schema(value_type = Object)]
    pub applicant: Value,
    #[schema(value_type = Object)]
    pub answers: Value,
    /// Status of the national portal, 1 to 10.
    pub status: u8,
    pub status_name: String,
    pub steps: Vec<String>,
    /// For `If-Match`.
    pub version: i32,
    pub return_by: String,
    pub receiving_unit_id: Uuid,
    pub handling_unit_id: Uuid,
    pub holder_unit_id: Option<Uuid>,
    pub assignee_id: Option<Uuid>,
    #[schema(value_type = String, format = DateTime)]
    pub submitted_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Timestamp,
    /// The one-stop unit must answer by this time.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub reply_by: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub paused_since: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub late_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closed_at: Option<Timestamp>,
    /// What the applicant is asked to mend.
    pub request: Option<SupplementRequest>,
    /// Empty for citizens: what units write to each other is internal until the result.
    pub opinions: Vec<Opinion>,
    pub presence: Vec<Presence>,
    pub extensions: Vec<Extension>,
    /// Citizens see it once it can be handed out.
    pub result: Option<IssuedResult>,
    #[schema(value_type = super::receipt::Receipt)]
    pub receipt: Value,
    /// Only for the one who filed: opens the public tracking.
    pub tracking_secret: Option<String>,
    #[schema(value_type = Object)]
    pub links: Value,
}

/// Shows a dossier.
#[utoipa::path(
    operation_id = "get_dossier",
    tag = "dossiers",
    params(("code" = String, Path, description = "Dossier code")),
    responses(
        (status = 200, description = "The dossier", body = DossierOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/dossiers/{code}")]
pub async fn show(app: web::Data<App>, actor: Actor, code: web::Path<String>) -> Result<Reply> {
    logged_in(&actor)?;
    let (code, state) = (code.into_inner(), app.clone());
    let out = app.db.read(move |conn| {
        let row = store::find(conn, &actor, &code)?;
        let name = state.catalogue.version(conn, row.version_id)?.procedure.def.name.clone();
        out(row, name, &actor)
    });
    Reply::ok(out.await?)
}

fn out(row: DossierRow, procedure_name: String, actor: &Actor) -> Result<DossierOut> {
    let state = row.state()?;
    let public = actor.citizen().is_some();
    let decided = matches!(state.status, DossierStatus::Done | DossierStatus::Returned);
    let secret = (row.filed_by == actor.key()).then(|| row.tracking_secret.clone());
    let link = |part: &str| format!("/api/v1/dossiers/{}{part}", row.code);
    Ok(DossierOut {
        links: json!({
            "self": link(""), "actions": link("/actions"), "events": link("/events"),
            "deadline": link("/deadline"), "files": link("/files"), "components": link("/components"),
            "payment": link("/payment"),
        }),
        id: row.id,
        code: row.code,
        procedure: row.procedure_code,
        procedure_name,
        version_id: row.version_id,
        case: row.case_code,
        channel: row.channel,
        applicant: row.applicant,
        answers: row.answers,
        status: state.status.code(),
        status_name: state.status.vi().to_owned(),
        steps: row.marking,
        version: row.seq,
        return_by: row.return_by,
        receiving_unit_id: row.receiving_unit_id,
        handling_unit_id: row.handling_unit_id,
        holder_unit_id: row.holder_unit_id,
        assignee_id: row.assignee_id,
        submitted_at: row.submitted_at.to_jiff(),
        due_at: state.due_at,
        reply_by: state.progress.reply_by,
        paused_since: state.paused_since,
        late_at: state.late_at,
        closed_at: state.closed_at,
        request: state.progress.request,
        opinions: if public { Vec::new() } else { state.progress.opinions },
        presence: state.progress.presence,
        extensions: state.progress.extensions,
        result: state.progress.result.filter(|_| decided || !public),
        receipt: row.receipt,
        tracking_secret: secret,
    })
}

pub fn logged_in(actor: &Actor) -> Result<()> {
    match actor.who {
        Who::Anonymous => Err(UNAUTHENTICATED.err()),
        _ => Ok(()),
    }
}

/// One line of the history.
#[derive(Debug, Serialize, ToSchema, Queryable)]
pub struct EventOut {
    pub seq: i32,
    #[diesel(deserialize_as = jiff_diesel::Timestamp)]
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub actor: String,
    pub actor_name: String,
    pub on_behalf_of: Option<String>,
    pub action: String,
    pub from_steps: Vec<String>,
    pub to_steps: Vec<String>,
    pub status: i16,
    pub note: String,
    #[schema(value_type = Object)]
    pub detail: Value,
}

/// The history, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventsOut {
    pub items: Vec<EventOut>,
}

/// Actions whose note and detail are addressed to the applicant.
const ADDRESSED: [Action; 4] = [Action::Refuse, Action::RequestSupplement, Action::Stop, Action::Extend];

impl EventOut {
    /// The event as the applicant reads it: who did what and when, by name, and what was said
    /// to the applicant. What officials wrote for each other stays among them.
    fn for_applicant(mut self) -> Self {
        let own = self.actor.starts_with("citizen:");
        if !own && !ADDRESSED.iter().any(|action| action.word() == self.action) {
            self.note.clear();
            self.detail = json!({});
        }
        self
    }

    fn is_internal(&self) -> bool {
        self.action == Action::Comment.word()
    }
}

/// Shows the append-only history of a dossier. Citizens see it without comments, notes and
/// opinions that officials wrote for each other.
#[utoipa::path(
    operation_id = "list_events",
    tag = "dossiers",
    params(("code" = String, Path, description = "Dossier code")),
    responses(
        (status = 200, description = "Events", body = EventsOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/dossiers/{code}/events")]
pub async fn events(app: web::Data<App>, actor: Actor, code: web::Path<String>) -> Result<Reply> {
    logged_in(&actor)?;
    let code = code.into_inner();
    let items = app.db.read(move |conn| {
        let row = store::find(conn, &actor, &code)?;
        use dossier_event::dsl as e;
        let all = e::dossier_event
            .filter(e::dossier_id.eq(row.id))
            .order(e::seq)
            .limit(EVENTS_LIMIT)
            .select((
                e::seq,
                e::at,
                e::actor,
                e::actor_name,
                e::on_behalf_of,
                e::action,
                e::from_steps,
                e::to_steps,
                e::status,
                e::note,
                e::detail,
            ))
            .load::<EventOut>(conn)?;
        Ok(match actor.citizen() {
            None => all,
            Some(_) => all.into_iter().filter(|e| !e.is_internal()).map(EventOut::for_applicant).collect(),
        })
    });
    Reply::ok(EventsOut { items: items.await? })
}

/// When it is due, and why.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeadlineOut {
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub clock_started_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub paused_since: Option<Timestamp>,
    pub late: bool,
    /// Line by line, in Vietnamese and English.
    pub why: Vec<TraceLine>,
}

/// Explains the due time of a dossier.
#[utoipa::path(
    operation_id = "explain_deadline",
    tag = "dossiers",
    params(("code" = String, Path, description = "Dossier code")),
    responses(
        (status = 200, description = "The explanation", body = DeadlineOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/dossiers/{code}/deadline")]
pub async fn deadline(app: web::Data<App>, actor: Actor, code: web::Path<String>) -> Result<Reply> {
    logged_in(&actor)?;
    let (code, app_state) = (code.into_inner(), app.clone());
    let out = app.db.read(move |conn| {
        let row = store::find(conn, &actor, &code)?;
        let version = app_state.catalogue.version(conn, row.version_id)?;
        let term = version.case(&row.case_code).and_then(promised);
        let term = term.ok_or_else(|| anyhow::anyhow!("{} has no term", row.code))?;
        let state = row.state()?;
        Ok(DeadlineOut {
            due_at: state.due_at,
            clock_started_at: state.clock_started_at,
            paused_since: state.paused_since,
            late: state.late_at.is_some(),
            why: state.explain(app_state.calendar, &term)?,
        })
    });
    Reply::ok(out.await?)
}

/// Shows what a dossier owes and how to pay it.
#[utoipa::path(
    operation_id = "get_payment",
    tag = "dossiers",
    params(("code" = String, Path, description = "Dossier code")),
    responses(
        (status = 200, description = "Charges and the open order", body = PaymentOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/dossiers/{code}/payment")]
pub async fn payment(app: web::Data<App>, actor: Actor, code: web::Path<String>) -> Result<Reply> {
    logged_in(&actor)?;
    let code = code.into_inner();
    let out = app.db.read(move |conn| {
        let row = store::find(conn, &actor, &code)?;
        payments::payment_of(conn, row.id)
    });
    Reply::ok(out.await?)
}
