//! The forms of a dossier: made after the events that need them, asked for, downloaded.
//!
//! May: the applicant, and whoever acts for one, the forms that are addressed to the applicant;
//! officials who see the dossier, all. Refusals: 404 not visible, 409 while the file is made.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use diesel::pg::PgConnection;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::plan::{DossierJob, form_of};
use super::show::logged_in;
use super::{form_data, snapshot, store};
use crate::app::App;
use crate::auth::Actor;
use crate::clock::day_of;
use crate::db::Tx;
use crate::error::{NOT_FOUND, Problem, Result};
use crate::forms::{self, FormCode, FormOut, Head, Issuer, Wanted, in_force};
use crate::http::{Keyed, Reply, once};
use crate::jobs::{JobContext, Outcome};

/// What one form says, and in whose name.
type Content = (Issuer, Head, serde_json::Value);

/// Job `produce_form`: the form that belongs to an event is asked for.
pub async fn produce_form(context: JobContext) -> Result<Outcome> {
    let job: DossierJob = context.job.payload()?;
    let app = context.app.clone();
    let found = context.db.read(move |conn| {
        let dossier = snapshot::at(&app, conn, job)?;
        let Some(form) = dossier.event()?.action.and_then(form_of) else { return Ok(None) };
        Ok(Some((form, dossier.event()?.at, form_data::of(form, &dossier)?)))
    });
    let Some((form, at, content)) = found.await? else {
        return Ok(Outcome::Dead("no form belongs to this event".to_owned()));
    };
    context.finish_with(move |tx| want(tx, job, form, Some(job.seq), at, &content).map(drop)).await
}

/// Asks for a form in the look that is in force for the unit on that day.
fn want(
    tx: &mut Tx,
    job: DossierJob,
    form: FormCode,
    seq: Option<i32>,
    at: jiff::Timestamp,
    (issuer, head, body): &Content,
) -> Result<Uuid> {
    let template = in_force(tx.conn, form.word(), issuer.id, day_of(at))?;
    let wanted = Wanted {
        form,
        template: &template,
        unit_id: issuer.id,
        dossier_id: Some(job.dossier_id),
        seq,
        head: head.clone(),
        body: body.clone(),
    };
    forms::ask(tx, &wanted)
}

/// The forms of a dossier.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormsOut {
    /// Oldest first.
    pub items: Vec<FormOut>,
}

/// A form that somebody wants now.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskForm {
    pub form: OnDemand,
}

/// Forms that can be asked for.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
pub enum OnDemand {
    /// Phiếu kiểm soát quá trình giải quyết hồ sơ.
    #[serde(rename = "06")]
    Control,
}

/// Citizens get what is addressed to them.
fn shown(actor: &Actor, form: FormCode) -> bool {
    actor.citizen().is_none() || !form.is_internal()
}

/// Lists the forms of a dossier.
#[utoipa::path(
    operation_id = "list_forms",
    tag = "forms",
    params(("code" = String, Path, description = "Dossier code")),
    responses(
        (status = 200, description = "Forms", body = FormsOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/dossiers/{code}/forms")]
pub async fn list_forms(app: web::Data<App>, actor: Actor, code: web::Path<String>) -> Result<Reply> {
    logged_in(&actor)?;
    let code = code.into_inner();
    let items = app.db.read(move |conn| {
        let dossier = store::find(conn, &actor, &code)?;
        let all = forms::of_dossier(conn, dossier.id)?;
        Ok(all.into_iter().filter(|form| shown(&actor, form.form)).collect())
    });
    Reply::ok(FormsOut { items: items.await? })
}

/// Asks for a form over the dossier as it stands. The same content is the same form.
#[utoipa::path(
    operation_id = "ask_form",
    tag = "forms",
    request_body = AskForm,
    params(
        ("code" = String, Path, description = "Dossier code"),
        ("Idempotency-Key" = String, Header, description = "A new word for each request"),
    ),
    responses(
        (status = 200, description = "The form, made or being made", body = FormOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/dossiers/{code}/forms")]
pub async fn ask_form(
    app: web::Data<App>,
    actor: Actor,
    code: web::Path<String>,
    request: Keyed<AskForm>,
) -> Result<Reply> {
    actor.need_staff()?;
    let OnDemand::Control = request.body.form;
    let (code, state) = (code.into_inner(), app.clone());
    app.db.write(&actor, move |tx| once(tx, &request.key, |tx| ask_control(&state, tx, &code))).await
}

fn ask_control(app: &App, tx: &mut Tx, code: &str) -> Result<Reply> {
    let row = store::find(tx.conn, tx.actor, code)?;
    let job = DossierJob { dossier_id: row.id, seq: row.seq };
    let dossier = snapshot::at(app, tx.conn, job)?;
    let content = form_data::of(FormCode::Control, &dossier)?;
    let id = want(tx, job, FormCode::Control, None, tx.now, &content)?;
    tx.audit("ask_form", Some(row.id))?;
    Reply::ok(forms::find(tx.conn, id, Some(row.id), None)?.out)
}

/// Downloads a form.
#[utoipa::path(
    operation_id = "download_form",
    tag = "forms",
    params(("code" = String, Path, description = "Dossier code"), ("form" = Uuid, Path, description = "The form")),
    responses(
        (status = 200, description = "The bytes", content((Vec<u8> = "application/pdf"))),
        (status = 206, description = "A range", content((Vec<u8> = "application/pdf"))),
        (status = 304, description = "The caller has it"),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/dossiers/{code}/forms/{form}")]
pub async fn download_form(
    app: web::Data<App>,
    actor: Actor,
    path: web::Path<(String, Uuid)>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    logged_in(&actor)?;
    let (code, id) = path.into_inner();
    let row = app.db.read(move |conn: &mut PgConnection| {
        let dossier = store::find(conn, &actor, &code)?;
        let found = forms::find(conn, id, Some(dossier.id), None)?;
        if shown(&actor, found.out.form) { found.file(conn) } else { Err(NOT_FOUND.err()) }
    });
    app.files.download(&row.await?, &request).await
}
