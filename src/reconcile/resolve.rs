//! A person says what is done about what does not agree; each word is kept.
//!
//! May call: the cashiers and leaders of the province. Refused: what is ended already.

use actix_web::{post, web};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text as SqlText, Timestamptz, Uuid as SqlUuid};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::list::{UnmatchedOut, shown};
use crate::app::App;
use crate::auth::Actor;
use crate::db::{Tx, prepared, to_sql};
use crate::error::{Code, FORBIDDEN, NOT_FOUND, Problem, Result};
use crate::http::{Keyed, Reply, Text, once};
use crate::payments::Till;

pub static UNMATCHED_ENDED: Code =
    Code::new(409, "unmatched_ended", "Khoản chênh lệch này đã được xử lý", "This was resolved before");

/// What is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResolutionAction {
    /// A step was taken, such as asking the gateway: it stays listed.
    Noted,
    /// It is explained, and listed no more.
    Accepted,
}

impl ResolutionAction {
    fn word(self) -> &'static str {
        match self {
            Self::Noted => "noted",
            Self::Accepted => "accepted",
        }
    }
}

/// A decision about what does not agree.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResolutionIn {
    pub action: ResolutionAction,
    pub reason: Text<500>,
}

/// Resolve what does not agree, or note a step
#[utoipa::path(
    operation_id = "resolve_unmatched", tag = "reconciliation", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The item"),
        ("Idempotency-Key" = String, Header, description = "A new one for each request", max_length = 200),
    ),
    request_body = ResolutionIn,
    responses(
        (status = 200, description = "The item with all that was decided", body = UnmatchedOut),
        (status = 400, description = "Not JSON, or no Idempotency-Key", body = Problem),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Neither a cashier nor a leader of the province", body = Problem),
        (status = 404, description = "No such item", body = Problem),
        (status = 409, description = "Resolved before, or the same key is under way", body = Problem),
        (status = 413, description = "Too large", body = Problem),
        (status = 422, description = "Not valid, or the key was used for something else", body = Problem),
        (status = 503, description = "Busy", body = Problem),
    )
)]
#[post("/api/v1/reconciliation/unmatched/{id}/resolutions")]
pub async fn resolve_unmatched(
    app: web::Data<App>,
    actor: Actor,
    id: web::Path<Uuid>,
    Keyed { key, body }: Keyed<ResolutionIn>,
) -> Result<Reply> {
    actor.need_staff()?;
    let id = id.into_inner();
    app.db.write(&actor, move |tx| once(tx, &key, |tx| resolve(tx, id, &body))).await
}

#[derive(QueryableByName)]
struct Ended {
    #[diesel(sql_type = Bool)]
    ended: bool,
}

fn resolve(tx: &mut Tx, id: Uuid, decided: &ResolutionIn) -> Result<Reply> {
    if !Till::of(tx.conn, tx.actor)?.province {
        return Err(FORBIDDEN.err());
    }
    let item: Option<Ended> =
        prepared("SELECT ended_at IS NOT NULL AS ended FROM unmatched WHERE id = ? FOR NO KEY UPDATE")
            .bind::<SqlUuid, _>(id)
            .get_result(tx.conn)
            .optional()?;
    if item.ok_or_else(|| NOT_FOUND.err())?.ended {
        return Err(UNMATCHED_ENDED.err());
    }
    prepared(
        "INSERT INTO unmatched_resolution (id, unmatched_id, action, reason, decided_at, decided_by)
         VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind::<SqlUuid, _>(Uuid::now_v7())
    .bind::<SqlUuid, _>(id)
    .bind::<SqlText, _>(decided.action.word())
    .bind::<SqlText, _>(decided.reason.as_str())
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .bind::<SqlText, _>(tx.actor.key())
    .execute(tx.conn)?;
    if decided.action == ResolutionAction::Accepted {
        prepared("UPDATE unmatched SET ended_at = ?, ended_by = ? WHERE id = ?")
            .bind::<Timestamptz, _>(to_sql(tx.now))
            .bind::<SqlText, _>(tx.actor.key())
            .bind::<SqlUuid, _>(id)
            .execute(tx.conn)?;
    }
    tx.audit("resolve_unmatched", Some(id))?;
    Reply::ok(shown(tx.conn, id)?)
}
