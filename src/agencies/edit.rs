//! `POST /api/v1/agencies` and `PUT /api/v1/agencies/{code}`: a system administrator keeps
//! the tree of agencies. Moving one takes everything below it along.

use actix_web::{post, put, web};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DbError};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::closure;
use super::show::{AgencyOut, Level, find};
use super::words::haystack;
use crate::app::App;
use crate::auth::Actor;
use crate::db::schema::agency;
use crate::db::{Tx, date_to_sql};
use crate::error::{Code, Error, INVALID, Problem, Result};
use crate::http::{Day, IfMatch, Keyed, Reply, Text, once};
use crate::workflow::Role;

pub static AGENCY_EXISTS: Code =
    Code::new(409, "agency_exists", "Mã cơ quan này đã có", "An agency with this code exists");

/// A new agency.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAgency {
    /// Identifier code after QCVN 102:2016, e.g. `H49.22`.
    #[schema(value_type = String, pattern = r"^[GH][0-9]{2}(\.[0-9A-Z]{1,3}){0,3}$", max_length = 15)]
    code: Text<15>,
    agency: AgencyFacts,
}

/// What may change of an agency.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgencyFacts {
    name: Text<300>,
    short_name: Text<100>,
    /// Kind of agency, e.g. `department`.
    #[schema(value_type = String, pattern = "^[a-z_]{1,50}$")]
    kind: Text<50>,
    level: Level,
    /// Code of the agency above; absent for a root.
    parent: Option<Text<15>>,
    /// Code of the administrative unit.
    admin_unit_code: Option<Text<10>>,
    address: Option<Text<300>>,
    valid_from: Day,
    /// Last day it exists; absent while nobody knows.
    valid_to: Option<Day>,
}

/// Found an agency
#[utoipa::path(
    operation_id = "create_agency", tag = "agencies", security(("bearer" = [])),
    params(("Idempotency-Key" = String, Header, description = "A new one for each request", max_length = 200)),
    request_body = NewAgency,
    responses(
        (status = 201, description = "Founded", body = AgencyOut),
        (status = 400, description = "Not JSON, or no Idempotency-Key", body = Problem),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Not a system administrator", body = Problem),
        (status = 409, description = "The code is taken, or the same key is under way", body = Problem),
        (status = 422, description = "Not valid, or the key was used for something else", body = Problem),
    )
)]
#[post("/api/v1/agencies")]
pub async fn create_agency(app: web::Data<App>, actor: Actor, request: Keyed<NewAgency>) -> Result<Reply> {
    actor.need_role(Role::SystemAdmin)?;
    let Keyed { key, body } = request;
    app.db.write(&actor, move |tx| once(tx, &key, |tx| create(tx, &body))).await
}

/// Change or move an agency
#[utoipa::path(
    operation_id = "change_agency", tag = "agencies", security(("bearer" = [])),
    params(
        ("code" = String, Path, description = "Identifier code", example = "H49.22"),
        ("If-Match" = String, Header, description = "The version that was seen, e.g. \"3\""),
    ),
    request_body = AgencyFacts,
    responses(
        (status = 200, description = "Changed", body = AgencyOut),
        (status = 400, description = "Not JSON of this shape", body = Problem),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Not a system administrator", body = Problem),
        (status = 404, description = "No such agency", body = Problem),
        (status = 409, description = "Somebody else changed it meanwhile", body = Problem),
        (status = 422, description = "Not valid", body = Problem),
        (status = 428, description = "The version is missing", body = Problem),
    )
)]
#[put("/api/v1/agencies/{code}")]
pub async fn change_agency(
    app: web::Data<App>,
    actor: Actor,
    code: web::Path<String>,
    version: IfMatch,
    body: web::Json<AgencyFacts>,
) -> Result<Reply> {
    actor.need_role(Role::SystemAdmin)?;
    let (code, facts) = (code.into_inner(), body.into_inner());
    app.db.write(&actor, move |tx| change(tx, &code, version, &facts)).await
}

fn create(tx: &mut Tx, new: &NewAgency) -> Result<Reply> {
    let code = new.code.as_str();
    if !is_code(code) {
        return Err(INVALID.at("/code", "không đúng dạng mã định danh", "not an identifier code"));
    }
    let (id, parent) = (Uuid::now_v7(), parent_id(tx, &new.agency, "/agency/parent")?);
    diesel::insert_into(agency::table)
        .values((
            agency::id.eq(id),
            agency::code.eq(code),
            agency::long_code.eq(long_code(code)),
            agency::sample.eq(false),
            Values::of(code, parent, &new.agency),
        ))
        .execute(tx.conn)
        .map_err(exists)?;
    closure::place(tx, id, parent)?;
    tx.audit("create_agency", Some(id))?;
    Reply::created(find(tx.conn, code)?)
}

fn change(tx: &mut Tx, code: &str, version: IfMatch, facts: &AgencyFacts) -> Result<Reply> {
    let before = find(tx.conn, code)?;
    let current: i32 = agency::table.find(before.id).select(agency::version).for_update().first(tx.conn)?;
    version.check(current)?;
    let parent = parent_id(tx, facts, "/parent")?;
    diesel::update(agency::table.find(before.id))
        .set((Values::of(code, parent, facts), agency::version.eq(current + 1)))
        .execute(tx.conn)?;
    closure::place(tx, before.id, parent)?;
    tx.audit("change_agency", Some(before.id))?;
    Reply::ok(find(tx.conn, code)?)
}

/// The columns that creation and change have in common.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = agency, treat_none_as_null = true)]
struct Values<'a> {
    name: &'a str,
    short_name: &'a str,
    kind: &'a str,
    level: &'static str,
    parent_id: Option<Uuid>,
    admin_unit_code: Option<&'a str>,
    address: &'a str,
    valid_from: jiff_diesel::Date,
    valid_to: Option<jiff_diesel::Date>,
    search: String,
}

impl<'a> Values<'a> {
    fn of(code: &str, parent_id: Option<Uuid>, facts: &'a AgencyFacts) -> Self {
        let (name, short_name) = (facts.name.as_str(), facts.short_name.as_str());
        Self {
            name,
            short_name,
            kind: facts.kind.as_str(),
            level: facts.level.word(),
            parent_id,
            admin_unit_code: facts.admin_unit_code.as_ref().map(Text::as_str),
            address: facts.address.as_ref().map_or("", Text::as_str),
            valid_from: date_to_sql(facts.valid_from.date()),
            valid_to: facts.valid_to.map(|day| date_to_sql(day.date())),
            search: haystack(&[code, name, short_name]),
        }
    }
}

/// The agency above, after the facts have been checked for themselves.
fn parent_id(tx: &mut Tx, facts: &AgencyFacts, field: &str) -> Result<Option<Uuid>> {
    if facts.valid_to.is_some_and(|last| last < facts.valid_from) {
        return Err(INVALID.at("valid_to", "phải từ ngày bắt đầu trở đi", "must not be before valid_from"));
    }
    if !facts.kind.as_str().bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
        return Err(INVALID.at(
            "kind",
            "chỉ gồm chữ thường và gạch dưới",
            "small letters and underscores only",
        ));
    }
    let Some(code) = &facts.parent else { return Ok(None) };
    let found: Option<Uuid> =
        agency::table.filter(agency::code.eq(code.as_str())).select(agency::id).first(tx.conn).optional()?;
    found.map(Some).ok_or_else(|| INVALID.at(field, "không có cơ quan này", "there is no such agency"))
}

/// A letter with two digits, then at most three parts of one to three digits or capitals.
fn is_code(code: &str) -> bool {
    let mut parts = code.split('.');
    let first = parts.next().is_some_and(
        |first| matches!(first.as_bytes(), [b'G' | b'H', a, b] if a.is_ascii_digit() && b.is_ascii_digit()),
    );
    let rest: Vec<&str> = parts.collect();
    let part = |part: &&str| {
        (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
    };
    first && rest.len() <= 3 && rest.iter().all(part)
}

/// `H49.22.01` in the older shape, which counts from the smallest part: `000.01.22.H49`.
fn long_code(code: &str) -> String {
    let mut parts: Vec<&str> = code.split('.').collect();
    let first = parts.remove(0);
    let part = |n: usize| parts.get(n).copied();
    format!("{}.{}.{}.{first}", part(2).unwrap_or("000"), part(1).unwrap_or("00"), part(0).unwrap_or("00"))
}

fn exists(error: DbError) -> Error {
    match error {
        DbError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => AGENCY_EXISTS.err(),
        error => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_a_short_and_a_long_shape() {
        let cases = [
            ("H49", "000.00.00.H49"),
            ("H49.22", "000.00.22.H49"),
            ("H49.22.01", "000.01.22.H49"),
            ("G01.49.A1.123", "123.A1.49.G01"),
        ];
        for (code, long) in cases {
            assert!(is_code(code), "{code}");
            assert_eq!(long_code(code), long);
        }
        for code in ["", "H4", "X49", "H49.", "H49..1", "H49.1234", "h49", "H49.1.2.3.4", "H49.a"] {
            assert!(!is_code(code), "{code}");
        }
    }
}
