//! Substitution (thay thế người vắng mặt): somebody acts in all positions of an absent
//! official for a time.
//!
//! A leader or administrator orders it, and only when all of the absent one's positions lie
//! in agencies which that leader or administrator is over: nobody gives away what another
//! unit entrusted. The substitute must work in those agencies too.

use actix_web::{get, post, web};
use diesel::prelude::*;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::auth::{Actor, StaffActor};
use crate::clock::day_of;
use crate::db::schema::{position, staff, substitution};
use crate::db::{Tx, date_to_sql, to_sql};
use crate::error::{FORBIDDEN, INVALID, NOT_FOUND, Problem, Result};
use crate::http::{Cursor, Keyed, Moment, PageQuery, Reply, Text, once};
use crate::workflow::Role;

/// A substitution to order.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSubstitution {
    /// Who is absent.
    absent_id: Uuid,
    /// Who acts instead.
    substitute_id: Uuid,
    valid_from: Moment,
    /// Acts until just before this moment.
    valid_to: Moment,
    reason: Text<500>,
}

/// A substitution.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubstitutionOut {
    id: Uuid,
    absent_id: Uuid,
    substitute_id: Uuid,
    #[schema(value_type = String, format = DateTime)]
    valid_from: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    valid_to: Timestamp,
    reason: String,
    /// Who ordered it.
    granted_by: Uuid,
}

/// Order a substitution
#[utoipa::path(
    operation_id = "order_substitution", tag = "agencies", security(("bearer" = [])),
    params(("Idempotency-Key" = String, Header, description = "A new one for each request", max_length = 200)),
    request_body = NewSubstitution,
    responses(
        (status = 201, description = "Ordered", body = SubstitutionOut),
        (status = 400, description = "Not JSON, or no Idempotency-Key", body = Problem),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Not over all positions of the absent one", body = Problem),
        (status = 404, description = "No such official", body = Problem),
        (status = 409, description = "The same key is under way", body = Problem),
        (status = 422, description = "Not valid, or the key was used for something else", body = Problem),
    )
)]
#[post("/api/v1/substitutions")]
pub async fn order_substitution(
    app: web::Data<App>,
    actor: Actor,
    request: Keyed<NewSubstitution>,
) -> Result<Reply> {
    actor.need_staff()?;
    let Keyed { key, body } = request;
    app.db.write(&actor, move |tx| once(tx, &key, |tx| order(tx, &body))).await
}

fn order(tx: &mut Tx, new: &NewSubstitution) -> Result<Reply> {
    let by = tx.actor.need_staff()?;
    let over = is_over(by);
    if over.is_empty() {
        return Err(FORBIDDEN.err());
    }
    check(new, tx.now)?;
    let absent = agencies_of(tx, new.absent_id)?;
    let substitute = agencies_of(tx, new.substitute_id)?;
    if !absent.iter().all(|agency| over.contains(agency)) || !substitute.iter().any(|a| over.contains(a)) {
        return Err(FORBIDDEN.err());
    }
    let id = Uuid::now_v7();
    diesel::insert_into(substitution::table)
        .values((
            substitution::id.eq(id),
            substitution::absent_id.eq(new.absent_id),
            substitution::substitute_id.eq(new.substitute_id),
            substitution::valid_from.eq(to_sql(new.valid_from.time())),
            substitution::valid_to.eq(to_sql(new.valid_to.time())),
            substitution::reason.eq(new.reason.as_str()),
            substitution::granted_by.eq(by.staff_id),
        ))
        .execute(tx.conn)?;
    tx.audit("order_substitution", Some(id))?;
    let row: Row = substitution::table.find(id).first(tx.conn)?;
    Reply::created(SubstitutionOut::from(row))
}

fn check(new: &NewSubstitution, now: Timestamp) -> Result<()> {
    if new.absent_id == new.substitute_id {
        return Err(INVALID.at("/substitute_id", "phải là người khác", "must be somebody else"));
    }
    if new.valid_to <= new.valid_from || new.valid_to.time() <= now {
        return Err(INVALID.at(
            "/valid_to",
            "phải sau thời điểm bắt đầu và sau hiện tại",
            "must be after valid_from and after now",
        ));
    }
    Ok(())
}

/// The agencies that somebody leads or administers, with those below, in positions of one's
/// own: who stands in for a leader does not pass that on.
fn is_over(staff: &StaffActor) -> Vec<Uuid> {
    let over = staff.positions.iter().filter(|position| {
        matches!(position.role, Role::Leader | Role::AgencyAdmin) && position.substitutes.is_none()
    });
    over.flat_map(|position| position.sees.iter().copied()).collect()
}

/// Where an official holds positions today; 404 without any.
fn agencies_of(tx: &mut Tx, official: Uuid) -> Result<Vec<Uuid>> {
    let today = date_to_sql(day_of(tx.now));
    let agencies: Vec<Uuid> = position::table
        .inner_join(staff::table.on(staff::id.eq(position::staff_id)))
        .filter(position::staff_id.eq(official).and(staff::active))
        .filter(position::valid_from.le(today))
        .filter(position::valid_to.is_null().or(position::valid_to.ge(today)))
        .select(position::agency_id)
        .load(tx.conn)?;
    if agencies.is_empty() { Err(NOT_FOUND.err()) } else { Ok(agencies) }
}

/// A page of substitutions, the oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubstitutionPage {
    items: Vec<SubstitutionOut>,
    /// `cursor` of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// List substitutions that concern me or the agencies I am over
#[utoipa::path(
    operation_id = "list_substitutions", tag = "agencies", security(("bearer" = [])), params(PageQuery),
    responses(
        (status = 200, description = "A page", body = SubstitutionPage),
        (status = 400, description = "A parameter is malformed", body = Problem),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Not an official", body = Problem),
        (status = 422, description = "A parameter is out of range", body = Problem),
    )
)]
#[get("/api/v1/substitutions")]
pub async fn list_substitutions(
    app: web::Data<App>,
    actor: Actor,
    page: web::Query<PageQuery>,
) -> Result<web::Json<SubstitutionPage>> {
    let me = actor.need_staff()?.clone();
    let (limit, after) = (page.limit()?, page.after::<Uuid>()?);
    Ok(web::Json(app.db.read(move |conn| list(conn, &me, limit, after)).await?))
}

#[derive(Queryable)]
struct Row {
    id: Uuid,
    absent_id: Uuid,
    substitute_id: Uuid,
    valid_from: jiff_diesel::Timestamp,
    valid_to: jiff_diesel::Timestamp,
    reason: String,
    granted_by: Uuid,
}

impl From<Row> for SubstitutionOut {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            absent_id: row.absent_id,
            substitute_id: row.substitute_id,
            valid_from: row.valid_from.to_jiff(),
            valid_to: row.valid_to.to_jiff(),
            reason: row.reason,
            granted_by: row.granted_by,
        }
    }
}

fn list(
    conn: &mut PgConnection,
    me: &StaffActor,
    limit: i64,
    after: Option<Uuid>,
) -> Result<SubstitutionPage> {
    let below = position::table.filter(position::agency_id.eq_any(is_over(me))).select(position::staff_id);
    let mine = substitution::absent_id
        .eq(me.staff_id)
        .or(substitution::substitute_id.eq(me.staff_id))
        .or(substitution::absent_id.eq_any(below));
    let rows: Vec<Row> = substitution::table
        .filter(mine)
        .filter(substitution::id.gt(after.unwrap_or(Uuid::nil())))
        .order(substitution::id)
        .limit(limit + 1)
        .load(conn)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let next = rows.get(limit).and_then(|_| rows.get(limit - 1)).map(|last| Cursor::encode(&last.id));
    let items = rows.into_iter().take(limit).map(SubstitutionOut::from).collect();
    Ok(SubstitutionPage { items, next: next.transpose()? })
}
