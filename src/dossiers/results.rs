//! The results of a dossier: prepared by who decides it, and shown to who sees it.
//!
//! May: a specialist or a leader of the agency that decides prepares; officials who see the
//! dossier see all, citizens what was issued, once the result can be handed out. Refusals: 404
//! not visible, 403 another agency, 409 a closed dossier or a result that has a successor, 422
//! fields that the template does not declare.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use diesel::pg::PgConnection;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::plan::{NewEvent, Plan};
use super::show::logged_in;
use super::state::{IssuedResult, State};
use super::store::{self, Loaded};
use super::take_action::{CLOSED, NOT_YOUR_ROLE};
use crate::app::App;
use crate::auth::Actor;
use crate::clock::day_of;
use crate::db::Tx;
use crate::error::{INVALID, NOT_FOUND, Problem, Result};
use crate::files;
use crate::forms::Issuer;
use crate::http::{Keyed, Reply, once};
use crate::jobs::{JobContext, Outcome};
use crate::results::{self, Prepared, ResultOut, Row, Wanted};
use crate::workflow::{Action, DossierStatus, Role};

/// A result to be prepared.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PrepareResult {
    /// Result code of the procedure, e.g. KQ.G15.000031.
    #[schema(max_length = 40)]
    pub code: String,
    /// Code of the template.
    #[schema(max_length = 40)]
    pub template: String,
    /// What it says, over what the dossier tells already; the template declares the fields.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub fields: Map<String, Value>,
    /// The result in whose stead it shall stand.
    #[serde(default)]
    pub replaces: Option<Uuid>,
}

/// The results of a dossier.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResultsOut {
    /// Oldest first.
    pub items: Vec<ResultOut>,
}

/// Prepares a result; a job makes its document.
#[utoipa::path(
    operation_id = "prepare_result",
    tag = "results",
    request_body = PrepareResult,
    params(
        ("code" = String, Path, description = "Dossier code"),
        ("Idempotency-Key" = String, Header, description = "A new word for each request"),
    ),
    responses(
        (status = 201, description = "The result", body = ResultOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/dossiers/{code}/results")]
pub async fn prepare_result(
    app: web::Data<App>,
    actor: Actor,
    code: web::Path<String>,
    request: Keyed<PrepareResult>,
) -> Result<Reply> {
    actor.need_staff()?;
    let (code, state) = (code.into_inner(), app.clone());
    app.db
        .write(&actor, move |tx| once(tx, &request.key, |tx| prepare(&state, tx, &code, &request.body)))
        .await
}

fn prepare(app: &App, tx: &mut Tx, code: &str, asked: &PrepareResult) -> Result<Reply> {
    let row = store::find_locked(tx, code)?;
    let unit = row.handling_unit_id;
    decides(tx, unit)?;
    // A closed dossier has its result; that can be replaced.
    if row.closed_at.is_some() && asked.replaces.is_none() {
        return Err(CLOSED.err());
    }
    let loaded = store::load(app, tx.conn, row)?;
    let known = loaded.version.procedure.def.results.iter().find(|result| result.code == asked.code);
    let Some(known) = known else {
        return Err(INVALID.at(
            "/code",
            "không phải kết quả của thủ tục này",
            "not a result of this procedure",
        ));
    };
    let issuer = Issuer::find(tx.conn, unit)?;
    let told = results::prefill(&asked.template, &loaded.state.answers, &issuer.name, day_of(tx.now));
    let new = Prepared {
        dossier_id: loaded.row.id,
        dossier: &loaded.row.code,
        unit_id: unit,
        code: &known.code,
        name: &known.name,
        template: &asked.template,
        body: results::merge(told, Value::Object(asked.fields.clone())),
        holder: json!({ "kind": loaded.applicant.kind, "name": loaded.applicant.name }),
        person_id: loaded.row.applicant_person_id,
        org_id: loaded.row.applicant_org_id,
        replaces: asked.replaces,
    };
    let id = results::prepare(tx, &new)?;
    Reply::created(results::find(tx.conn, id)?.out(tx.conn)?)
}

/// Who is to sign a result.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderSignature {
    /// A leader of the agency that decides; absent = its only one.
    #[serde(default)]
    pub signer: Option<Uuid>,
    /// The agency's seal follows the signature; true when absent.
    #[serde(default = "sealed")]
    pub seal: bool,
}

const fn sealed() -> bool {
    true
}

/// Orders the signature of a prepared result: it waits in the signer's tray, and is valid when
/// it has all its signatures. Ordered again, it is the same order.
#[utoipa::path(
    operation_id = "order_result_signature",
    tag = "results",
    request_body = OrderSignature,
    params(
        ("code" = String, Path, description = "Dossier code"),
        ("result" = Uuid, Path, description = "The result"),
        ("Idempotency-Key" = String, Header, description = "A new word for each request"),
    ),
    responses(
        (status = 200, description = "The result", body = ResultOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/dossiers/{code}/results/{result}/signature")]
pub async fn order_result_signature(
    app: web::Data<App>,
    actor: Actor,
    path: web::Path<(String, Uuid)>,
    request: Keyed<OrderSignature>,
) -> Result<Reply> {
    actor.need_staff()?;
    let (code, id) = path.into_inner();
    app.db
        .write(&actor, move |tx| {
            once(tx, &request.key, |tx| {
                let dossier = store::find_locked(tx, &code)?;
                decides(tx, dossier.handling_unit_id)?;
                results::find_of_dossier(tx.conn, dossier.id, id)?;
                let wanted = Wanted { signer: request.body.signer, seal: request.body.seal };
                results::order(tx, id, wanted)?;
                Reply::ok(results::find(tx.conn, id)?.out(tx.conn)?)
            })
        })
        .await
}

/// A specialist or leader of the agency that decides.
fn decides(tx: &Tx, unit: Uuid) -> Result<()> {
    let holds = |role| tx.actor.staff().is_some_and(|staff| staff.holds(role, unit));
    if holds(Role::Specialist) || holds(Role::Leader) { Ok(()) } else { Err(NOT_YOUR_ROLE.err()) }
}

/// Citizens see what was issued, once it can be handed out.
fn shown(actor: &Actor, status: DossierStatus, row: &Row) -> Result<bool> {
    let handed = matches!(status, DossierStatus::Done | DossierStatus::Returned);
    Ok(actor.citizen().is_none() || (handed && row.state()?.was_issued()))
}

/// Lists the results of a dossier.
#[utoipa::path(
    operation_id = "list_dossier_results",
    tag = "results",
    params(("code" = String, Path, description = "Dossier code")),
    responses(
        (status = 200, description = "Results", body = ResultsOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/dossiers/{code}/results")]
pub async fn list_dossier_results(
    app: web::Data<App>,
    actor: Actor,
    code: web::Path<String>,
) -> Result<Reply> {
    logged_in(&actor)?;
    let code = code.into_inner();
    let items = app.db.read(move |conn| {
        let dossier = store::find(conn, &actor, &code)?;
        let status = dossier.state()?.status;
        let mut items = Vec::new();
        for row in results::of_dossier(conn, dossier.id)? {
            if shown(&actor, status, &row)? {
                items.push(row.out(conn)?);
            }
        }
        Ok(items)
    });
    Reply::ok(ResultsOut { items: items.await? })
}

/// Downloads the document of a result.
#[utoipa::path(
    operation_id = "download_result",
    tag = "results",
    params(("code" = String, Path, description = "Dossier code"), ("result" = Uuid, Path, description = "The result")),
    responses(
        (status = 200, description = "The bytes", content((Vec<u8> = "application/pdf"))),
        (status = 206, description = "A range", content((Vec<u8> = "application/pdf"))),
        (status = 304, description = "The caller has it"),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/dossiers/{code}/results/{result}/file")]
pub async fn download_result(
    app: web::Data<App>,
    actor: Actor,
    path: web::Path<(String, Uuid)>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    logged_in(&actor)?;
    let (code, id) = path.into_inner();
    let row = app.db.read(move |conn: &mut PgConnection| {
        let dossier = store::find(conn, &actor, &code)?;
        let found = results::find_of_dossier(conn, dossier.id, id)?;
        if shown(&actor, dossier.state()?.status, &found)? { found.file(conn) } else { Err(NOT_FOUND.err()) }
    });
    app.files.download(&row.await?, &request).await
}

/// The result of a job.
#[derive(Debug, Deserialize)]
struct Issued {
    result_id: Uuid,
}

/// Job `result_issued`: the dossier gets the valid result. One that is closed keeps what it has:
/// the register tells what stands in its stead.
pub async fn attach_result(context: JobContext) -> Result<Outcome> {
    let Issued { result_id } = context.job.payload()?;
    let app = context.app.clone();
    context.finish_with(move |tx| attach(&app, tx, result_id)).await
}

fn attach(app: &App, tx: &mut Tx, result_id: Uuid) -> Result<()> {
    let issued = results::find(tx.conn, result_id)?;
    let dossier_id = issued.dossier_id;
    let code = store::lock(tx, dossier_id)?;
    let row = store::find(tx.conn, tx.actor, &code)?;
    let (file, out) = (issued.file(tx.conn)?, issued.out(tx.conn)?);
    files::give_to_dossier(tx, file.id, dossier_id)?;
    if row.closed_at.is_some() {
        return Ok(());
    }
    let loaded = store::load(app, tx.conn, row)?;
    let plan = attached(&loaded, tx, &out, file.id)?;
    store::write(tx, &loaded, &plan).map(drop)
}

/// The dossier with the result: a line of the history among officials, and no move.
fn attached(loaded: &Loaded, tx: &Tx, result: &ResultOut, file: Uuid) -> Result<Plan> {
    let before: &State = &loaded.state;
    let mut state = before.clone();
    let signed = result.history.last();
    state.progress.result = Some(IssuedResult {
        code: result.code.clone(),
        number: result.number.clone(),
        file_id: Some(file),
        decided_at: result.issued_at.unwrap_or(tx.now),
        decided_by: signed.map(|line| line.by.clone()).unwrap_or_default(),
    });
    let event = NewEvent {
        at: tx.now,
        actor: tx.actor.key(),
        actor_name: tx.actor.name(),
        on_behalf_of: None,
        action: Action::Comment.word(),
        from: before.marking.clone(),
        to: before.marking.clone(),
        status: before.status.code(),
        note: format!("Kết quả số {} đã có hiệu lực", result.number),
        detail: json!({ "result": result.id }),
        changes: state.changes_since(before)?,
    };
    Ok(Plan { state, event, effects: Vec::new() })
}
