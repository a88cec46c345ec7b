//! Public tracking: the code and a secret show how far a dossier is, and nothing personal.

use actix_web::{get, web};
use diesel::prelude::*;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use utoipa::{IntoParams, ToSchema};

use super::code::DossierCode;
use crate::app::App;
use crate::db::schema::{dossier, procedure};
use crate::error::{NOT_FOUND, Problem, Result};
use crate::http::Reply;
use crate::workflow::DossierStatus;

/// `?secret=` of the tracking.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TrackQuery {
    /// The word on the receipt.
    #[param(max_length = 64)]
    pub secret: String,
}

/// How far a dossier is.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrackOut {
    pub code: String,
    pub procedure: String,
    pub procedure_name: String,
    /// Status of the national portal, 1 to 10.
    pub status: u8,
    pub status_name: String,
    #[schema(value_type = String, format = DateTime)]
    pub submitted_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Timestamp,
    pub paused: bool,
    pub late: bool,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closed_at: Option<Timestamp>,
}

type Columns = (
    String,
    String,
    String,
    i16,
    jiff_diesel::Timestamp,
    jiff_diesel::Timestamp,
    Option<jiff_diesel::Timestamp>,
    Option<jiff_diesel::Timestamp>,
    Option<jiff_diesel::Timestamp>,
);

/// Tracks a dossier without login. A wrong secret and an unknown code look the same.
#[utoipa::path(
    operation_id = "track_dossier",
    tag = "dossiers",
    security(()),
    params(("code" = String, Path, description = "Dossier code"), TrackQuery),
    responses(
        (status = 200, description = "How far it is", body = TrackOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/tracking/{code}")]
pub async fn track(
    app: web::Data<App>,
    code: web::Path<String>,
    query: web::Query<TrackQuery>,
) -> Result<Reply> {
    let Some(code) = DossierCode::parse(&code) else { return Err(NOT_FOUND.err()) };
    let secret = query.into_inner().secret;
    let asked = code.clone();
    let found: Option<Columns> = app
        .db
        .read(move |conn| {
            Ok(dossier::table
                .filter(dossier::code.eq(asked.as_str()))
                .select((
                    dossier::tracking_secret,
                    dossier::procedure_code,
                    procedure::table
                        .filter(procedure::code.eq(dossier::procedure_code))
                        .select(procedure::name)
                        .single_value()
                        .assume_not_null(),
                    dossier::status,
                    dossier::submitted_at,
                    dossier::due_at,
                    dossier::paused_since,
                    dossier::late_at,
                    dossier::closed_at,
                ))
                .first(conn)
                .optional()?)
        })
        .await?;
    let right = |f: &Columns| bool::from(f.0.as_bytes().ct_eq(secret.as_bytes()));
    let Some(found) = found.filter(right) else { return Err(NOT_FOUND.err()) };
    let status = u8::try_from(found.3).ok().and_then(|code| DossierStatus::try_from(code).ok());
    let status = status.ok_or_else(|| anyhow::anyhow!("status {} of {code}", found.3))?;
    Reply::ok(TrackOut {
        code: code.to_string(),
        procedure: found.1,
        procedure_name: found.2,
        status: status.code(),
        status_name: status.vi().to_owned(),
        submitted_at: found.4.to_jiff(),
        due_at: found.5.to_jiff(),
        paused: found.6.is_some(),
        late: found.7.is_some(),
        closed_at: found.8.map(jiff_diesel::Timestamp::to_jiff),
    })
}
