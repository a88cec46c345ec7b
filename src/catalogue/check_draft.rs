//! An official tries a definition: what the check would say, without publishing.

use actix_web::{HttpResponse, post, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::rules::Rules;
use crate::auth::Actor;
use crate::error::{Problem, Result};
use crate::workflow::Defect;

/// What the check says.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckAnswer {
    /// It could be published.
    pub publishable: bool,
    /// Everything that has to be mended first.
    pub defects: Vec<DefectShown>,
}

/// One defect of a definition.
#[derive(Debug, Serialize, ToSchema)]
pub struct DefectShown {
    /// Stable word for programs.
    pub code: String,
    /// JSON pointer to the place.
    pub path: String,
    /// The steps that lead a dossier into it.
    pub route: Vec<String>,
    /// In Vietnamese.
    pub vi: String,
    /// In English.
    pub en: String,
}

impl From<Defect> for DefectShown {
    fn from(defect: Defect) -> Self {
        Self {
            code: defect.code.word().to_owned(),
            path: defect.path,
            route: defect.route.iter().map(ToString::to_string).collect(),
            vi: defect.vi,
            en: defect.en,
        }
    }
}

/// Try a definition
///
/// Runs the check of publishing and changes nothing. A text that is no JSON is a defect
/// like any other.
#[utoipa::path(
    operation_id = "check_procedure_definition", tag = "catalogue",
    request_body(content = Object, description = "The definition"),
    responses(
        (status = 200, description = "What the check says", body = CheckAnswer),
        (status = 400, description = "The body cannot be read", body = Problem),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Not an official", body = Problem),
        (status = 413, description = "Larger than 512 KiB", body = Problem),
    ),
    security(("bearer" = []))
)]
#[post("/api/v1/procedures/checks")]
pub async fn check_procedure_definition(actor: Actor, body: web::Bytes) -> Result<HttpResponse> {
    actor.need_staff()?;
    let rules = Rules::embedded()?;
    let checked = web::block(move || rules.check(&String::from_utf8_lossy(&body)));
    let defects = checked.await.map_err(anyhow::Error::from)?.err().unwrap_or_default();
    let defects: Vec<DefectShown> = defects.into_iter().map(Into::into).collect();
    Ok(HttpResponse::Ok().json(CheckAnswer { publishable: defects.is_empty(), defects }))
}
