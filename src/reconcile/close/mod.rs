//! The daily close (khoá sổ ngày) of a unit, or of the province for the whole book.
//!
//! Only a day that has ended in Việt Nam can be closed, so a close keeps nothing from anyone:
//! the first close of a day closes it for the whole book, and what arrives later is booked on
//! the day on which it arrives. The days of a unit are closed one after the other; each text
//! holds the hash of the one before. A settlement file that has not come does not hinder a
//! close, and stands in it.
//!
//! It takes two transactions. The first closes the day of the book, for which every booking
//! waits, and is short; what the day holds is final then. The second sums it, which may take
//! long, and keeps nobody waiting but who closes for the same agency.
//!
//! May call: the cashiers and leaders whose till reaches the unit; the province's for the
//! province. Refused: a day that has not ended, that is closed, or that is not the next one.

mod count;
mod figures;
mod show;

use std::cmp::Ordering;

use actix_web::{post, web};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Binary, Date as SqlDate, Nullable, Text as SqlText, Timestamptz, Uuid as SqlUuid};
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::auth::Actor;
use crate::clock::day_of;
use crate::db::schema::agency;
use crate::db::{Tx, date_to_sql, prepared, to_sql};
use crate::error::{Code, NOT_FOUND, Problem, Result};
use crate::http::{Day, Keyed, Reply, Text, once};
use crate::ledger;
use crate::payments::Till;

pub use count::{Scope, lines, moved};
pub use figures::{Figures, Head, Sums, balances, closing, sha256};
pub use show::{CloseOut, list_closes, show_close, show_close_text};

pub static DAY_NOT_OVER: Code =
    Code::new(409, "day_not_over", "Ngày này chưa kết thúc", "This day has not ended");

pub static DAY_CLOSED: Code =
    Code::new(409, "day_closed", "Ngày này đã khoá sổ", "This day is closed already");

pub static NOT_THE_NEXT_DAY: Code = Code::new(
    409,
    "not_the_next_day",
    "Phải khoá sổ lần lượt từng ngày",
    "Close the days one after the other",
);

/// A day to close.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseIn {
    /// Code of the unit, or of the province.
    pub agency: Text<30>,
    /// A day in Việt Nam that has ended.
    #[schema(value_type = String, format = Date)]
    pub day: Day,
}

/// Close a day
#[utoipa::path(
    operation_id = "close_day", tag = "reconciliation", security(("bearer" = [])),
    params(("Idempotency-Key" = String, Header, description = "A new one for each request", max_length = 200)),
    request_body = CloseIn,
    responses(
        (status = 201, description = "Closed", body = CloseOut),
        (status = 400, description = "Not JSON, or no Idempotency-Key", body = Problem),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Neither a cashier nor a leader", body = Problem),
        (status = 404, description = "No agency that my till reaches", body = Problem),
        (status = 409, description = "Not ended, closed already, or not the next day; or the same key is under way", body = Problem),
        (status = 413, description = "Too large", body = Problem),
        (status = 422, description = "Not valid, or the key was used for something else", body = Problem),
        (status = 503, description = "Busy", body = Problem),
    )
)]
#[post("/api/v1/closes")]
pub async fn close_day(
    app: web::Data<App>,
    actor: Actor,
    Keyed { key, body }: Keyed<CloseIn>,
) -> Result<Reply> {
    actor.need_staff()?;
    let wanted = body.clone();
    let first = move |tx: &mut Tx| {
        let (_, place) = reached(tx, &wanted)?;
        shut(tx, &place, wanted.day.date())
    };
    app.db.write(&actor, first).await?;
    app.db.write(&actor, move |tx| once(tx, &key, |tx| order(tx, &body))).await
}

fn order(tx: &mut Tx, wanted: &CloseIn) -> Result<Reply> {
    let (till, place) = reached(tx, wanted)?;
    let id = close(tx, &place, wanted.day.date())?;
    Reply::created(show::one(tx.conn, &till, id)?)
}

fn reached(tx: &mut Tx, wanted: &CloseIn) -> Result<(Till, Place)> {
    let till = Till::of(tx.conn, tx.actor)?;
    let place = place(tx.conn, wanted.agency.as_str())?.filter(|place| place.is_reached_by(&till));
    Ok((till, place.ok_or_else(|| NOT_FOUND.err())?))
}

/// An agency whose days are closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub id: Uuid,
    pub code: String,
    /// The province: its close is that of the whole book.
    pub whole: bool,
}

impl Place {
    fn scope(&self) -> Scope {
        (!self.whole).then_some(self.id)
    }

    fn is_reached_by(&self, till: &Till) -> bool {
        till.province || (!self.whole && till.reaches(Some(self.id)))
    }
}

/// The agency of a code.
pub fn place(conn: &mut PgConnection, code: &str) -> Result<Option<Place>> {
    let found: Option<(Uuid, String, Option<Uuid>, String)> = agency::table
        .filter(agency::code.eq(code))
        .select((agency::id, agency::code, agency::parent_id, agency::level))
        .first(conn)
        .optional()?;
    Ok(found.map(|(id, code, parent, level)| Place {
        id,
        code,
        whole: parent.is_none() && level == "province",
    }))
}

/// The close before.
struct Previous {
    id: Uuid,
    day: Date,
    hash: Vec<u8>,
    text: String,
}

/// The first transaction: the book of the day is closed, and every booking under way is waited
/// for. Done again, it changes nothing; that the agency has closed the day is for [`close`] to say.
pub fn shut(tx: &mut Tx, place: &Place, day: Date) -> Result<()> {
    match due(tx, place, day) {
        Ok(_) => ledger::close_day(tx, day),
        Err(refused) if refused.code() == &DAY_CLOSED => Ok(()),
        Err(refused) => Err(refused),
    }
}

/// The second transaction: sums and signs a day that is [`shut`]; gives the close.
pub fn close(tx: &mut Tx, place: &Place, day: Date) -> Result<Uuid> {
    // Who closes for the same agency at the same time is waited for.
    prepared("SELECT id FROM agency WHERE id = ? FOR NO KEY UPDATE")
        .bind::<SqlUuid, _>(place.id)
        .execute(tx.conn)?;
    let previous = due(tx, place, day)?;
    let figures = figures(tx.conn, place, day, previous.as_ref())?;
    let head = Head {
        agency_id: place.id,
        agency_code: place.code.clone(),
        day,
        previous: previous.as_ref().map(|last| hex::encode(&last.hash)).unwrap_or_default(),
        closed_at: tx.now,
        closed_by: tx.actor.key(),
    };
    let id = write(tx, &head, previous.map(|last| last.id), &figures.render(&head))?;
    tx.audit("close_day", Some(id))?;
    Ok(id)
}

/// The close before, if the day is the next one to be closed by the agency.
fn due(tx: &mut Tx, place: &Place, day: Date) -> Result<Option<Previous>> {
    if day >= day_of(tx.now) {
        return Err(DAY_NOT_OVER.err());
    }
    let previous = latest(tx.conn, place.id)?;
    let Some(last) = &previous else {
        let first = first_day(tx)?;
        if day < first {
            let (vi, en) = (format!("sớm nhất là ngày {first}"), format!("the first one is {first}"));
            return Err(NOT_THE_NEXT_DAY.because(vi, en));
        }
        return Ok(None);
    };
    let next = last.day.tomorrow().map_err(anyhow::Error::from)?;
    match day.cmp(&next) {
        Ordering::Less => Err(DAY_CLOSED.err()),
        Ordering::Equal => Ok(previous),
        Ordering::Greater => {
            let (vi, en) = (format!("ngày tiếp theo: {next}"), format!("the next day: {next}"));
            Err(NOT_THE_NEXT_DAY.because(vi, en))
        }
    }
}

#[derive(QueryableByName)]
struct FirstRow {
    #[diesel(sql_type = SqlDate)]
    day: jiff_diesel::Date,
}

/// The day with which an agency may begin: the first one with a booking, or yesterday. The days
/// before it hold nothing, and each of them would have to be followed by the next.
fn first_day(tx: &mut Tx) -> Result<Date> {
    let yesterday = day_of(tx.now).yesterday().map_err(anyhow::Error::from)?;
    let first: FirstRow = prepared("SELECT least(min(day), ?::date) AS day FROM transfer")
        .bind::<SqlDate, _>(date_to_sql(yesterday))
        .get_result(tx.conn)?;
    Ok(first.day.to_jiff())
}

fn figures(
    conn: &mut PgConnection,
    place: &Place,
    day: Date,
    previous: Option<&Previous>,
) -> Result<Figures> {
    let scope = place.scope();
    let before = match previous {
        Some(last) => closing(&Figures::read(&last.text)?.1.balances),
        None => moved(conn, scope, None, day.yesterday().map_err(anyhow::Error::from)?)?,
    };
    Ok(Figures {
        lines: lines(conn, scope, day)?,
        balances: balances(&before, &moved(conn, scope, Some(day), day)?),
        unmatched: count::unmatched(conn, scope, day)?,
        missing_files: count::missing_files(conn, day)?,
    })
}

#[derive(QueryableByName)]
struct LastRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlDate)]
    day: jiff_diesel::Date,
    #[diesel(sql_type = Binary)]
    sha256: Vec<u8>,
    #[diesel(sql_type = SqlText)]
    text: String,
}

fn latest(conn: &mut PgConnection, agency_id: Uuid) -> Result<Option<Previous>> {
    let last: Option<LastRow> =
        prepared("SELECT id, day, sha256, text FROM day_close WHERE agency_id = ? ORDER BY day DESC LIMIT 1")
            .bind::<SqlUuid, _>(agency_id)
            .get_result(conn)
            .optional()?;
    Ok(last.map(|row| Previous { id: row.id, day: row.day.to_jiff(), hash: row.sha256, text: row.text }))
}

fn write(tx: &mut Tx, head: &Head, previous_id: Option<Uuid>, text: &str) -> Result<Uuid> {
    let id = Uuid::now_v7();
    prepared(
        "INSERT INTO day_close (id, agency_id, day, previous_id, text, sha256, closed_at, closed_by)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<SqlUuid, _>(head.agency_id)
    .bind::<SqlDate, _>(date_to_sql(head.day))
    .bind::<Nullable<SqlUuid>, _>(previous_id)
    .bind::<SqlText, _>(text)
    .bind::<Binary, _>(&sha256(text)[..])
    .bind::<Timestamptz, _>(to_sql(head.closed_at))
    .bind::<SqlText, _>(&head.closed_by)
    .execute(tx.conn)?;
    Ok(id)
}
