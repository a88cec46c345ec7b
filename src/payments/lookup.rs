//! The national portal asks whether a dossier owes money (`dptracuuthanhtoanhs`). One that was
//! refused, withdrawn or stopped owes none, since nobody can pay for it any more.
//!
//! May call: a machine client with the scope `payments.lookup`. Reads only.

use actix_web::{post, web};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::charge::{balance, still_asked};
use crate::app::App;
use crate::auth::Actor;
use crate::db::condition;
use crate::db::schema::dossier;
use crate::error::{Problem, Result};
use crate::http::Reply;
use crate::national::payment_platform::wire_time;

/// Scope of the machine clients that may ask.
pub const SCOPE: &str = "payments.lookup";

/// Longest dossier code that is looked for, in bytes.
const CODE_LIMIT: usize = 100;

/// The question.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LookupIn {
    /// Dossier code (mã hồ sơ).
    #[serde(rename = "MaHoSo")]
    pub dossier_code: String,
}

/// The answer, in the portal's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LookupOut {
    /// `1`: money is due; `0`: none is due; `-1`: no such dossier.
    #[schema(pattern = "^(1|0|-1)$")]
    pub error_code: String,
    pub message: LookupMessage,
}

/// What the answer can be cited by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LookupMessage {
    /// Dossier code and time of the answer (`yyyyMMddHHmmss`, +07:00); empty without a dossier.
    #[serde(rename = "MaTraCuuTT")]
    pub lookup_code: String,
}

/// Does a dossier owe money?
#[utoipa::path(
    operation_id = "look_up_payment",
    tag = "payments",
    request_body = LookupIn,
    responses(
        (status = 200, description = "Whether money is due", body = LookupOut),
        (status = 400, description = "Not readable", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No token", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Without the scope payments.lookup", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/payments/lookups/national")]
pub async fn look_up_payment(app: web::Data<App>, actor: Actor, body: web::Json<LookupIn>) -> Result<Reply> {
    actor.need_scope(SCOPE)?;
    let now = app.db.clock.now();
    let code = body.into_inner().dossier_code;
    Reply::ok(app.db.read(move |conn| look_up(conn, &code, now)).await?)
}

/// The answer about a dossier code.
pub fn look_up(conn: &mut PgConnection, code: &str, now: Timestamp) -> Result<LookupOut> {
    let answer = |error_code: &str, lookup_code: String| LookupOut {
        error_code: error_code.to_owned(),
        message: LookupMessage { lookup_code },
    };
    // Such codes do not exist, and PostgreSQL has no text with a NUL.
    if code.len() > CODE_LIMIT || code.contains('\0') {
        return Ok(answer("-1", String::new()));
    }
    let found: Option<(Uuid, bool)> = dossier::table
        .filter(dossier::code.eq(code))
        .select((dossier::id, condition(still_asked!("dossier"))))
        .first(conn)
        .optional()?;
    let Some((id, asked)) = found else {
        return Ok(answer("-1", String::new()));
    };
    let error_code = if asked && balance(conn, id)?.due() > 0 { "1" } else { "0" };
    Ok(answer(error_code, format!("{code}{}", wire_time(now))))
}
