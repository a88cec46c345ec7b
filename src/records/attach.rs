//! The file of a document that was imported comes after its data: whoever imported it sends it,
//! once. Effects: a file of the store, and the job that reads its text. Refusals: a document that
//! is not the sender's, that has a file, or that is there no more.

use actix_web::{HttpRequest, post, web};
use diesel::prelude::*;
use uuid::Uuid;

use super::document::{DocumentOut, DocumentRow, Standing};
use super::read_text;
use super::standing::kept_by;
use crate::app::App;
use crate::auth::Actor;
use crate::clock::day_of;
use crate::db::Tx;
use crate::db::schema::record_document;
use crate::error::{Code, Problem, Result};
use crate::files::{self, Received, UploadQuery};
use crate::http::{Reply, once};

pub static HAS_FILE: Code =
    Code::new(409, "record_has_file", "Giấy tờ này đã có tệp", "This document has its file already");

/// Send the file of an imported document: the body itself, or the first part of a form
#[utoipa::path(
    operation_id = "upload_record_file", tag = "records", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The document"),
        ("Idempotency-Key" = String, Header, description = "A new word for each request"),
        UploadQuery,
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 201, description = "The document with its file", body = DocumentOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/records/{id}/file")]
pub async fn upload_record_file(
    app: web::Data<App>,
    actor: Actor,
    id: web::Path<Uuid>,
    query: web::Query<UploadQuery>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<Reply> {
    let (id, asker) = (id.into_inner(), actor.clone());
    app.db.read(move |conn| kept_by(conn, &asker, id, false).map(drop)).await?;
    let received = app.files.receive_request(&request, payload, &query).await?;
    let key = received.key(&request)?;
    app.db.write(&actor, move |tx| once(tx, &key, |tx| attach(tx, id, &received))).await
}

fn attach(tx: &mut Tx, id: Uuid, received: &Received) -> Result<Reply> {
    let row = kept_by(tx.conn, tx.actor, id, true)?;
    if row.file_id.is_some() || row.standing()? == Standing::Destroyed {
        return Err(HAS_FILE.err());
    }
    let file = files::keep(tx, received)?;
    diesel::update(record_document::table.find(id))
        .set(record_document::file_id.eq(Some(file)))
        .execute(tx.conn)?;
    read_text::order(tx, id)?;
    tx.audit("upload_record_file", Some(id))?;
    let row = DocumentRow { file_id: Some(file), ..row };
    Reply::created(row.out(day_of(tx.now))?)
}
