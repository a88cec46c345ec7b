//! Officials and their positions: (agency, role) with dates.
//!
//! An agency's administrator appoints in that agency and in those below it, to the roles of
//! daily work. A system administrator appoints everywhere and to every role, and so does the
//! command line. What is ended counts from the next request on, since nothing about roles is
//! in a token.

use actix_web::{get, post, web};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DbError};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::show::find;
use crate::app::App;
use crate::auth::{Actor, Who, accounts, passwords};
use crate::clock::day_of;
use crate::db::schema::{agency, position, staff};
use crate::db::{Tx, date_to_sql};
use crate::error::{Code, Error, FORBIDDEN, INVALID, NOT_FOUND, Problem, Result};
use crate::http::{Cursor, Day, Keyed, PageQuery, Reply, Text, once};
use crate::workflow::Role;

pub static POSITION_EXISTS: Code =
    Code::new(409, "position_exists", "Vị trí này đã được giao", "This position has been given already");

/// A new account, without a position yet.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStaff {
    /// Small letters, digits and dots.
    #[schema(value_type = String, pattern = r"^[a-z0-9][a-z0-9.]{2,99}$")]
    pub(super) username: Text<100>,
    pub(super) full_name: Text<200>,
    /// At least as long as `auth.min_password_length` demands.
    #[schema(min_length = 12, max_length = 200)]
    pub(super) password: String,
}

/// An account.
#[derive(Debug, Serialize, ToSchema)]
pub struct StaffOut {
    pub(super) id: Uuid,
    username: String,
    full_name: String,
}

/// Open an account for an official
#[utoipa::path(
    operation_id = "create_staff", tag = "agencies", security(("bearer" = [])),
    params(("Idempotency-Key" = String, Header, description = "A new one for each request", max_length = 200)),
    request_body = NewStaff,
    responses(
        (status = 201, description = "Opened", body = StaffOut),
        (status = 400, description = "Not JSON, or no Idempotency-Key", body = Problem),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Not an administrator", body = Problem),
        (status = 409, description = "The name is taken, or the same key is under way", body = Problem),
        (status = 422, description = "Not valid, or the key was used for something else", body = Problem),
    )
)]
#[post("/api/v1/staff")]
pub async fn create_staff(app: web::Data<App>, actor: Actor, request: Keyed<NewStaff>) -> Result<Reply> {
    let admin = actor.need_staff()?;
    if !admin.has_role(Role::SystemAdmin) && !admin.has_role(Role::AgencyAdmin) {
        return Err(FORBIDDEN.err());
    }
    let Keyed { mut key, body } = request;
    key.hash = app.tokens.seal(&key.hash);
    body.check(app.config.auth.min_password_length)?;
    let hash = passwords::hash_in_turn(body.password.clone()).await?;
    let create = move |tx: &mut Tx| once(tx, &key, |tx| Reply::created(body.create(tx, &hash)?));
    app.db.write(&actor, create).await
}

impl NewStaff {
    pub(super) fn check(&self, shortest: usize) -> Result<()> {
        let name = self.username.as_str().as_bytes();
        let plain = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        if name.len() < 3 || !plain(&name[0]) || !name.iter().all(|b| plain(b) || *b == b'.') {
            return Err(INVALID.at(
                "/username",
                "từ 3 ký tự, chỉ gồm chữ thường không dấu, chữ số và dấu chấm",
                "at least three small letters, digits and dots",
            ));
        }
        passwords::check_length("/password", &self.password, shortest)
    }

    pub(super) fn create(&self, tx: &mut Tx, hash: &str) -> Result<StaffOut> {
        let (username, full_name) = (self.username.as_str(), self.full_name.as_str());
        let id = accounts::create_staff(tx, username, full_name, hash)?;
        tx.audit("create_staff", Some(id))?;
        Ok(StaffOut { id, username: username.to_owned(), full_name: full_name.to_owned() })
    }
}

/// A position to give.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPosition {
    /// Code of the agency.
    pub(super) agency: Text<50>,
    pub(super) role: Role,
    pub(super) valid_from: Day,
    /// Last day; absent = until it is ended.
    pub(super) valid_to: Option<Day>,
}

/// A position.
#[derive(Debug, Serialize, ToSchema)]
pub struct PositionOut {
    id: Uuid,
    staff_id: Uuid,
    /// Code of the agency.
    agency: String,
    role: String,
    #[schema(value_type = String, format = Date)]
    valid_from: Date,
    #[schema(value_type = Option<String>, format = Date)]
    valid_to: Option<Date>,
}

/// Give an official a position
#[utoipa::path(
    operation_id = "give_position", tag = "agencies", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The official"),
        ("Idempotency-Key" = String, Header, description = "A new one for each request", max_length = 200),
    ),
    request_body = NewPosition,
    responses(
        (status = 201, description = "Given", body = PositionOut),
        (status = 400, description = "Not JSON, or no Idempotency-Key", body = Problem),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Not an administrator there, or not of this role", body = Problem),
        (status = 404, description = "No such official", body = Problem),
        (status = 409, description = "Given already, or the same key is under way", body = Problem),
        (status = 422, description = "Not valid, or the key was used for something else", body = Problem),
    )
)]
#[post("/api/v1/staff/{id}/positions")]
pub async fn give_position(
    app: web::Data<App>,
    actor: Actor,
    id: web::Path<Uuid>,
    request: Keyed<NewPosition>,
) -> Result<Reply> {
    actor.need_staff()?;
    let (Keyed { key, body }, id) = (request, id.into_inner());
    app.db.write(&actor, move |tx| once(tx, &key, |tx| Reply::created(give(tx, id, &body)?))).await
}

pub(super) fn give(tx: &mut Tx, official: Uuid, new: &NewPosition) -> Result<PositionOut> {
    if matches!(new.role, Role::Applicant | Role::System) {
        return Err(INVALID.at("/role", "không phải vai trò của cán bộ", "not a role of officials"));
    }
    if new.valid_to.is_some_and(|last| last < new.valid_from) {
        return Err(INVALID.at("/valid_to", "phải từ ngày bắt đầu trở đi", "must not be before valid_from"));
    }
    let place = find(tx.conn, new.agency.as_str()).map_err(|error| match error.code() {
        code if code == &NOT_FOUND => {
            INVALID.at("/agency", "không có cơ quan này", "there is no such agency")
        }
        _ => error,
    })?;
    may_appoint(tx.actor, place.id, new.role.word())?;
    let active = staff::table.find(official).filter(staff::active);
    if !diesel::select(diesel::dsl::exists(active)).get_result(tx.conn)? {
        return Err(NOT_FOUND.err());
    }
    let id = Uuid::now_v7();
    diesel::insert_into(position::table)
        .values((
            position::id.eq(id),
            position::staff_id.eq(official),
            position::agency_id.eq(place.id),
            position::role.eq(new.role.word()),
            position::valid_from.eq(date_to_sql(new.valid_from.date())),
            position::valid_to.eq(new.valid_to.map(|day| date_to_sql(day.date()))),
        ))
        .execute(tx.conn)
        .map_err(given_already)?;
    tx.audit("give_position", Some(id))?;
    show(tx.conn, official, id)
}

/// A system administrator appoints everywhere; an agency's administrator below, to daily work.
/// Nobody comes over HTTP as the system: that is the command line, whose user has the database.
fn may_appoint(actor: &Actor, agency: Uuid, role: &str) -> Result<()> {
    if matches!(actor.who, Who::System(_)) {
        return Ok(());
    }
    let admin = actor.need_staff()?;
    let daily = !matches!(role, "auditor" | "system_admin");
    let over = admin.positions.iter().any(|p| {
        // Who stands in for an administrator does the daily work, and appoints nobody.
        p.role == Role::AgencyAdmin && p.substitutes.is_none() && p.sees.contains(&agency)
    });
    if admin.has_role(Role::SystemAdmin) || (daily && over) { Ok(()) } else { Err(FORBIDDEN.err()) }
}

fn given_already(error: DbError) -> Error {
    match error {
        DbError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => POSITION_EXISTS.err(),
        error => error.into(),
    }
}

/// When a position ends.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PositionEnd {
    /// Last day; absent = it ends at once, yesterday being its last day.
    last_day: Option<Day>,
}

/// End a position
#[utoipa::path(
    operation_id = "end_position", tag = "agencies", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The official"),
        ("position" = Uuid, Path, description = "The position"),
        ("Idempotency-Key" = String, Header, description = "A new one for each request", max_length = 200),
    ),
    request_body = PositionEnd,
    responses(
        (status = 200, description = "Ended, or going to end", body = PositionOut),
        (status = 400, description = "Not JSON, or no Idempotency-Key", body = Problem),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Not an administrator there, or not of this role", body = Problem),
        (status = 404, description = "No such position of this official", body = Problem),
        (status = 409, description = "The same key is under way", body = Problem),
        (status = 422, description = "Not valid, or the key was used for something else", body = Problem),
    )
)]
#[post("/api/v1/staff/{id}/positions/{position}/end")]
pub async fn end_position(
    app: web::Data<App>,
    actor: Actor,
    path: web::Path<(Uuid, Uuid)>,
    request: Keyed<PositionEnd>,
) -> Result<Reply> {
    actor.need_staff()?;
    let (Keyed { key, body }, (official, id)) = (request, path.into_inner());
    app.db.write(&actor, move |tx| once(tx, &key, |tx| end(tx, official, id, &body))).await
}

fn end(tx: &mut Tx, official: Uuid, id: Uuid, end: &PositionEnd) -> Result<Reply> {
    let held: Option<(Uuid, String)> = position::table
        .find(id)
        .filter(position::staff_id.eq(official))
        .select((position::agency_id, position::role))
        .for_update()
        .first(tx.conn)
        .optional()?;
    let (agency, role) = held.ok_or_else(|| NOT_FOUND.err())?;
    may_appoint(tx.actor, agency, &role)?;
    let yesterday = day_of(tx.now).saturating_sub(1.day());
    let last_day = end.last_day.map_or(yesterday, Day::date);
    diesel::update(position::table.find(id))
        .set(position::valid_to.eq(Some(date_to_sql(last_day))))
        .execute(tx.conn)?;
    tx.audit("end_position", Some(id))?;
    Reply::ok(show(tx.conn, official, id)?)
}

type PositionRow = (Uuid, Uuid, String, String, jiff_diesel::Date, Option<jiff_diesel::Date>);

fn show(conn: &mut PgConnection, official: Uuid, id: Uuid) -> Result<PositionOut> {
    let row: PositionRow = position::table
        .find(id)
        .inner_join(agency::table.on(agency::id.eq(position::agency_id)))
        .filter(position::staff_id.eq(official))
        .select((
            position::id,
            position::staff_id,
            agency::code,
            position::role,
            position::valid_from,
            position::valid_to,
        ))
        .first(conn)?;
    let (id, staff_id, agency, role, valid_from, valid_to) = row;
    let (valid_from, valid_to) = (valid_from.to_jiff(), valid_to.map(|day| day.to_jiff()));
    Ok(PositionOut { id, staff_id, agency, role, valid_from, valid_to })
}

/// Who works in an agency, as what.
#[derive(Debug, Serialize, ToSchema)]
pub struct StaffPage {
    items: Vec<StaffMember>,
    /// `cursor` of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A position with its holder.
#[derive(Debug, Serialize, ToSchema)]
pub struct StaffMember {
    position_id: Uuid,
    staff_id: Uuid,
    username: String,
    full_name: String,
    role: String,
    #[schema(value_type = String, format = Date)]
    valid_from: Date,
    #[schema(value_type = Option<String>, format = Date)]
    valid_to: Option<Date>,
}

/// List who holds a position in an agency today
#[utoipa::path(
    operation_id = "list_agency_staff", tag = "agencies", security(("bearer" = [])),
    params(("code" = String, Path, description = "Code of the agency"), PageQuery),
    responses(
        (status = 200, description = "A page", body = StaffPage),
        (status = 400, description = "A parameter is malformed", body = Problem),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Not an administrator of it or above", body = Problem),
        (status = 404, description = "No such agency", body = Problem),
        (status = 422, description = "A parameter is out of range", body = Problem),
    )
)]
#[get("/api/v1/agencies/{code}/staff")]
pub async fn list_agency_staff(
    app: web::Data<App>,
    actor: Actor,
    code: web::Path<String>,
    page: web::Query<PageQuery>,
) -> Result<web::Json<StaffPage>> {
    actor.need_staff()?;
    let (limit, after) = (page.limit()?, page.after::<Uuid>()?);
    let today = day_of(app.db.clock.now());
    let list = move |conn: &mut PgConnection| {
        let place = find(conn, &code)?;
        may_appoint(&actor, place.id, "specialist")?;
        list(conn, place.id, today, limit, after)
    };
    Ok(web::Json(app.db.read(list).await?))
}

fn list(
    conn: &mut PgConnection,
    agency: Uuid,
    today: Date,
    limit: i64,
    after: Option<Uuid>,
) -> Result<StaffPage> {
    let today = date_to_sql(today);
    type Row = (Uuid, Uuid, String, String, String, jiff_diesel::Date, Option<jiff_diesel::Date>);
    let rows: Vec<Row> = position::table
        .inner_join(staff::table.on(staff::id.eq(position::staff_id)))
        .filter(position::agency_id.eq(agency))
        .filter(position::id.gt(after.unwrap_or(Uuid::nil())))
        .filter(position::valid_from.le(today))
        .filter(position::valid_to.is_null().or(position::valid_to.ge(today)))
        .order(position::id)
        .limit(limit + 1)
        .select((
            position::id,
            staff::id,
            staff::username,
            staff::full_name,
            position::role,
            position::valid_from,
            position::valid_to,
        ))
        .load(conn)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let next = rows.get(limit).and_then(|_| rows.get(limit - 1)).map(|last| Cursor::encode(&last.0));
    let items = rows.into_iter().take(limit);
    let items = items.map(|(position_id, staff_id, username, full_name, role, valid_from, valid_to)| {
        let (valid_from, valid_to) = (valid_from.to_jiff(), valid_to.map(|day| day.to_jiff()));
        StaffMember { position_id, staff_id, username, full_name, role, valid_from, valid_to }
    });
    Ok(StaffPage { items: items.collect(), next: next.transpose()? })
}
