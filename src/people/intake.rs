//! `POST /api/v1/people`: a clerk registers a person who stands at the counter.
//!
//! Nobody needs an account to be served. The identity number is checked against sex and date
//! of birth. Who is known already is given back, contacts renewed; what VNeID has proved of a
//! person is not overwritten, and a name that differs from it is refused.

use actix_web::{post, web};
use diesel::prelude::*;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::contact::{Email, Phone};
use super::{Gender, IdentityNo};
use crate::app::App;
use crate::auth::Actor;
use crate::clock::day_of;
use crate::db::schema::person;
use crate::db::{Tx, date_to_sql, to_sql};
use crate::error::{Code, INVALID, NOT_FOUND, Problem, Result};
use crate::http::{Day, Keyed, Reply, Text, once};
use crate::workflow::Role;

pub static PERSON_DIFFERS: Code = Code::new(
    409,
    "person_differs",
    "Họ tên hoặc ngày sinh khác với dữ liệu đã xác thực qua VNeID của số định danh này",
    "Name or date of birth differ from what VNeID proved for this identity number",
);

/// A person at the counter.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonIn {
    /// Absent for foreigners.
    identity_no: Option<IdentityNo>,
    full_name: Text<200>,
    birth_date: Option<Day>,
    gender: Option<Gender>,
    phone: Option<Phone>,
    email: Option<Email>,
    address: Option<Text<500>>,
}

/// A person as registered.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonOut {
    pub id: Uuid,
    pub identity_no: Option<String>,
    pub full_name: String,
    #[schema(value_type = Option<String>, format = Date)]
    pub birth_date: Option<Date>,
    /// `male` or `female`.
    pub gender: Option<String>,
    pub phone: Option<String>,
    pub email: Option<String>,
    pub address: Option<String>,
    /// Highest VNeID level ever seen; 0 = never logged in.
    #[schema(minimum = 0, maximum = 2)]
    pub identity_level: i16,
}

/// Register a person who is present
#[utoipa::path(
    operation_id = "register_person", tag = "people", security(("bearer" = [])),
    params(("Idempotency-Key" = String, Header, description = "A new one for each request", max_length = 200)),
    request_body = PersonIn,
    responses(
        (status = 200, description = "Known already, contacts renewed", body = PersonOut),
        (status = 201, description = "Registered", body = PersonOut),
        (status = 400, description = "Not JSON, or no Idempotency-Key", body = Problem),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Not a one-stop clerk", body = Problem),
        (status = 409, description = "Differs from what VNeID proved, or the same key is under way", body = Problem),
        (status = 422, description = "Not valid, or the key was used for something else", body = Problem),
    )
)]
#[post("/api/v1/people")]
pub async fn register_person(app: web::Data<App>, actor: Actor, request: Keyed<PersonIn>) -> Result<Reply> {
    actor.need_role(Role::OneStopClerk)?;
    let Keyed { key, body } = request;
    app.db.write(&actor, move |tx| once(tx, &key, |tx| register(tx, &body))).await
}

fn register(tx: &mut Tx, input: &PersonIn) -> Result<Reply> {
    check(input, day_of(tx.now))?;
    let created = insert(tx, input)?;
    let id = match (created, &input.identity_no) {
        (Some(id), _) => id,
        (None, Some(number)) => {
            let known = known(tx, number)?;
            renew(tx, &known, input)?
        }
        (None, None) => unreachable!("only an identity number can be known already"),
    };
    tx.audit("register_person", Some(id))?;
    let person = find(tx.conn, id)?;
    if created.is_some() { Reply::created(person) } else { Reply::ok(person) }
}

/// The number must agree with sex and date of birth, and nobody is born tomorrow.
fn check(input: &PersonIn, today: Date) -> Result<()> {
    let born = input.birth_date.map(Day::date);
    if born.is_some_and(|born| born > today) {
        return Err(INVALID.at("/birth_date", "sau ngày hôm nay", "after today"));
    }
    let Some(number) = &input.identity_no else { return Ok(()) };
    number.agrees_with(input.gender, born).map_err(|flaw| {
        let (vi, en) = flaw.sentence();
        INVALID.at("/identity_no", vi, en)
    })
}

#[derive(Queryable)]
struct Known {
    id: Uuid,
    full_name: String,
    birth_date: Option<jiff_diesel::Date>,
    identity_level: i16,
}

fn known(tx: &mut Tx, number: &IdentityNo) -> Result<Known> {
    let known = person::table
        .filter(person::identity_no.eq(number.as_str()))
        .select((person::id, person::full_name, person::birth_date, person::identity_level))
        .for_update()
        .first(tx.conn)?;
    Ok(known)
}

/// Renews what a clerk may renew; of a person whom VNeID proved, the contacts only.
fn renew(tx: &mut Tx, known: &Known, input: &PersonIn) -> Result<Uuid> {
    let proved = known.identity_level > 0;
    let other_name = known.full_name.to_lowercase() != input.full_name.as_str().to_lowercase();
    let other_day = match (known.birth_date, input.birth_date) {
        (Some(proved), Some(said)) => proved.to_jiff() != said.date(),
        _ => false,
    };
    if proved && (other_name || other_day) {
        return Err(PERSON_DIFFERS.err());
    }
    diesel::update(person::table.find(known.id))
        .set((Contacts::of(input), person::updated_at.eq(to_sql(tx.now))))
        .execute(tx.conn)?;
    if !proved {
        diesel::update(person::table.find(known.id)).set(Facts::of(input)).execute(tx.conn)?;
    }
    Ok(known.id)
}

/// Writes a new person; nothing when the number is known, also to a request of this moment.
fn insert(tx: &mut Tx, input: &PersonIn) -> Result<Option<Uuid>> {
    let (id, now) = (Uuid::now_v7(), to_sql(tx.now));
    let number = input.identity_no.as_ref().map(IdentityNo::as_str);
    let times = (person::created_at.eq(now), person::updated_at.eq(now));
    let written = diesel::insert_into(person::table)
        .values((
            person::id.eq(id),
            person::identity_no.eq(number),
            Facts::of(input),
            Contacts::of(input),
            times,
        ))
        .on_conflict(person::identity_no)
        .do_nothing()
        .execute(tx.conn)?;
    Ok((written > 0).then_some(id))
}

/// What identifies; what is not said stays as it was.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = person)]
struct Facts<'a> {
    full_name: &'a str,
    birth_date: Option<jiff_diesel::Date>,
    gender: Option<&'a str>,
}

impl<'a> Facts<'a> {
    fn of(input: &'a PersonIn) -> Self {
        let gender = input.gender.or(input.identity_no.as_ref().map(IdentityNo::gender));
        Self {
            full_name: input.full_name.as_str(),
            birth_date: input.birth_date.map(|day| date_to_sql(day.date())),
            gender: gender.map(Gender::as_str),
        }
    }
}

/// Where to reach the person; what is not said stays as it was.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = person)]
struct Contacts<'a> {
    phone: Option<&'a str>,
    email: Option<&'a str>,
    address: Option<&'a str>,
}

impl<'a> Contacts<'a> {
    fn of(input: &'a PersonIn) -> Self {
        Self {
            phone: input.phone.as_ref().map(Phone::as_str),
            email: input.email.as_ref().map(Email::as_str),
            address: input.address.as_ref().map(Text::as_str),
        }
    }
}

type Row = (
    Uuid,
    Option<String>,
    String,
    Option<jiff_diesel::Date>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    i16,
);

/// A person by id.
pub fn find(conn: &mut PgConnection, id: Uuid) -> Result<PersonOut> {
    let row: Option<Row> = person::table
        .find(id)
        .select((
            person::id,
            person::identity_no,
            person::full_name,
            person::birth_date,
            person::gender,
            person::phone,
            person::email,
            person::address,
            person::identity_level,
        ))
        .first(conn)
        .optional()?;
    let row = row.ok_or_else(|| NOT_FOUND.err())?;
    let (id, identity_no, full_name, birth_date, gender, phone, email, address, identity_level) = row;
    let birth_date = birth_date.map(|day| day.to_jiff());
    Ok(PersonOut { id, identity_no, full_name, birth_date, gender, phone, email, address, identity_level })
}
