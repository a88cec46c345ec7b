//! Legal hold: as long as it stands, a document is not destroyed, whatever the rules say.
//!
//! May: leaders and auditors who see the agency that keeps the document. Who holds, why, until
//! it is lifted, by whom and why: all of it stays.

use actix_web::{get, post, web};
use diesel::prelude::*;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::document::Standing;
use crate::app::App;
use crate::auth::Actor;
use crate::db::schema::{record_document, record_hold};
use crate::db::{Tx, to_sql};
use crate::error::{Code, FORBIDDEN, NOT_FOUND, Problem, Result};
use crate::http::{Keyed, Reply, Text, once};
use crate::workflow::Role;

pub static HOLD_LIFTED: Code =
    Code::new(409, "hold_lifted", "Lệnh giữ này đã được gỡ bỏ", "This hold was lifted already");

/// Why a document is held, or held no more.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HoldIn)]
pub struct HoldIn {
    /// The case, the inspection, the order.
    reason: Text<500>,
}

/// A hold.
#[derive(Debug, Serialize, ToSchema)]
pub struct HoldOut {
    pub id: Uuid,
    pub reason: String,
    /// As kind:id.
    pub placed_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub placed_at: Timestamp,
    pub lifted_by: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub lifted_at: Option<Timestamp>,
    pub lift_reason: String,
}

/// The holds of a document, latest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct HoldsOut {
    pub items: Vec<HoldOut>,
}

/// Hold a document
#[utoipa::path(
    operation_id = "place_record_hold", tag = "records", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The document"),
        ("Idempotency-Key" = String, Header, description = "A new one for each request", max_length = 200),
    ),
    request_body = HoldIn,
    responses(
        (status = 201, description = "Held", body = HoldOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/records/{id}/holds")]
pub async fn place_record_hold(
    app: web::Data<App>,
    actor: Actor,
    id: web::Path<Uuid>,
    request: Keyed<HoldIn>,
) -> Result<Reply> {
    may_hold(&actor)?;
    let (id, Keyed { key, body }) = (id.into_inner(), request);
    app.db.write(&actor, move |tx| once(tx, &key, |tx| place(tx, id, &body))).await
}

fn place(tx: &mut Tx, id: Uuid, new: &HoldIn) -> Result<Reply> {
    in_sight(tx.conn, tx.actor, id, true)?;
    let hold = Uuid::now_v7();
    diesel::insert_into(record_hold::table)
        .values((
            record_hold::id.eq(hold),
            record_hold::document_id.eq(id),
            record_hold::reason.eq(new.reason.as_str()),
            record_hold::placed_by.eq(tx.actor.key()),
            record_hold::placed_at.eq(to_sql(tx.now)),
        ))
        .execute(tx.conn)?;
    tx.audit("place_record_hold", Some(hold))?;
    Reply::created(holds(tx.conn, id, Some(hold))?.pop())
}

/// Lift a hold
#[utoipa::path(
    operation_id = "lift_record_hold", tag = "records", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The document"),
        ("hold" = Uuid, Path, description = "The hold"),
        ("Idempotency-Key" = String, Header, description = "A new one for each request", max_length = 200),
    ),
    request_body = HoldIn,
    responses(
        (status = 200, description = "Lifted", body = HoldOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/records/{id}/holds/{hold}/lift")]
pub async fn lift_record_hold(
    app: web::Data<App>,
    actor: Actor,
    path: web::Path<(Uuid, Uuid)>,
    request: Keyed<HoldIn>,
) -> Result<Reply> {
    may_hold(&actor)?;
    let ((id, hold), Keyed { key, body }) = (path.into_inner(), request);
    app.db.write(&actor, move |tx| once(tx, &key, |tx| lift(tx, id, hold, &body))).await
}

fn lift(tx: &mut Tx, id: Uuid, hold: Uuid, why: &HoldIn) -> Result<Reply> {
    in_sight(tx.conn, tx.actor, id, true)?;
    let found = holds(tx.conn, id, Some(hold))?.pop().ok_or_else(|| NOT_FOUND.err())?;
    if found.lifted_at.is_some() {
        return Err(HOLD_LIFTED.err());
    }
    diesel::update(record_hold::table.find(hold))
        .set((
            record_hold::lifted_by.eq(Some(tx.actor.key())),
            record_hold::lifted_at.eq(Some(to_sql(tx.now))),
            record_hold::lift_reason.eq(why.reason.as_str()),
        ))
        .execute(tx.conn)?;
    tx.audit("lift_record_hold", Some(hold))?;
    Reply::ok(holds(tx.conn, id, Some(hold))?.pop())
}

/// List the holds of a document
#[utoipa::path(
    operation_id = "list_record_holds", tag = "records", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The document")),
    responses(
        (status = 200, description = "The latest 200 holds", body = HoldsOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/records/{id}/holds")]
pub async fn list_record_holds(app: web::Data<App>, actor: Actor, id: web::Path<Uuid>) -> Result<Reply> {
    may_hold(&actor)?;
    let id = id.into_inner();
    let items = app.db.read(move |conn| {
        in_sight(conn, &actor, id, false)?;
        holds(conn, id, None)
    });
    Reply::ok(HoldsOut { items: items.await? })
}

fn may_hold(actor: &Actor) -> Result<()> {
    let staff = actor.need_staff()?;
    match staff.has_role(Role::Leader) || staff.has_role(Role::Auditor) {
        true => Ok(()),
        false => Err(FORBIDDEN.err()),
    }
}

/// The document is there, and a leader or auditor sees the agency that keeps it. Locked, so
/// that it is not destroyed at the same time.
fn in_sight(conn: &mut PgConnection, actor: &Actor, id: Uuid, lock: bool) -> Result<()> {
    let staff = actor.need_staff()?;
    let holding = staff.positions.iter().filter(|post| matches!(post.role, Role::Leader | Role::Auditor));
    let seen: Vec<Uuid> = holding.flat_map(|post| post.sees.iter().copied()).collect();
    let there = record_document::table
        .find(id)
        .filter(record_document::standing.ne(Standing::Destroyed.word()))
        .filter(record_document::keeper_id.eq_any(seen))
        .select(record_document::id);
    let found: Option<Uuid> = match lock {
        true => there.for_no_key_update().first(conn).optional()?,
        false => there.first(conn).optional()?,
    };
    found.map(drop).ok_or_else(|| NOT_FOUND.err())
}

type Row =
    (Uuid, String, String, jiff_diesel::Timestamp, Option<String>, Option<jiff_diesel::Timestamp>, String);

fn holds(conn: &mut PgConnection, document: Uuid, only: Option<Uuid>) -> Result<Vec<HoldOut>> {
    let mut query = record_hold::table
        .filter(record_hold::document_id.eq(document))
        .order(record_hold::id.desc())
        .limit(200)
        .select((
            record_hold::id,
            record_hold::reason,
            record_hold::placed_by,
            record_hold::placed_at,
            record_hold::lifted_by,
            record_hold::lifted_at,
            record_hold::lift_reason,
        ))
        .into_boxed();
    if let Some(only) = only {
        query = query.filter(record_hold::id.eq(only));
    }
    let rows: Vec<Row> = query.load(conn)?;
    let out = |(id, reason, placed_by, placed_at, lifted_by, lifted_at, lift_reason): Row| HoldOut {
        id,
        reason,
        placed_by,
        placed_at: placed_at.to_jiff(),
        lifted_by,
        lifted_at: lifted_at.map(|at| at.to_jiff()),
        lift_reason,
    };
    Ok(rows.into_iter().map(out).collect())
}
