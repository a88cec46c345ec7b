//! Files of drafts and dossiers: who may put, list and read them. The folder `files` moves
//! the bytes; here is only whose they are.

use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::draft::{self, owned};
use super::input::ActionIn;
use super::reasons::About;
use super::row::DossierRow;
use super::scope::relation;
use super::show::logged_in;
use super::state::State;
use super::store;
use super::supplement::NOT_ASKED;
use super::take_action::NOT_YOUR_ROLE;
use crate::app::App;
use crate::auth::Actor;
use crate::catalogue::Version;
use crate::db::Tx;
use crate::error::{Code, INVALID, NOT_FOUND, Problem, Result};
use crate::files::{self, FileOut, FileRow, Purpose, Received, Target, UploadQuery};
use crate::http::{Key, Reply, once};
use crate::workflow::{Action, DossierStatus, TransitionDef};

pub static UPLOAD_NOT_EXPECTED: Code = Code::new(
    409,
    "upload_not_expected",
    "Hồ sơ hiện không nhận thêm tệp này",
    "The dossier does not take such a file now",
);

/// Files of a draft or dossier.
#[derive(Debug, Serialize, ToSchema)]
pub struct FilesOut {
    pub items: Vec<FileOut>,
}

/// `?purpose=` of an upload to a dossier.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PurposeQuery {
    /// supplement, result or opinion: a file of each is put by who may take, at the present
    /// step, the action that it goes with.
    #[param(inline)]
    pub purpose: Purpose,
}

/// Uploads a file to a draft: the body itself, or the first part of a form.
#[utoipa::path(
    operation_id = "upload_draft_file",
    tag = "files",
    params(
        ("id" = Uuid, Path, description = "The draft"),
        ("Idempotency-Key" = String, Header, description = "A new word for each request"),
        UploadQuery,
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 201, description = "The file", body = FileOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/drafts/{id}/files")]
pub async fn upload_to_draft(
    app: web::Data<App>,
    actor: Actor,
    id: web::Path<Uuid>,
    query: web::Query<UploadQuery>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<Reply> {
    let (id, asker) = (id.into_inner(), actor.clone());
    app.db.read(move |conn| owned(conn, &asker, id)).await?;
    let received = app.files.receive_request(&request, payload, &query).await?;
    let key = received.key(&request)?;
    let component = query.component()?.to_owned();
    let state = app.clone();
    app.db
        .write(&actor, move |tx| {
            once(tx, &key, |tx| Reply::created(keep_in_draft(&state, tx, id, &component, &received)?))
        })
        .await
}

/// A file is for a document component of the procedure, or for none.
pub(super) fn is_component(version: &Version, code: &str) -> Result<()> {
    if code.is_empty() || version.document(code).is_some() {
        return Ok(());
    }
    Err(INVALID.at("component", "không phải thành phần của thủ tục này", "not a component of this procedure"))
}

/// A received file becomes one of a draft of the actor.
pub(super) fn keep_in_draft(
    app: &App,
    tx: &mut Tx,
    id: Uuid,
    component: &str,
    received: &Received,
) -> Result<FileOut> {
    let row = draft::locked(tx, id)?;
    let version = app.catalogue.version(tx.conn, row.version_id)?;
    is_component(&version, component)?;
    let limits = &app.files.limits;
    let out = files::attach(tx, limits, Target::Draft(id), component, Purpose::Component, received)?;
    draft::touch(tx, id)?;
    tx.audit("upload_draft_file", Some(id))?;
    Ok(out)
}

/// Lists the files of a draft.
#[utoipa::path(
    operation_id = "list_draft_files",
    tag = "files",
    params(("id" = Uuid, Path, description = "The draft")),
    responses(
        (status = 200, description = "Files", body = FilesOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/drafts/{id}/files")]
pub async fn list_of_draft(app: web::Data<App>, actor: Actor, id: web::Path<Uuid>) -> Result<Reply> {
    let id = id.into_inner();
    let rows = app.db.read(move |conn| {
        owned(conn, &actor, id)?;
        files::list_of_draft(conn, id)
    });
    Reply::ok(FilesOut { items: rows.await?.into_iter().map(FileOut::from).collect() })
}

/// Takes a file out of a draft.
#[utoipa::path(
    operation_id = "remove_draft_file",
    tag = "files",
    params(("id" = Uuid, Path, description = "The draft"), ("file" = Uuid, Path, description = "The file")),
    responses(
        (status = 204, description = "Gone"),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[delete("/api/v1/drafts/{id}/files/{file}")]
pub async fn remove_from_draft(
    app: web::Data<App>,
    actor: Actor,
    path: web::Path<(Uuid, Uuid)>,
) -> Result<HttpResponse> {
    logged_in(&actor)?;
    let (id, file) = path.into_inner();
    app.db
        .write(&actor, move |tx| {
            draft::locked(tx, id)?;
            files::remove_from_draft(tx, id, file)?;
            draft::touch(tx, id)?;
            tx.audit("remove_draft_file", Some(id))
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Uploads a file to a dossier: part of a supplement, a result, an opinion.
#[utoipa::path(
    operation_id = "upload_dossier_file",
    tag = "files",
    params(
        ("code" = String, Path, description = "Dossier code"),
        ("Idempotency-Key" = String, Header, description = "A new word for each request"),
        UploadQuery,
        PurposeQuery,
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 201, description = "The file", body = FileOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/dossiers/{code}/files")]
pub async fn upload_to_dossier(
    app: web::Data<App>,
    actor: Actor,
    code: web::Path<String>,
    query: web::Query<UploadQuery>,
    purpose: web::Query<PurposeQuery>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<Reply> {
    logged_in(&actor)?;
    let (code, purpose) = (code.into_inner(), purpose.purpose);
    let (asked, asker) = (code.clone(), actor.clone());
    let state = app.clone();
    app.db.read(move |conn| may_put(&state, conn, &asker, &asked, purpose)).await?;
    let received = app.files.receive_request(&request, payload, &query).await?;
    let key: Key = received.key(&request)?;
    let component = query.component()?.to_owned();
    let state = app.clone();
    app.db
        .write(&actor, move |tx| {
            once(tx, &key, |tx| {
                Reply::created(keep_in_dossier(&state, tx, &code, &component, purpose, &received)?)
            })
        })
        .await
}

/// The dossier to which the actor may bring such a file at some time, and whether that is now:
/// who may never put it need not send it.
pub(super) fn may_put(
    app: &App,
    conn: &mut PgConnection,
    actor: &Actor,
    code: &str,
    purpose: Purpose,
) -> Result<(Uuid, bool)> {
    let row = store::find(conn, actor, code)?;
    let version = app.catalogue.version(conn, row.version_id)?;
    let now = waits_for(actor, &row, &row.state()?, &version, purpose)?;
    Ok((row.id, now))
}

/// A received file becomes one of a dossier, if that waits for it.
pub(super) fn keep_in_dossier(
    app: &App,
    tx: &mut Tx,
    code: &str,
    component: &str,
    purpose: Purpose,
    received: &Received,
) -> Result<FileOut> {
    let row = store::find_locked(tx, code)?;
    let state = row.state()?;
    let version = app.catalogue.version(tx.conn, row.version_id)?;
    if !waits_for(tx.actor, &row, &state, &version, purpose)? {
        return Err(UPLOAD_NOT_EXPECTED.err());
    }
    is_component(&version, component)?;
    if purpose == Purpose::Supplement && !asked(&state, component) {
        return Err(NOT_ASKED.at(
            "component",
            "giấy tờ này không được yêu cầu bổ sung",
            "this document was not asked for",
        ));
    }
    let out = files::attach(tx, &app.files.limits, Target::Dossier(row.id), component, purpose, received)?;
    tx.audit("upload_dossier_file", Some(row.id))?;
    Ok(out)
}

/// Does the dossier wait, at its present step, for such a file from this actor? The workflow
/// says so: who may take the action that the file goes with may put the file. Whom no step
/// lets do that is refused with 403, wherever the dossier is.
fn waits_for(
    actor: &Actor,
    row: &DossierRow,
    state: &State,
    version: &Version,
    purpose: Purpose,
) -> Result<bool> {
    let posts = relation(actor, &row.units(), state).posts();
    let puts =
        |way: &TransitionDef| goes_with(purpose, way.action) && way.by.iter().any(|p| posts.contains(p));
    let workflow = &version.procedure.workflow;
    if !workflow.definition().transitions.iter().any(puts) {
        return Err(NOT_YOUR_ROLE.err());
    }
    Ok(state.marking.iter().any(|step| workflow.transitions_at(step).any(|(_, way)| puts(way))))
}

/// The actions that a file of this purpose is brought for.
fn goes_with(purpose: Purpose, action: Action) -> bool {
    match purpose {
        // What was filed is filed; what is added to it is a supplement.
        Purpose::Component => false,
        // A scan is put to its component: see `digitise`.
        Purpose::Scan => false,
        Purpose::Supplement => action == Action::Supplement,
        Purpose::Result => ActionIn::takes_result(action),
        Purpose::Opinion => matches!(action, Action::RequestOpinion | Action::GiveOpinion),
    }
}

/// Was this component asked for? Where a condition was, its proof may be any other paper.
fn asked(state: &State, component: &str) -> bool {
    let reasons = state.progress.request.iter().flat_map(|request| &request.reasons);
    reasons.into_iter().any(|reason| match &reason.about {
        About::Document(code) => code == component,
        About::Condition(_) => component.is_empty(),
        About::Field(_) => false,
    })
}

/// A citizen does not see what officials write for each other, nor a result before it is
/// handed out.
fn shown(actor: &Actor, state: &State, purpose: Purpose) -> bool {
    let done = matches!(state.status, DossierStatus::Done | DossierStatus::Returned);
    actor.citizen().is_none()
        || match purpose {
            Purpose::Component | Purpose::Supplement => true,
            Purpose::Result => done,
            Purpose::Opinion | Purpose::Scan => false,
        }
}

/// Lists the files of a dossier.
#[utoipa::path(
    operation_id = "list_dossier_files",
    tag = "files",
    params(("code" = String, Path, description = "Dossier code")),
    responses(
        (status = 200, description = "Files", body = FilesOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/dossiers/{code}/files")]
pub async fn list_of_dossier(app: web::Data<App>, actor: Actor, code: web::Path<String>) -> Result<Reply> {
    logged_in(&actor)?;
    let code = code.into_inner();
    let rows = app.db.read(move |conn| {
        let row = store::find(conn, &actor, &code)?;
        let (state, files) = (row.state()?, files::list_of_dossier(conn, row.id)?);
        let items = files.into_iter().map(FileOut::from);
        Ok(items.filter(|file| shown(&actor, &state, file.purpose)).collect())
    });
    Reply::ok(FilesOut { items: rows.await? })
}

/// A file of a dossier that the actor may see; what may not be seen is not there.
pub(super) fn visible_file(conn: &mut PgConnection, actor: &Actor, code: &str, id: Uuid) -> Result<FileRow> {
    let dossier = store::find(conn, actor, code)?;
    let row = files::find(conn, id)?;
    let purpose = FileOut::from(row.clone()).purpose;
    let there = row.dossier_id == Some(dossier.id) && shown(actor, &dossier.state()?, purpose);
    if there { Ok(row) } else { Err(NOT_FOUND.err()) }
}

/// Downloads a file of a dossier.
#[utoipa::path(
    operation_id = "download_file",
    tag = "files",
    params(("code" = String, Path, description = "Dossier code"), ("file" = Uuid, Path, description = "The file")),
    responses(
        (status = 200, description = "The bytes", content(
            (Vec<u8> = "application/pdf"), (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"),
            (Vec<u8> = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
            (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        )),
        (status = 206, description = "A range", content(
            (Vec<u8> = "application/pdf"), (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"),
            (Vec<u8> = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
            (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        )),
        (status = 304, description = "The caller has it"),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/dossiers/{code}/files/{file}")]
pub async fn download(
    app: web::Data<App>,
    actor: Actor,
    path: web::Path<(String, Uuid)>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    logged_in(&actor)?;
    let (code, id) = path.into_inner();
    let row = app.db.read(move |conn| visible_file(conn, &actor, &code, id)).await?;
    app.files.download(&row, &request).await
}
