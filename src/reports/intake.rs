//! What came in on a day at the units of a cashier (or a leader, or an auditor): how many
//! payments and how much, by the channel of the filing and by gateway.

use actix_web::{get, web};
use diesel::dsl::sql;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text, Uuid as SqlUuid};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::App;
use crate::auth::{Actor, Who};
use crate::clock::{day_of, vietnam};
use crate::db::schema::{agency, dossier, payment_order};
use crate::db::{condition, to_sql};
use crate::dossiers::visible;
use crate::error::{FORBIDDEN, Problem, Result, UNAUTHENTICATED};
use crate::http::{Day, Params, Reply};
use crate::workflow::Role;

/// Which day.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct IntakeQuery {
    /// A day in Việt Nam; today when absent.
    #[param(value_type = Option<String>, format = Date)]
    date: Option<Day>,
}

/// The intake of a day.
#[derive(Debug, Serialize, ToSchema)]
pub struct Intake {
    #[schema(value_type = String, format = Date)]
    pub date: Date,
    /// When it was read: a later payment of the day is not in it.
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Timestamp,
    pub lines: Vec<IntakeLine>,
    /// Payments.
    #[schema(minimum = 0)]
    pub count: i64,
    /// Đồng.
    #[schema(minimum = 0)]
    pub amount: i64,
}

/// Payments of one unit, channel and gateway.
#[derive(Debug, Serialize, ToSchema)]
pub struct IntakeLine {
    pub unit_code: String,
    pub unit_name: String,
    /// How the dossiers were filed: online, counter or post.
    pub channel: String,
    /// By which gateway the money came.
    pub gateway: String,
    #[schema(minimum = 1)]
    pub count: i64,
    /// Đồng.
    #[schema(minimum = 1)]
    pub amount: i64,
}

/// Reads what came in on a day at one's own units.
#[utoipa::path(
    operation_id = "read_intake",
    tag = "reports",
    params(IntakeQuery),
    responses(
        (status = 200, description = "The intake", body = Intake),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/reports/intake")]
pub async fn read_intake(app: web::Data<App>, actor: Actor, query: Params<IntakeQuery>) -> Result<Reply> {
    let units = own_units(&actor)?;
    let as_of = app.db.clock.now();
    let date = query.0.date.map_or_else(|| day_of(as_of), Day::date);
    let lines = app.db.read_planned(move |conn| lines(conn, &actor, units, date)).await?;
    Reply::ok(Intake {
        date,
        as_of,
        count: lines.iter().map(|line| line.count).sum(),
        amount: lines.iter().map(|line| line.amount).sum(),
        lines,
    })
}

/// The units where the actor counts money, or answers for who does.
fn own_units(actor: &Actor) -> Result<Vec<Uuid>> {
    let staff = match &actor.who {
        Who::Staff(staff) => staff,
        Who::Anonymous => return Err(UNAUTHENTICATED.err()),
        _ => return Err(FORBIDDEN.err()),
    };
    let counts = |role: Role| matches!(role, Role::Cashier | Role::Leader | Role::Auditor);
    let units: Vec<Uuid> =
        staff.positions.iter().filter(|post| counts(post.role)).map(|post| post.agency_id).collect();
    if units.is_empty() { Err(FORBIDDEN.err()) } else { Ok(units) }
}

type Row = (String, String, String, String, i64, i64);

fn lines(conn: &mut PgConnection, actor: &Actor, units: Vec<Uuid>, date: Date) -> Result<Vec<IntakeLine>> {
    let (from, to) = day(date)?;
    let rows: Vec<Row> = payment_order::table
        .inner_join(dossier::table.on(payment_order::dossier_id.eq(dossier::id.nullable())))
        .inner_join(agency::table.on(agency::id.eq(dossier::receiving_unit_id)))
        .filter(visible(actor))
        .filter(condition("dossier.receiving_unit_id = ANY (?)").bind::<Array<SqlUuid>, _>(units))
        .filter(payment_order::state.eq("paid"))
        .filter(payment_order::paid_at.ge(to_sql(from)).and(payment_order::paid_at.lt(to_sql(to))))
        .group_by(sql::<Text>("agency.code, agency.name, dossier.channel, payment_order.gateway"))
        .order(sql::<Text>("agency.code, dossier.channel, payment_order.gateway"))
        .select((
            sql::<Text>("agency.code"),
            sql::<Text>("agency.name"),
            sql::<Text>("dossier.channel"),
            sql::<Text>("coalesce(payment_order.gateway, '')"),
            sql::<BigInt>("count(*)"),
            sql::<BigInt>("sum(payment_order.amount)::bigint"),
        ))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(unit_code, unit_name, channel, gateway, count, amount)| IntakeLine {
            unit_code,
            unit_name,
            channel,
            gateway,
            count,
            amount,
        })
        .collect())
}

/// The first moment of a day in Việt Nam and of the next.
pub(super) fn day(date: Date) -> Result<(Timestamp, Timestamp)> {
    let start = |date: Date| date.to_zoned(vietnam()).map(|at| at.timestamp()).map_err(anyhow::Error::from);
    Ok((start(date)?, start(date.tomorrow().map_err(anyhow::Error::from)?)?))
}
