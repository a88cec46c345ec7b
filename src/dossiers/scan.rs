//! A clerk of the receiving unit uploads the scan of a paper component.

use actix_web::{HttpRequest, post, web};
use serde::Deserialize;
use utoipa::IntoParams;

use super::components::{received, receives};
use super::show::logged_in;
use super::store;
use crate::app::App;
use crate::auth::Actor;
use crate::db::Tx;
use crate::error::{NOT_FOUND, Problem, Result};
use crate::files::{self, Purpose, Received, Target, UploadQuery};
use crate::http::{Reply, once};
use crate::records::digitise::{self as records, DigitisationOut};

/// `?name=&ordinal=` of a scan.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ScanQuery {
    /// File name with extension; needed unless the file comes in a form that names it.
    #[param(min_length = 1, max_length = 400)]
    name: Option<String>,
    /// 1 (when absent) came with the filing; 2, 3 … again as a supplement.
    #[param(minimum = 1, maximum = 1000)]
    ordinal: Option<i16>,
}

/// Uploads the scan of a paper component. A scan under way is replaced by it; so is, once it is
/// signed, the digitisation in force, which stays readable.
#[utoipa::path(
    operation_id = "scan_component", tag = "records",
    params(
        ("code" = String, Path, description = "Dossier code"),
        ("component" = String, Path, description = "Code of the document"),
        ("Idempotency-Key" = String, Header, description = "A new word for each request"),
        ScanQuery,
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 201, description = "The scan", body = DigitisationOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/dossiers/{code}/components/{component}/scans")]
pub async fn scan_component(
    app: web::Data<App>,
    actor: Actor,
    path: web::Path<(String, String)>,
    query: web::Query<ScanQuery>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<Reply> {
    logged_in(&actor)?;
    let (code, document) = path.into_inner();
    let (asker, asked) = (actor.clone(), code.clone());
    // Who may not put it need not send it.
    app.db.read(move |conn| receives(&asker, &store::find(conn, &asker, &asked)?)).await?;
    let ordinal = query.ordinal.unwrap_or(1);
    let upload = UploadQuery { component: None, name: query.name.clone() };
    let scan = app.files.receive_request(&request, payload, &upload).await?;
    let (key, state) = (scan.key(&request)?, app.clone());
    app.db
        .write(&actor, move |tx| {
            once(tx, &key, |tx| Reply::created(keep(&state, tx, &code, &document, ordinal, &scan)?))
        })
        .await
}

fn keep(
    app: &App,
    tx: &mut Tx,
    code: &str,
    document: &str,
    ordinal: i16,
    scan: &Received,
) -> Result<DigitisationOut> {
    let loaded = received(app, tx, code)?;
    loaded.version.document(document).ok_or_else(|| NOT_FOUND.err())?;
    let target = Target::Dossier(loaded.row.id);
    let file = files::attach(tx, &app.files.limits, target, document, Purpose::Scan, scan)?;
    let begun = records::begin(tx, loaded.row.id, document, ordinal, &file)?;
    tx.audit("scan_component", Some(loaded.row.id))?;
    Ok(begun)
}
