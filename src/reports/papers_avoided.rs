//! Papers that nobody had to bring (NĐ 107/2021: reuse of what was digitised): components of
//! dossiers filed in some days whose place a document of the applicant's store took.
//!
//! Numerator: such components; its rows stand behind it, one by one. Beside it, how many dossiers
//! they belong to. Of the dossiers that the caller sees, counted at the receiving unit.

use actix_web::{get, web};
use diesel::dsl::sql;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Timestamptz, Uuid as SqlUuid};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::intake::day;
use crate::app::App;
use crate::auth::{Actor, Who};
use crate::clock::day_of;
use crate::db::schema::{agency, dossier, record_document, record_reuse};
use crate::db::{condition, to_sql};
use crate::dossiers::visible;
use crate::error::{FORBIDDEN, INVALID, Problem, Result, UNAUTHENTICATED};
use crate::http::{Cursor, Day, PageQuery, Params, Reply};
use crate::workflow::Role;

/// Which days, and of which unit.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AvoidedQuery {
    /// First day in Việt Nam; the first of this month when absent.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Day>,
    /// Last day; today when absent.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Day>,
    /// Only dossiers received at this unit, by its code.
    #[param(max_length = 40)]
    unit: Option<String>,
    /// Of the rows: 1 to 200 a page; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// Of the rows: `next` of the page before.
    #[param(max_length = 4000)]
    cursor: Option<String>,
}

/// Papers avoided in some days.
#[derive(Debug, Serialize, ToSchema)]
pub struct PapersAvoided {
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    #[schema(value_type = String, format = Date)]
    pub to: Date,
    /// When it was read.
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Timestamp,
    /// Components that nobody had to bring.
    #[schema(minimum = 0)]
    pub papers: i64,
    /// Unit by unit.
    pub lines: Vec<AvoidedLine>,
}

/// Papers avoided at one unit, for one procedure.
#[derive(Debug, Serialize, ToSchema)]
pub struct AvoidedLine {
    pub unit_code: String,
    pub unit_name: String,
    pub procedure: String,
    #[schema(minimum = 1)]
    pub papers: i64,
    /// Dossiers that they belong to.
    #[schema(minimum = 1)]
    pub dossiers: i64,
}

/// A page of the rows behind the figure, latest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct AvoidedPage {
    pub items: Vec<AvoidedRow>,
    /// Cursor of the next page; absent on the last.
    pub next: Option<String>,
}

/// One paper that nobody had to bring.
#[derive(Debug, Serialize, ToSchema)]
pub struct AvoidedRow {
    /// Dossier code.
    pub dossier: String,
    pub unit_code: String,
    /// Code of the document component.
    pub component: String,
    /// Kind of the document that took its place.
    pub kind: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// The question, checked.
struct Asked {
    from: Date,
    to: Date,
    unit: Option<String>,
}

impl AvoidedQuery {
    fn asked(&self, today: Date) -> Result<Asked> {
        let to = self.to.map_or(today, Day::date);
        let from = self.from.map_or_else(|| to.first_of_month(), Day::date);
        if to < from {
            return Err(INVALID.at("to", "phải từ ngày đầu trở đi", "must not be before the first day"));
        }
        if self.unit.as_ref().is_some_and(|unit| unit.contains('\0')) {
            return Err(INVALID.at("unit", "không có đơn vị này", "no such unit"));
        }
        Ok(Asked { from, to, unit: self.unit.clone() })
    }
}

/// Read how many papers nobody had to bring.
#[utoipa::path(
    operation_id = "read_papers_avoided",
    tag = "reports",
    params(AvoidedQuery),
    responses(
        (status = 200, description = "The figure, unit by unit", body = PapersAvoided),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/reports/papers-avoided")]
pub async fn read_papers_avoided(
    app: web::Data<App>,
    actor: Actor,
    query: Params<AvoidedQuery>,
) -> Result<Reply> {
    answers_for_it(&actor)?;
    let as_of = app.db.clock.now();
    let asked = query.0.asked(day_of(as_of))?;
    let (from, to) = (asked.from, asked.to);
    let lines = app.db.read_planned(move |conn| lines(conn, &actor, &asked)).await?;
    Reply::ok(PapersAvoided { from, to, as_of, papers: lines.iter().map(|line| line.papers).sum(), lines })
}

/// List the papers that nobody had to bring, one by one.
#[utoipa::path(
    operation_id = "list_papers_avoided",
    tag = "reports",
    params(AvoidedQuery),
    responses(
        (status = 200, description = "A page of rows", body = AvoidedPage),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/reports/papers-avoided/rows")]
pub async fn list_papers_avoided(
    app: web::Data<App>,
    actor: Actor,
    query: Params<AvoidedQuery>,
) -> Result<Reply> {
    answers_for_it(&actor)?;
    let asked = query.0.asked(day_of(app.db.clock.now()))?;
    let page = PageQuery { limit: query.0.limit, cursor: query.0.cursor };
    let (limit, after) = (page.limit()?, page.after::<(Uuid, String)>()?);
    Reply::ok(app.db.read_planned(move |conn| rows(conn, &actor, &asked, limit, after)).await?)
}

/// Leaders, auditors and clerks: who works with the figure.
fn answers_for_it(actor: &Actor) -> Result<()> {
    let counts = |role: Role| matches!(role, Role::OneStopClerk | Role::Leader | Role::Auditor);
    match &actor.who {
        Who::Staff(staff) if staff.positions.iter().any(|post| counts(post.role)) => Ok(()),
        Who::Anonymous => Err(UNAUTHENTICATED.err()),
        _ => Err(FORBIDDEN.err()),
    }
}

/// The days and the unit that are asked for, of the dossiers that the caller sees.
fn within(actor: &Actor, asked: &Asked) -> Result<crate::db::Condition> {
    let (first, end) = (day(asked.from)?.0, day(asked.to)?.1);
    let days = condition("record_reuse.at >= ? AND record_reuse.at < ?")
        .bind::<Timestamptz, _>(to_sql(first))
        .bind::<Timestamptz, _>(to_sql(end));
    let mine = visible(actor).and(days);
    Ok(match &asked.unit {
        Some(unit) => mine.and(condition("agency.code = ?").bind::<Text, _>(unit.clone())),
        None => mine,
    })
}

fn lines(conn: &mut PgConnection, actor: &Actor, asked: &Asked) -> Result<Vec<AvoidedLine>> {
    let found: Vec<(String, String, String, i64, i64)> = record_reuse::table
        .inner_join(dossier::table.on(dossier::id.eq(record_reuse::dossier_id)))
        .inner_join(agency::table.on(agency::id.eq(dossier::receiving_unit_id)))
        .filter(within(actor, asked)?)
        .group_by(sql::<Text>("agency.code, agency.name, dossier.procedure_code"))
        .order(sql::<Text>("agency.code, dossier.procedure_code"))
        .select((
            sql::<Text>("agency.code"),
            sql::<Text>("agency.name"),
            sql::<Text>("dossier.procedure_code"),
            sql::<BigInt>("count(*)"),
            sql::<BigInt>("count(DISTINCT dossier.id)"),
        ))
        .load(conn)?;
    let line = |(unit_code, unit_name, procedure, papers, dossiers)| AvoidedLine {
        unit_code,
        unit_name,
        procedure,
        papers,
        dossiers,
    };
    Ok(found.into_iter().map(line).collect())
}

type Row = (Uuid, String, String, String, String, jiff_diesel::Timestamp);

fn rows(
    conn: &mut PgConnection,
    actor: &Actor,
    asked: &Asked,
    limit: i64,
    after: Option<(Uuid, String)>,
) -> Result<AvoidedPage> {
    let mut wanted = within(actor, asked)?;
    if let Some((dossier, component)) = after.filter(|(_, component)| !component.contains('\0')) {
        let beyond = condition("(record_reuse.dossier_id, record_reuse.component) < (?, ?)");
        wanted = wanted.and(beyond.bind::<SqlUuid, _>(dossier).bind::<Text, _>(component));
    }
    let found: Vec<Row> = record_reuse::table
        .inner_join(dossier::table.on(dossier::id.eq(record_reuse::dossier_id)))
        .inner_join(agency::table.on(agency::id.eq(dossier::receiving_unit_id)))
        .inner_join(record_document::table.on(record_document::id.eq(record_reuse::document_id)))
        .filter(wanted)
        .order((record_reuse::dossier_id.desc(), record_reuse::component.desc()))
        .limit(limit + 1)
        .select((
            record_reuse::dossier_id,
            dossier::code,
            agency::code,
            record_reuse::component,
            record_document::kind,
            record_reuse::at,
        ))
        .load(conn)?;
    let size = usize::try_from(limit).unwrap_or(usize::MAX);
    let next = match found.get(size) {
        Some(_) => found.get(size - 1).map(|row| Cursor::encode(&(row.0, &row.3))).transpose()?,
        None => None,
    };
    let out = |(_, dossier, unit_code, component, kind, at): Row| AvoidedRow {
        dossier,
        unit_code,
        component,
        kind,
        at: at.to_jiff(),
    };
    Ok(AvoidedPage { items: found.into_iter().take(size).map(out).collect(), next })
}
