//! Substitution (thay thế người vắng mặt): somebody acts in all positions of an absent
//! official for a time.
//!
//! A leader or administrator orders it, and only when all of the absent one's positions lie
//! in agencies which that leader or administrator is over: nobody gives away what another
//! unit entrusted. The substitute must work in those agencies too.
//!
//! Who may order one may end it early, whoever gave the order. The two whom it concerns may
//! not: it is an order about who answers for a desk, and a substitute who could lay it down, or
//! an absent one who could call it off from afar, would leave the desk empty without the
//! leader knowing. It counts from the next request on, and the order stays on record.

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
use crate::error::{Code, FORBIDDEN, INVALID, NOT_FOUND, Problem, Result};
use crate::http::{Cursor, Keyed, Moment, PageQuery, Reply, Text, once};
use crate::workflow::Role;

pub static SUBSTITUTION_OVER: Code =
    Code::new(409, "substitution_over", "Việc thay thế này đã kết thúc", "This substitution is over already");

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
    /// When it was ended before its time; `valid_to` is then its true end, the same as
    /// `valid_from` when it had not begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
    /// Who ended it before its time.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_by: Option<Uuid>,
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
    if absent.is_empty() || substitute.is_empty() {
        return Err(NOT_FOUND.err());
    }
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

/// Where an official holds positions today.
fn agencies_of(tx: &mut Tx, official: Uuid) -> Result<Vec<Uuid>> {
    let today = date_to_sql(day_of(tx.now));
    Ok(position::table
        .inner_join(staff::table.on(staff::id.eq(position::staff_id)))
        .filter(position::staff_id.eq(official).and(staff::active))
        .filter(position::valid_from.le(today))
        .filter(position::valid_to.is_null().or(position::valid_to.ge(today)))
        .select(position::agency_id)
        .load(tx.conn)?)
}

/// Nothing to say but which.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubstitutionEnd {}

/// End a substitution before its time
#[utoipa::path(
    operation_id = "end_substitution", tag = "agencies", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The substitution"),
        ("Idempotency-Key" = String, Header, description = "A new one for each request", max_length = 200),
    ),
    request_body = SubstitutionEnd,
    responses(
        (status = 200, description = "Ended; the substitute acts for nobody from now on", body = SubstitutionOut),
        (status = 400, description = "Not JSON, or no Idempotency-Key", body = Problem),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Not over all positions of the absent one", body = Problem),
        (status = 404, description = "No such substitution that concerns me", body = Problem),
        (status = 409, description = "It is over already, or the same key is under way", body = Problem),
        (status = 422, description = "The key was used for something else", body = Problem),
    )
)]
#[post("/api/v1/substitutions/{id}/end")]
pub async fn end_substitution(
    app: web::Data<App>,
    actor: Actor,
    id: web::Path<Uuid>,
    request: Keyed<SubstitutionEnd>,
) -> Result<Reply> {
    actor.need_staff()?;
    let id = id.into_inner();
    app.db.write(&actor, move |tx| once(tx, &request.key, |tx| end(tx, id))).await
}

fn end(tx: &mut Tx, id: Uuid) -> Result<Reply> {
    let by = tx.actor.need_staff()?;
    let row: Option<Row> =
        substitution::table.find(id).filter(concerns(by)).for_update().first(tx.conn).optional()?;
    let row = row.ok_or_else(|| NOT_FOUND.err())?;
    let over = is_over(by);
    let absent = agencies_of(tx, row.absent_id)?;
    if over.is_empty() || !absent.iter().all(|agency| over.contains(agency)) {
        return Err(FORBIDDEN.err());
    }
    let (begins, ends) = (row.valid_from.to_jiff(), row.valid_to.to_jiff());
    if row.ended_at.is_some() || ends <= tx.now {
        return Err(SUBSTITUTION_OVER.err());
    }
    let row: Row = diesel::update(substitution::table.find(id))
        .set((
            substitution::valid_to.eq(to_sql(begins.max(tx.now))),
            substitution::ended_at.eq(Some(to_sql(tx.now))),
            substitution::ended_by.eq(Some(by.staff_id)),
        ))
        .get_result(tx.conn)?;
    tx.audit("end_substitution", Some(id))?;
    Reply::ok(SubstitutionOut::from(row))
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
    ended_at: Option<jiff_diesel::Timestamp>,
    ended_by: Option<Uuid>,
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
            ended_at: row.ended_at.map(|time| time.to_jiff()),
            ended_by: row.ended_by,
        }
    }
}

/// Those of which an official is told: the own ones, and those of people below.
#[diesel::dsl::auto_type(no_type_alias)]
fn concerns(me: &StaffActor) -> _ {
    let (id, over): (Uuid, Vec<Uuid>) = (me.staff_id, is_over(me));
    let below = position::table.filter(position::agency_id.eq_any(over)).select(position::staff_id);
    let mine = substitution::absent_id.eq(id).or(substitution::substitute_id.eq(id));
    mine.or(substitution::absent_id.eq_any(below))
}

fn list(
    conn: &mut PgConnection,
    me: &StaffActor,
    limit: i64,
    after: Option<Uuid>,
) -> Result<SubstitutionPage> {
    let rows: Vec<Row> = substitution::table
        .filter(concerns(me))
        .filter(substitution::id.gt(after.unwrap_or(Uuid::nil())))
        .order(substitution::id)
        .limit(limit + 1)
        .load(conn)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let next = rows.get(limit).and_then(|_| rows.get(limit - 1)).map(|last| Cursor::encode(&last.id));
    let items = rows.into_iter().take(limit).map(SubstitutionOut::from).collect();
    Ok(SubstitutionPage { items, next: next.transpose()? })
}
