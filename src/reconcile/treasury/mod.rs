//! The treasury's statement: what came to its account is booked as it says, and compared with
//! what the gateway's file, or where there is none our book, lets expect.
//!
//! May call: a machine client with the scope `payments.treasury_statement`. A line counts once
//! by its number; told in another way, it is listed for a person, and what was booked stays. What
//! names no gateway that we know is listed, and not booked.

mod due;

use std::collections::BTreeSet;

use actix_web::{post, web};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date as SqlDate, Nullable, Text as SqlText, Timestamptz, Uuid as SqlUuid};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::unmatched::{self, Found};
use crate::app::App;
use crate::auth::Actor;
use crate::db::schema::agency;
use crate::db::{Tx, date_to_sql, prepared, to_sql};
use crate::error::{INVALID, Problem, Result};
use crate::http::{Day, Reply, Text, parse_json};
use crate::ledger::{Account, Cause, Entry, Kind, book};
use crate::payments::gateway;

pub use due::{look_for_lumps, match_day};

/// Scope of the treasury's client.
pub const SCOPE: &str = "payments.treasury_statement";
/// Most lines of one statement.
const LINES_LIMIT: usize = 1_000;
/// Largest credit, in đồng.
const AMOUNT_LIMIT: i64 = 1_000_000_000_000;
/// A line of which nobody knows whose money it is, or that is told in two ways.
const UNKNOWN: &str = "treasury_unknown";

/// A statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StatementIn {
    /// Code of the account: letters, digits, `.` and `-`.
    #[schema(pattern = "^[A-Za-z0-9.-]{1,30}$")]
    pub treasury: Text<30>,
    #[schema(max_items = 1000)]
    pub lines: Vec<CreditLine>,
}

/// A credit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditLine {
    /// Number of the line; one number is one credit.
    pub number: Text<100>,
    /// When it came: a day in Việt Nam.
    #[schema(value_type = String, format = Date)]
    pub day: Day,
    /// Đồng.
    #[schema(minimum = 1, maximum = 1_000_000_000_000_i64)]
    pub amount: i64,
    /// Whose money it is: `national`, `vnpay`, `vietqr`, `card` or `deposit`.
    #[serde(default)]
    pub gateway: Option<Text<30>>,
    /// The day on which that was paid.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub for_day: Option<Day>,
    /// Code of the unit whose money it is; absent: of all units.
    #[serde(default)]
    pub unit: Option<Text<30>>,
    /// What the sender wrote with it.
    #[serde(default)]
    pub content: Option<Text<500>>,
}

/// What was made of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CreditOutcome {
    /// It is booked now.
    Booked,
    /// It was told before.
    Repeated,
    /// It was told before in another way: with another amount, or as somebody else's money.
    /// What was told first stays, and this is listed.
    Differs,
    /// Nobody knows whose money it is: it is listed, and not booked.
    Unknown,
}

/// What was made of a statement, line by line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct StatementOut {
    pub outcomes: Vec<CreditOutcome>,
}

/// Take in the treasury's statement
#[utoipa::path(
    operation_id = "receive_treasury_statement",
    tag = "reconciliation",
    request_body = StatementIn,
    responses(
        (status = 200, description = "What was made of each line; a repeat is answered as such", body = StatementOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy; to be sent again", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/reconciliation/treasury-statements")]
pub async fn receive_treasury_statement(
    app: web::Data<App>,
    actor: Actor,
    body: web::Bytes,
) -> Result<Reply> {
    actor.need_scope(SCOPE)?;
    let statement: StatementIn = parse_json(&body)?;
    check(&statement)?;
    Reply::ok(app.db.write(&actor, move |tx| take_in(tx, &statement)).await?)
}

fn check(statement: &StatementIn) -> Result<()> {
    let sane = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-');
    if !statement.treasury.as_str().chars().all(sane) {
        return Err(INVALID.at(
            "/treasury",
            "chỉ gồm chữ, số, `.` và `-`",
            "letters, digits, `.` and `-` only",
        ));
    }
    if statement.lines.len() > LINES_LIMIT {
        return Err(INVALID.at("/lines", "nhiều nhất 1000 dòng", "at most 1000"));
    }
    match statement.lines.iter().position(|line| !(1..=AMOUNT_LIMIT).contains(&line.amount)) {
        Some(at) => Err(INVALID.at(&format!("/lines/{at}/amount"), "số tiền không hợp lệ", "not an amount")),
        None => Ok(()),
    }
}

/// Whose money a line is.
struct Owner<'a> {
    gateway: &'a str,
    day: Date,
    unit_id: Option<Uuid>,
}

/// Takes in a statement that was checked.
pub fn take_in(tx: &mut Tx, statement: &StatementIn) -> Result<StatementOut> {
    let (mut outcomes, mut days) = (Vec::new(), BTreeSet::new());
    for line in &statement.lines {
        let owner = owner(tx, line)?;
        outcomes.push(take_in_line(tx, statement.treasury.as_str(), line, owner.as_ref())?);
        days.extend(owner.map(|owner| (owner.gateway.to_owned(), owner.day)));
    }
    for (gateway, day) in days {
        match_day(tx, &gateway, day)?;
    }
    tx.audit("receive_treasury_statement", None)?;
    Ok(StatementOut { outcomes })
}

/// A gateway that we know, a day, and a unit that we know if one is named.
fn owner<'a>(tx: &mut Tx, line: &'a CreditLine) -> Result<Option<Owner<'a>>> {
    let (Some(gateway), Some(day)) = (&line.gateway, line.for_day) else { return Ok(None) };
    let gateway = gateway.as_str();
    if !gateway::exists(gateway) {
        return Ok(None);
    }
    let Some(code) = &line.unit else { return Ok(Some(Owner { gateway, day: day.date(), unit_id: None })) };
    let unit: Option<Uuid> =
        agency::table.filter(agency::code.eq(code.as_str())).select(agency::id).first(tx.conn).optional()?;
    Ok(unit.map(|unit| Owner { gateway, day: day.date(), unit_id: Some(unit) }))
}

#[derive(QueryableByName)]
struct Told {
    #[diesel(sql_type = BigInt)]
    amount: i64,
    #[diesel(sql_type = SqlText)]
    gateway: String,
    #[diesel(sql_type = Nullable<SqlDate>)]
    day: Option<jiff_diesel::Date>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    unit_id: Option<Uuid>,
}

impl Told {
    fn is_of(&self, owner: Option<&Owner>) -> bool {
        let told = (self.gateway.as_str(), self.day.map(jiff_diesel::Date::to_jiff), self.unit_id);
        told == owner.map_or(("", None, None), |owner| (owner.gateway, Some(owner.day), owner.unit_id))
    }
}

/// Takes in a line that is new, and says what a known one differs in. A line that nobody knew
/// and whose owner is known now differs too: it is listed, and not booked yet.
fn take_in_line(
    tx: &mut Tx,
    treasury: &str,
    line: &CreditLine,
    owner: Option<&Owner>,
) -> Result<CreditOutcome> {
    let id = Uuid::now_v7();
    let written = prepared(
        "INSERT INTO treasury_line (id, treasury, number, credited_on, amount, gateway, day, unit_id, content,
                                    told_at, told_by)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (treasury, number) DO NOTHING",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<SqlText, _>(treasury)
    .bind::<SqlText, _>(line.number.as_str())
    .bind::<SqlDate, _>(date_to_sql(line.day.date()))
    .bind::<BigInt, _>(line.amount)
    .bind::<SqlText, _>(owner.map(|owner| owner.gateway).unwrap_or_default())
    .bind::<Nullable<SqlDate>, _>(owner.map(|owner| date_to_sql(owner.day)))
    .bind::<Nullable<SqlUuid>, _>(owner.and_then(|owner| owner.unit_id))
    .bind::<SqlText, _>(line.content.as_ref().map(Text::as_str).unwrap_or_default())
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .bind::<SqlText, _>(tx.actor.key())
    .execute(tx.conn)?;
    if written == 0 {
        return told_again(tx, treasury, line, owner);
    }
    let Some(owner) = owner else {
        list_unknown(tx, treasury, line, 0)?;
        return Ok(CreditOutcome::Unknown);
    };
    let cause = Cause { kind: "settlement", id };
    let (debit, credit) =
        (Account::Treasury(treasury.to_owned()), Account::GatewayClearing(owner.gateway.to_owned()));
    book(tx, &Entry::of(Kind::Settlement, cause, "Tiền đã về Kho bạc", debit, credit, line.amount))?;
    Ok(CreditOutcome::Booked)
}

/// The same again, or a line to ask about.
fn told_again(
    tx: &mut Tx,
    treasury: &str,
    line: &CreditLine,
    owner: Option<&Owner>,
) -> Result<CreditOutcome> {
    let known: Told =
        prepared("SELECT amount, gateway, day, unit_id FROM treasury_line WHERE treasury = ? AND number = ?")
            .bind::<SqlText, _>(treasury)
            .bind::<SqlText, _>(line.number.as_str())
            .get_result(tx.conn)?;
    if known.amount == line.amount && known.is_of(owner) {
        return Ok(CreditOutcome::Repeated);
    }
    list_unknown(tx, treasury, line, known.amount)?;
    Ok(CreditOutcome::Differs)
}

fn list_unknown(tx: &mut Tx, treasury: &str, line: &CreditLine, ours: i64) -> Result<()> {
    let found = Found {
        kind: UNKNOWN.to_owned(),
        number: format!("{treasury}/{}", line.number.as_str()),
        theirs: line.amount,
        ours,
        unit_id: None,
        proposal: "ask_treasury".to_owned(),
    };
    // Only a person can say whose it is: nothing ends it by itself.
    unmatched::look_again(tx, "", line.day.date(), &[], &[found])
}
