//! For leaders: notices by month and by sub-item, what was paid on the portal, what is overdue,
//! and how long it took from the slip to the certificate; with the rows behind.
//!
//! Of the dossiers that the caller sees. A notice counts on the day on which it came, and only
//! as long as it holds. Shares are told by numerator and denominator.

use actix_web::{get, web};
use diesel::dsl::sql;
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Date as SqlDate, Double, Nullable, Text, Uuid as SqlUuid};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::App;
use crate::auth::{Actor, Who};
use crate::clock::{day_of, vietnam};
use crate::db::schema::{dossier, land_tax_notice};
use crate::db::{condition, date_to_sql, to_sql};
use crate::dossiers::visible;
use crate::error::{FORBIDDEN, INVALID, Problem, Result, UNAUTHENTICATED};
use crate::http::{Cursor, Day, PageQuery, Params, Reply};
use crate::payments::claim::claim_paid;
use crate::workflow::Role;

/// A notice that holds.
const HOLDS: &str = "land_tax_notice.state NOT IN ('replaced', 'cancelled')";
/// Đồng that were paid for it.
macro_rules! paid {
    () => {
        concat!("coalesce(", claim_paid!("land_tax_notice.claim_id"), ", 0)")
    };
}
/// Đồng of that which came through the portal.
macro_rules! paid_here {
    () => {
        "coalesce((SELECT sum(e.amount) FROM claim_entry e WHERE e.claim_id = land_tax_notice.claim_id AND e.kind = 'order'), 0)"
    };
}
/// Which days.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LandTaxFiguresQuery {
    /// First day in Việt Nam; the first of this year when absent.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Day>,
    /// Last day; today when absent.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Day>,
}

/// The figures of some days; amounts in đồng.
#[derive(Debug, Serialize, ToSchema)]
pub struct LandTaxFigures {
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    #[schema(value_type = String, format = Date)]
    pub to: Date,
    /// When it was read.
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Timestamp,
    pub total: LandTaxSums,
    pub by_month: Vec<LandTaxGroup>,
    pub by_item: Vec<LandTaxGroup>,
    /// Dossiers whose result was issued after a slip, and the median of the days from the slip.
    pub certificates: i64,
    pub median_days: Option<f64>,
}

/// A month (`yyyy-MM`) or a sub-item with its sums.
#[derive(Debug, Serialize, ToSchema)]
pub struct LandTaxGroup {
    pub key: String,
    #[serde(flatten)]
    pub sums: LandTaxSums,
}

/// Notices and đồng.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct LandTaxSums {
    /// Notices that hold.
    pub notices: i64,
    /// Those that are met: paid, exempt or nothing to pay.
    pub met: i64,
    /// Those that are open after their last day.
    pub overdue: i64,
    pub amount: i64,
    pub paid: i64,
    /// Of what was paid: through the portal.
    pub paid_on_portal: i64,
}

/// Read the figures of land tax notices
#[utoipa::path(
    operation_id = "read_land_tax_figures", tag = "reports", params(LandTaxFiguresQuery),
    responses(
        (status = 200, description = "The figures", body = LandTaxFigures),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/reports/land-tax")]
pub async fn read_land_tax_figures(
    app: web::Data<App>,
    actor: Actor,
    query: Params<LandTaxFiguresQuery>,
) -> Result<Reply> {
    leads(&actor)?;
    let as_of = app.db.clock.now();
    let days = Days::of(query.0.from, query.0.to, as_of)?;
    let figures = app.db.read_planned(move |conn| {
        let months = sums(
            conn,
            &actor,
            days,
            "to_char(land_tax_notice.received_at AT TIME ZONE 'Asia/Ho_Chi_Minh', 'YYYY-MM')",
        )?;
        let items = sums(conn, &actor, days, "land_tax_notice.code")?;
        let (certificates, median_days) = certificates(conn, &actor, days)?;
        Ok((months, items, certificates, median_days))
    });
    let (by_month, by_item, certificates, median_days) = figures.await?;
    let total = by_month.iter().fold(LandTaxSums::default(), |all, group| all.and(group.sums));
    let Days { from, to, .. } = days;
    Reply::ok(LandTaxFigures { from, to, as_of, total, by_month, by_item, certificates, median_days })
}

impl LandTaxSums {
    fn and(self, other: Self) -> Self {
        Self {
            notices: self.notices + other.notices,
            met: self.met + other.met,
            overdue: self.overdue + other.overdue,
            amount: self.amount + other.amount,
            paid: self.paid + other.paid,
            paid_on_portal: self.paid_on_portal + other.paid_on_portal,
        }
    }
}

fn leads(actor: &Actor) -> Result<()> {
    match &actor.who {
        Who::Staff(staff) if staff.has_role(Role::Leader) || staff.has_role(Role::Auditor) => Ok(()),
        Who::Anonymous => Err(UNAUTHENTICATED.err()),
        _ => Err(FORBIDDEN.err()),
    }
}

/// The days asked for, as moments.
#[derive(Debug, Clone, Copy)]
struct Days {
    from: Date,
    to: Date,
    begins: Timestamp,
    ends: Timestamp,
    today: Date,
}

impl Days {
    fn of(from: Option<Day>, to: Option<Day>, now: Timestamp) -> Result<Self> {
        let today = day_of(now);
        let to = to.map_or(today, Day::date);
        let from = from.map_or_else(|| to.first_of_year(), Day::date);
        if to < from {
            return Err(INVALID.at("to", "phải từ ngày đầu trở đi", "must not be before the first day"));
        }
        let start =
            |date: Date| date.to_zoned(vietnam()).map(|at| at.timestamp()).map_err(anyhow::Error::from);
        let after = to.tomorrow().map_err(anyhow::Error::from)?;
        Ok(Self { from, to, begins: start(from)?, ends: start(after)?, today })
    }
}

type Group = (String, i64, i64, i64, i64, i64, i64);

/// The sums of the notices that came in the days, by an expression.
fn sums(conn: &mut PgConnection, actor: &Actor, days: Days, by: &'static str) -> Result<Vec<LandTaxGroup>> {
    let overdue = "land_tax_notice.state = 'open' AND land_tax_notice.due_day < ";
    let rows: Vec<Group> = land_tax_notice::table
        .inner_join(dossier::table.on(dossier::id.eq(land_tax_notice::dossier_id)))
        .filter(visible(actor))
        .filter(condition(HOLDS))
        .filter(land_tax_notice::received_at.ge(to_sql(days.begins)))
        .filter(land_tax_notice::received_at.lt(to_sql(days.ends)))
        .group_by(sql::<Text>("1"))
        .order(sql::<Text>("1"))
        .select((
            sql::<Text>(by),
            sql::<BigInt>("count(*)"),
            sql::<BigInt>("count(*) FILTER (WHERE land_tax_notice.met_at IS NOT NULL)"),
            sql::<BigInt>("count(*) FILTER (WHERE ")
                .sql(overdue)
                .bind::<SqlDate, _>(date_to_sql(days.today))
                .sql(")"),
            sql::<BigInt>("coalesce(sum(land_tax_notice.amount), 0)::bigint"),
            sql::<BigInt>(concat!("coalesce(sum(", paid!(), "), 0)::bigint")),
            sql::<BigInt>(concat!("coalesce(sum(", paid_here!(), "), 0)::bigint")),
        ))
        .load(conn)?;
    let group = |(key, notices, met, overdue, amount, paid, paid_on_portal)| LandTaxGroup {
        key,
        sums: LandTaxSums { notices, met, overdue, amount, paid, paid_on_portal },
    };
    Ok(rows.into_iter().map(group).collect())
}

/// How many results were issued in the days after a slip, and the median of the days between.
fn certificates(conn: &mut PgConnection, actor: &Actor, days: Days) -> Result<(i64, Option<f64>)> {
    Ok(dossier::table
        .filter(visible(actor))
        .filter(
            condition(
                "EXISTS (SELECT FROM tax_slip s JOIN result r ON r.dossier_id = s.dossier_id
                          WHERE s.dossier_id = dossier.id AND s.seq = 1 AND r.issued_at >= ? AND r.issued_at < ?)",
            )
            .bind::<diesel::sql_types::Timestamptz, _>(to_sql(days.begins))
            .bind::<diesel::sql_types::Timestamptz, _>(to_sql(days.ends)),
        )
        .select((
            sql::<BigInt>("count(*)"),
            sql::<Nullable<Double>>(
                "percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM (
                    (SELECT min(r.issued_at) FROM result r WHERE r.dossier_id = dossier.id)
                  - (SELECT s.requested_at FROM tax_slip s WHERE s.dossier_id = dossier.id AND s.seq = 1))) / 86400)",
            ),
        ))
        .first(conn)?)
}

/// Which rows of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LandTaxPart)]
enum Part {
    Met,
    Overdue,
}

/// Which rows.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LandTaxRowsQuery {
    /// First day in Việt Nam; the first of this year when absent.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Day>,
    /// Last day; today when absent.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Day>,
    /// Only those; all when absent.
    #[param(inline)]
    part: Option<Part>,
    /// Only of this sub-item.
    #[param(max_length = 20)]
    item: Option<String>,
    /// Rows a page, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A page of notices, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct LandTaxRows {
    pub items: Vec<LandTaxRow>,
    /// Cursor of the next page; absent on the last.
    pub next: Option<String>,
}

/// A notice that is counted; the taxpayer is not named.
#[derive(Debug, Serialize, ToSchema)]
pub struct LandTaxRow {
    /// Dossier code.
    pub dossier: String,
    pub notice_no: String,
    pub item: String,
    pub instalment: i16,
    pub state: String,
    pub amount: i64,
    pub paid: i64,
    pub paid_on_portal: i64,
    pub overdue: bool,
}

/// List the notices behind the figures
#[utoipa::path(
    operation_id = "list_land_tax_rows", tag = "reports", params(LandTaxRowsQuery),
    responses(
        (status = 200, description = "A page", body = LandTaxRows),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/reports/land-tax/rows")]
pub async fn list_land_tax_rows(
    app: web::Data<App>,
    actor: Actor,
    query: Params<LandTaxRowsQuery>,
) -> Result<Reply> {
    leads(&actor)?;
    let Params(query) = query;
    let days = Days::of(query.from, query.to, app.db.clock.now())?;
    let page = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let (limit, before) = (page.limit()?, page.after::<Uuid>()?);
    if query.item.as_ref().is_some_and(|item| item.chars().count() > 20 || item.contains('\0')) {
        return Err(INVALID.at("item", "tối đa 20 ký tự", "at most 20 characters"));
    }
    let mut rows = app.db.read_planned(move |conn| rows(conn, &actor, days, &query, before, limit)).await?;
    let more = rows.len() as i64 > limit;
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = rows.last().filter(|_| more).map(|row| Cursor::encode(&row.0)).transpose()?;
    let items = rows.into_iter().map(LandTaxRow::from).collect();
    Reply::ok(LandTaxRows { items, next })
}

type Row = (Uuid, String, String, String, i16, String, i64, i64, i64, bool);

impl From<Row> for LandTaxRow {
    fn from(row: Row) -> Self {
        let (_, dossier, notice_no, item, instalment, state, amount, paid, paid_on_portal, overdue) = row;
        Self { dossier, notice_no, item, instalment, state, amount, paid, paid_on_portal, overdue }
    }
}

fn rows(
    conn: &mut PgConnection,
    actor: &Actor,
    days: Days,
    asked: &LandTaxRowsQuery,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Row>> {
    let overdue = "coalesce(land_tax_notice.state = 'open' AND land_tax_notice.due_day < ";
    let mut query = land_tax_notice::table
        .inner_join(dossier::table.on(dossier::id.eq(land_tax_notice::dossier_id)))
        .filter(visible(actor))
        .filter(condition(HOLDS))
        .filter(land_tax_notice::received_at.ge(to_sql(days.begins)))
        .filter(land_tax_notice::received_at.lt(to_sql(days.ends)))
        .order(land_tax_notice::id.desc())
        .limit(limit + 1)
        .select((
            land_tax_notice::id,
            dossier::code,
            land_tax_notice::notice_no,
            land_tax_notice::code,
            land_tax_notice::instalment,
            land_tax_notice::state,
            land_tax_notice::amount,
            sql::<BigInt>(concat!("(", paid!(), ")::bigint")),
            sql::<BigInt>(concat!("(", paid_here!(), ")::bigint")),
            sql::<Bool>(overdue).bind::<SqlDate, _>(date_to_sql(days.today)).sql(", false)"),
        ))
        .into_boxed::<Pg>();
    query = match asked.part {
        None => query,
        Some(Part::Met) => query.filter(land_tax_notice::met_at.is_not_null()),
        Some(Part::Overdue) => query
            .filter(land_tax_notice::state.eq("open"))
            .filter(land_tax_notice::due_day.lt(date_to_sql(days.today))),
    };
    if let Some(item) = &asked.item {
        query = query.filter(land_tax_notice::code.eq(item.clone()));
    }
    if let Some(before) = before {
        query = query.filter(condition("land_tax_notice.id < ?").bind::<SqlUuid, _>(before));
    }
    Ok(query.load(conn)?)
}
