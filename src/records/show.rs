//! One document of a store: its data, and its file. What anybody but the holder is shown is
//! noted in the same transaction.

use actix_web::{HttpRequest, HttpResponse, get, web};
use uuid::Uuid;

use super::NO_FILE;
use super::document::{DocumentOut, DocumentRow, Standing};
use super::reach::reach;
use super::uses::{Act, note};
use crate::app::App;
use crate::auth::Actor;
use crate::clock::day_of;
use crate::db::Tx;
use crate::error::{Problem, Result};
use crate::files::{self, FileRow};
use crate::http::Reply;

/// Show a document of a store
#[utoipa::path(
    operation_id = "get_record", tag = "records", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The document")),
    responses(
        (status = 200, description = "The document", body = DocumentOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/records/{id}")]
pub async fn get_record(app: web::Data<App>, actor: Actor, id: web::Path<Uuid>) -> Result<Reply> {
    let row = looked_at(&app, &actor, id.into_inner(), Act::Read).await?;
    Reply::ok(row.out(day_of(app.db.clock.now()))?)
}

/// Download the file of a document
#[utoipa::path(
    operation_id = "download_record", tag = "records", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The document")),
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
#[get("/api/v1/records/{id}/file")]
pub async fn download_record(
    app: web::Data<App>,
    actor: Actor,
    id: web::Path<Uuid>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let row = looked_at(&app, &actor, id.into_inner(), Act::Downloaded).await?;
    let file = app.db.read(move |conn| file_of(conn, &row)).await?;
    app.files.download(&file, &request).await
}

/// The document, with the look at it noted.
async fn looked_at(app: &web::Data<App>, actor: &Actor, id: Uuid, act: Act) -> Result<DocumentRow> {
    let state = app.clone();
    app.db
        .write(actor, move |tx: &mut Tx| {
            let reached = reach(&state, tx.conn, tx.actor, id, act, tx.now)?;
            note(tx, reached.look.as_slice())?;
            Ok(reached.row)
        })
        .await
}

/// The file of a document that may be read.
pub fn file_of(conn: &mut diesel::PgConnection, row: &DocumentRow) -> Result<FileRow> {
    match row.file_id {
        Some(file) if row.standing()? != Standing::Destroyed => files::find(conn, file),
        _ => Err(NO_FILE.err()),
    }
}
