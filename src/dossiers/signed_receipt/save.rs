//! Saves the submission receipt of a dossier as a file. Who sees the dossier may. Effects: none.

use actix_web::http::header;
use actix_web::{HttpResponse, get, web};

use crate::app::App;
use crate::auth::Actor;
use crate::dossiers::receipt::Receipt;
use crate::dossiers::show::logged_in;
use crate::dossiers::store;
use crate::error::{Problem, Result};

/// Saves the signed submission receipt.
#[utoipa::path(
    operation_id = "save_submission_receipt",
    tag = "dossiers",
    params(("code" = String, Path, description = "Dossier code")),
    responses(
        (status = 200, description = "The receipt", body = Receipt),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/dossiers/{code}/submission-receipt")]
pub async fn save_receipt(
    app: web::Data<App>,
    actor: Actor,
    code: web::Path<String>,
) -> Result<HttpResponse> {
    logged_in(&actor)?;
    let code = code.into_inner();
    let dossier = app.db.read(move |conn| store::find(conn, &actor, &code)).await?;
    let name = format!("bien-nhan-{}.json", dossier.code);
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .json(dossier.receipt))
}
