//! For leaders: which share of what was paid came without cash, and which was paid online.
//!
//! Definition, of the payments that settled a demand in the days asked for, of the dossiers
//! that the caller sees. Dossiers that cost nothing have no payment and stay out of both
//! parts of the fraction.
//! - **without cash**: every payment but those by a cash-to-deposit slip (`deposit`), where
//!   somebody without an account brings cash to the bank;
//! - **online**: every payment but those at the counter (`deposit`, `vietqr` on the counter's
//!   screen, `card`).
//!
//! Numerator, denominator and the moment of reading are told; the share follows from them.

use actix_web::{get, web};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::intake::day;
use crate::app::App;
use crate::auth::{Actor, Who};
use crate::clock::day_of;
use crate::db::schema::{dossier, payment_order};
use crate::db::to_sql;
use crate::dossiers::visible;
use crate::error::{FORBIDDEN, INVALID, Problem, Result, UNAUTHENTICATED};
use crate::http::{Day, Params, Reply};
use crate::workflow::Role;

/// A payment that came without cash.
macro_rules! without_cash {
    () => {
        "payment_order.gateway <> 'deposit'"
    };
}
/// A payment that was made online.
macro_rules! online {
    () => {
        "payment_order.gateway NOT IN ('deposit', 'vietqr', 'card')"
    };
}

/// Which days.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ShareQuery {
    /// First day in Việt Nam; the first of this month when absent.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Day>,
    /// Last day; today when absent.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Day>,
}

/// The shares of some days.
#[derive(Debug, Serialize, ToSchema)]
pub struct CashlessShare {
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    #[schema(value_type = String, format = Date)]
    pub to: Date,
    /// When it was read.
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Timestamp,
    /// Payments that came without cash, of all.
    pub cashless: Fraction,
    /// Payments that were made online, of all.
    pub online: Fraction,
}

/// A part of a whole, by payments and by money.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PaymentFraction)]
pub struct Fraction {
    #[schema(minimum = 0)]
    pub numerator: i64,
    #[schema(minimum = 0)]
    pub denominator: i64,
    /// Đồng.
    #[schema(minimum = 0)]
    pub numerator_amount: i64,
    /// Đồng.
    #[schema(minimum = 0)]
    pub denominator_amount: i64,
}

/// Reads which share is paid without cash and online.
#[utoipa::path(
    operation_id = "read_cashless_share",
    tag = "reports",
    params(ShareQuery),
    responses(
        (status = 200, description = "Both shares", body = CashlessShare),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/reports/cashless")]
pub async fn read_cashless_share(
    app: web::Data<App>,
    actor: Actor,
    query: Params<ShareQuery>,
) -> Result<Reply> {
    leads(&actor)?;
    let as_of = app.db.clock.now();
    let today = day_of(as_of);
    let to = query.0.to.map_or(today, Day::date);
    let from = query.0.from.map_or_else(|| to.first_of_month(), Day::date);
    if to < from {
        return Err(INVALID.at("to", "phải từ ngày đầu trở đi", "must not be before the first day"));
    }
    let sums = app.db.read_planned(move |conn| sums(conn, &actor, from, to)).await?;
    let fraction = |numerator, numerator_amount| Fraction {
        numerator,
        denominator: sums.all,
        numerator_amount,
        denominator_amount: sums.all_amount,
    };
    Reply::ok(CashlessShare {
        from,
        to,
        as_of,
        cashless: fraction(sums.cashless, sums.cashless_amount),
        online: fraction(sums.online, sums.online_amount),
    })
}

pub(super) fn leads(actor: &Actor) -> Result<()> {
    match &actor.who {
        Who::Staff(staff) if staff.has_role(Role::Leader) || staff.has_role(Role::Auditor) => Ok(()),
        Who::Anonymous => Err(UNAUTHENTICATED.err()),
        _ => Err(FORBIDDEN.err()),
    }
}

/// Payments and đồng.
#[derive(Debug, Clone, Copy, Queryable)]
struct Sums {
    all: i64,
    all_amount: i64,
    cashless: i64,
    cashless_amount: i64,
    online: i64,
    online_amount: i64,
}

fn sums(conn: &mut PgConnection, actor: &Actor, from: Date, to: Date) -> Result<Sums> {
    use diesel::dsl::sql;
    let (first, end) = (day(from)?.0, day(to)?.1);
    Ok(payment_order::table
        .inner_join(dossier::table.on(payment_order::dossier_id.eq(dossier::id.nullable())))
        .filter(visible(actor))
        .filter(payment_order::state.eq("paid"))
        .filter(payment_order::paid_at.ge(to_sql(first)).and(payment_order::paid_at.lt(to_sql(end))))
        .select((
            sql::<BigInt>("count(*)"),
            sql::<BigInt>("coalesce(sum(payment_order.amount), 0)::bigint"),
            sql::<BigInt>(concat!("count(*) FILTER (WHERE ", without_cash!(), ")")),
            sql::<BigInt>(concat!(
                "coalesce(sum(payment_order.amount) FILTER (WHERE ",
                without_cash!(),
                "), 0)::bigint"
            )),
            sql::<BigInt>(concat!("count(*) FILTER (WHERE ", online!(), ")")),
            sql::<BigInt>(concat!(
                "coalesce(sum(payment_order.amount) FILTER (WHERE ",
                online!(),
                "), 0)::bigint"
            )),
        ))
        .first(conn)?)
}
