//! The receipts of a dossier: who sees the dossier lists and downloads them, and a cashier of
//! the unit that issued one replaces it when it names the wrong payer.

use actix_web::http::header;
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::show::logged_in;
use super::store;
use super::take_action::NOT_YOUR_ROLE;
use crate::app::App;
use crate::auth::Actor;
use crate::error::{Problem, Result};
use crate::http::{Keyed, Reply, Text, once};
use crate::receipts::{self, Format, Payer, ReceiptOut, document};
use crate::workflow::Role;

/// The receipts of a dossier.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceiptsOut {
    /// In the order of issuing, those that ended included.
    pub items: Vec<ReceiptOut>,
}

/// `?format=` of a download.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FormatQuery {
    /// PDF when absent.
    #[param(inline)]
    format: Option<Format>,
}

/// Another receipt in the stead of one that names the wrong payer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplaceReceipt {
    /// Who paid, rightly.
    payer: Payer,
    /// What was wrong; it stands on the old receipt.
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    reason: Text<500>,
}

/// Lists the receipts of a dossier.
#[utoipa::path(
    operation_id = "list_receipts",
    tag = "payments",
    params(("code" = String, Path, description = "Dossier code")),
    responses(
        (status = 200, description = "Receipts", body = ReceiptsOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/dossiers/{code}/receipts")]
pub async fn list(app: web::Data<App>, actor: Actor, code: web::Path<String>) -> Result<Reply> {
    logged_in(&actor)?;
    let code = code.into_inner();
    let items = app.db.read(move |conn| {
        let dossier = store::find(conn, &actor, &code)?;
        receipts::of_dossier(conn, dossier.id)
    });
    Reply::ok(ReceiptsOut { items: items.await? })
}

/// Downloads a receipt.
#[utoipa::path(
    operation_id = "download_receipt",
    tag = "payments",
    params(
        ("code" = String, Path, description = "Dossier code"),
        ("receipt" = Uuid, Path, description = "The receipt"),
        FormatQuery,
    ),
    responses(
        (status = 200, description = "The bytes", content((Vec<u8> = "application/pdf"), (String = "application/xml"))),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/dossiers/{code}/receipts/{receipt}")]
pub async fn download(
    app: web::Data<App>,
    actor: Actor,
    path: web::Path<(String, Uuid)>,
    query: web::Query<FormatQuery>,
) -> Result<HttpResponse> {
    logged_in(&actor)?;
    let ((code, id), format) = (path.into_inner(), query.format.unwrap_or(Format::Pdf));
    let receipt = app.db.read(move |conn| {
        let dossier = store::find(conn, &actor, &code)?;
        receipts::find(conn, dossier.id, id)
    });
    let receipt = receipt.await?;
    let name = format!("bien-lai-{}-{}.{}", receipt.series, receipt.number, format.word());
    let bytes = document(&app.db, receipt, format, &app.config.public_url()).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, format.media_type()))
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .body(bytes))
}

/// Replaces a receipt that names the wrong payer.
#[utoipa::path(
    operation_id = "replace_receipt",
    tag = "payments",
    params(
        ("code" = String, Path, description = "Dossier code"),
        ("receipt" = Uuid, Path, description = "The receipt"),
        ("Idempotency-Key" = String, Header, description = "A new word for each request"),
    ),
    request_body = ReplaceReceipt,
    responses(
        (status = 201, description = "The receipt that stands in its stead", body = ReceiptOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/dossiers/{code}/receipts/{receipt}/replacements")]
pub async fn replace(
    app: web::Data<App>,
    actor: Actor,
    path: web::Path<(String, Uuid)>,
    body: Keyed<ReplaceReceipt>,
) -> Result<Reply> {
    logged_in(&actor)?;
    let ((code, id), Keyed { key, body }) = (path.into_inner(), body);
    let done = app.db.write(&actor, move |tx| {
        let dossier = store::find(tx.conn, tx.actor, &code)?;
        let cashier = tx.actor.staff().is_some_and(|s| s.holds(Role::Cashier, dossier.receiving_unit_id));
        if !cashier {
            return Err(NOT_YOUR_ROLE.err());
        }
        once(tx, &key, |tx| {
            receipts::find(tx.conn, dossier.id, id)?;
            let stead = receipts::replace(tx, id, &body.payer, body.reason.as_str())?;
            Reply::created(receipts::find(tx.conn, dossier.id, stead)?)
        })
    });
    done.await
}
