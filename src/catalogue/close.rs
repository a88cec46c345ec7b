//! A system administrator closes a procedure: from a day on it takes no filings.
//!
//! Dossiers under way go on. The public page says since and until when, and why. Closing
//! again replaces the days; a new version that comes into force opens the procedure.
//!
//! Refusals: 404 for an unknown procedure, 409 for one that was never published, 422 for
//! days that do not fit.

use actix_web::{post, web};
use diesel::prelude::*;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cache::NOT_IN_FORCE;
use super::entry::{Closure, sane_day};
use super::revision;
use super::show::ProcedureCode;
use crate::app::App;
use crate::auth::Actor;
use crate::db::schema::procedure;
use crate::db::{Tx, date_to_sql, to_sql};
use crate::error::{INVALID, NOT_FOUND, Problem, Result};
use crate::http::{Keyed, Reply, once};
use crate::workflow::Role;

/// Since and until when, and why.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseProcedure {
    /// First day without filings.
    #[schema(value_type = String, format = Date)]
    since: Date,
    /// Last day without filings; absent = until further notice.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    until: Option<Date>,
    /// What people read, in Vietnamese.
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

/// A procedure that was closed.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClosedProcedure {
    #[schema(pattern = r"^\d\.\d{6}$", example = "1.001193")]
    code: String,
    closed: Closure,
}

/// Close a procedure
#[utoipa::path(
    operation_id = "close_procedure", tag = "catalogue",
    params(
        ("code" = String, Path, description = "National code", pattern = r"^\d\.\d{6}$", example = "1.001193"),
        ("Idempotency-Key" = String, Header, description = "A new one for each request", max_length = 200),
    ),
    request_body = CloseProcedure,
    responses(
        (status = 200, description = "Closed", body = ClosedProcedure),
        (status = 400, description = "Not JSON, or no Idempotency-Key", body = Problem),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Not a system administrator", body = Problem),
        (status = 404, description = "No such procedure", body = Problem),
        (status = 409, description = "Never published, or the same key under way", body = Problem),
        (status = 413, description = "The body is too large", body = Problem),
        (status = 422, description = "Days or reason do not fit", body = Problem),
    ),
    security(("bearer" = []))
)]
#[post("/api/v1/procedures/{code}/close")]
pub async fn close_procedure(
    app: web::Data<App>,
    actor: Actor,
    code: web::Path<ProcedureCode>,
    sent: Keyed<CloseProcedure>,
) -> Result<Reply> {
    actor.need_role(Role::SystemAdmin)?;
    let code = code.into_inner().check()?;
    let closure = sent.body.check()?;
    app.db
        .write(&actor, move |tx| {
            once(tx, &sent.key, |tx| {
                close(tx, &code, &closure)?;
                tx.audit("close_procedure", None)?;
                Reply::ok(ClosedProcedure { code: code.clone(), closed: closure.clone() })
            })
        })
        .await
}

impl CloseProcedure {
    fn check(&self) -> Result<Closure> {
        let since = sane_day("/since", self.since)?;
        let until = self.until.map(|day| sane_day("/until", day)).transpose()?;
        if until.is_some_and(|until| until < since) {
            return Err(INVALID.at("/until", "trước ngày bắt đầu", "is before the first day"));
        }
        let reason = self.reason.trim();
        if reason.is_empty() || reason.chars().count() > 1000 || reason.contains('\0') {
            return Err(INVALID.at(
                "/reason",
                "phải có 1 đến 1.000 ký tự",
                "must have 1 to 1,000 characters",
            ));
        }
        Ok(Closure { since, until, reason: reason.to_owned() })
    }
}

/// Writes the days of a closure.
pub fn close(tx: &mut Tx, code: &str, closure: &Closure) -> Result<()> {
    revision::advance(tx)?;
    let closed = diesel::update(procedure::table.find(code))
        .set((
            procedure::closed_since.eq(date_to_sql(closure.since)),
            procedure::closed_until.eq(closure.until.map(date_to_sql)),
            procedure::closed_reason.eq(&closure.reason),
            procedure::updated_at.eq(to_sql(tx.now)),
        ))
        .returning(procedure::current_version_id.is_not_null())
        .get_result::<bool>(tx.conn)
        .optional()?;
    match closed {
        None => Err(NOT_FOUND.err()),
        Some(false) => Err(NOT_IN_FORCE.err()),
        Some(true) => Ok(()),
    }
}
