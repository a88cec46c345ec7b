//! Whoever has the token of a share looks at the document, as long as the share lives. No login
//! is needed; every look is noted for the holder. A token that is wrong, over or taken back is
//! 404, and so is the document that was destroyed.

use actix_web::{HttpRequest, HttpResponse, get, web};
use diesel::prelude::*;
use uuid::Uuid;

use super::document::{DocumentOut, DocumentRow, Standing};
use super::reach::live_share;
use super::share::hash_of;
use super::show::file_of;
use super::uses::{Act, Look, note};
use crate::app::App;
use crate::auth::Actor;
use crate::clock::day_of;
use crate::db::Tx;
use crate::db::schema::{record_document, record_share};
use crate::error::{NOT_FOUND, Problem, Result};
use crate::http::Reply;

/// Look at a document by the token of a share
#[utoipa::path(
    operation_id = "open_shared_record", tag = "records", security(()),
    params(("token" = String, Path, description = "The token of the share", max_length = 64)),
    responses(
        (status = 200, description = "The document", body = DocumentOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/shared-records/{token}")]
pub async fn open_shared_record(
    app: web::Data<App>,
    actor: Actor,
    token: web::Path<String>,
) -> Result<Reply> {
    let token = token.into_inner();
    let row = app.db.write(&actor, move |tx| looked_at(tx, &token, Act::Read)).await?;
    Reply::ok(row.out(day_of(app.db.clock.now()))?)
}

/// Download the file of a document by the token of a share
#[utoipa::path(
    operation_id = "download_shared_record", tag = "records", security(()),
    params(("token" = String, Path, description = "The token of the share", max_length = 64)),
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
#[get("/api/v1/shared-records/{token}/file")]
pub async fn download_shared_record(
    app: web::Data<App>,
    actor: Actor,
    token: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let token = token.into_inner();
    let file = app.db.write(&actor, move |tx| {
        let row = looked_at(tx, &token, Act::Downloaded)?;
        file_of(tx.conn, &row)
    });
    app.files.download(&file.await?, &request).await
}

/// The document that the token opens now, with the look noted.
fn looked_at(tx: &mut Tx, token: &str, act: Act) -> Result<DocumentRow> {
    let found: Option<(DocumentRow, Uuid, String)> = record_share::table
        .inner_join(record_document::table.on(record_document::id.eq(record_share::document_id)))
        .filter(record_share::token_hash.eq(hash_of(token)))
        .filter(live_share(tx.now))
        .filter(record_document::standing.ne(Standing::Destroyed.word()))
        .select((DocumentRow::as_select(), record_share::id, record_share::purpose))
        .first(tx.conn)
        .optional()?;
    let (row, share, purpose) = found.ok_or_else(|| NOT_FOUND.err())?;
    note(tx, &[Look { document: row.id, act, unit: None, dossier: None, share: Some(share), purpose }])?;
    Ok(row)
}
