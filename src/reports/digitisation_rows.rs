//! The rows behind the figures of digitisation: the dossiers or components that a number counts,
//! by the very conditions that count them.

use actix_web::{get, web};
use diesel::dsl::sql;
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable, SmallInt, Text, Uuid as SqlUuid};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::cashless::leads;
use super::digitisation::{Measure, days};
use crate::app::App;
use crate::auth::Actor;
use crate::db::condition;
use crate::db::schema::{agency, component, dossier};
use crate::dossiers::visible;
use crate::error::{INVALID, Problem, Result};
use crate::http::{Cursor, Day, PageQuery, Params, Reply};

/// Which rows of a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DigitisationPart)]
enum Part {
    /// Those of the numerator.
    Digital,
    /// Those of the denominator that are not in the numerator.
    Lacking,
}

/// Which rows.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DigitisationRowsQuery {
    /// First day in Việt Nam; the first of this month when absent.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Day>,
    /// Last day; today when absent.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Day>,
    /// components when absent.
    #[param(inline)]
    measure: Option<Measure>,
    /// Numerator or the rest; the whole denominator when absent.
    #[param(inline)]
    part: Option<Part>,
    /// Only of this level: ministry, province, district, commune or other.
    #[param(max_length = 20)]
    level: Option<String>,
    /// Only of the unit of this identifier code.
    #[param(max_length = 40)]
    unit: Option<String>,
    /// Rows a page, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A page of rows, the newest dossier first.
#[derive(Debug, Serialize, ToSchema)]
pub struct DigitisationRows {
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    #[schema(value_type = String, format = Date)]
    pub to: Date,
    /// When it was read.
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Timestamp,
    pub measure: Measure,
    pub items: Vec<DigitisationRow>,
    /// Cursor of the next page; absent on the last.
    pub next: Option<String>,
}

/// One that is counted.
#[derive(Debug, Serialize, ToSchema)]
pub struct DigitisationRow {
    /// Dossier code.
    pub dossier: String,
    pub procedure: String,
    pub unit_code: String,
    pub level: String,
    /// Code of the component, where components are measured.
    pub component: Option<String>,
    pub ordinal: Option<i16>,
    /// It is in the numerator.
    pub digital: bool,
}

/// Lists the rows behind a figure of digitisation.
#[utoipa::path(
    operation_id = "list_digitisation_rows", tag = "reports", params(DigitisationRowsQuery),
    responses(
        (status = 200, description = "A page", body = DigitisationRows),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/reports/digitisation/rows")]
pub async fn list_digitisation_rows(
    app: web::Data<App>,
    actor: Actor,
    query: Params<DigitisationRowsQuery>,
) -> Result<Reply> {
    leads(&actor)?;
    let as_of = app.db.clock.now();
    let Params(query) = query;
    let (from, to) = days(query.from, query.to, as_of)?;
    let page = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let (limit, after) = (page.limit()?, page.after::<Position>()?);
    query.check()?;
    if after.as_ref().is_some_and(|(_, code, _)| code.as_ref().is_some_and(|code| code.contains('\0'))) {
        return Err(INVALID.at("cursor", "không phải con trỏ trang hợp lệ", "not a cursor of this list"));
    }
    let measure = query.measure.unwrap_or(Measure::Components);
    let asked = Asked { query, measure, from, to, after, limit };
    let mut rows = app.db.read_planned(move |conn| asked.load(conn, &actor)).await?;
    let size = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > size;
    rows.truncate(size);
    let next = match rows.last() {
        Some((id, _, _, _, _, code, ordinal, _)) if more => Some(Cursor::encode(&(id, code, ordinal))?),
        _ => None,
    };
    let items = rows.into_iter().map(DigitisationRow::from).collect();
    Reply::ok(DigitisationRows { from, to, as_of, measure, items, next })
}

/// The last row of the page before.
type Position = (Uuid, Option<String>, Option<i16>);

type Row = (Uuid, String, String, String, String, Option<String>, Option<i16>, bool);

impl From<Row> for DigitisationRow {
    fn from((_, dossier, procedure, unit_code, level, component, ordinal, digital): Row) -> Self {
        Self { dossier, procedure, unit_code, level, component, ordinal, digital }
    }
}

impl DigitisationRowsQuery {
    fn check(&self) -> Result<()> {
        for (field, text, limit) in [("level", &self.level, 20), ("unit", &self.unit, 40)] {
            if text.as_ref().is_some_and(|text| text.chars().count() > limit || text.contains('\0')) {
                return Err(INVALID.at(
                    field,
                    format!("tối đa {limit} ký tự"),
                    format!("at most {limit} characters"),
                ));
            }
        }
        Ok(())
    }
}

/// What is asked for.
struct Asked {
    query: DigitisationRowsQuery,
    measure: Measure,
    from: Date,
    to: Date,
    after: Option<Position>,
    limit: i64,
}

/// The page of a source whose columns of the component are these.
macro_rules! page {
    ($asked:expr, $conn:expr, $actor:expr, $source:expr, $code:literal, $ordinal:literal) => {{
        let mut query = $source
            .filter(visible($actor))
            .filter($asked.measure.counts($asked.from, $asked.to)?)
            .select((
                dossier::id,
                dossier::code,
                dossier::procedure_code,
                agency::code,
                agency::level,
                sql::<Nullable<Text>>($code),
                sql::<Nullable<SmallInt>>($ordinal),
                sql::<Bool>($asked.measure.digital()),
            ))
            .into_boxed::<Pg>();
        query = match $asked.query.part {
            None => query,
            Some(Part::Digital) => query.filter(condition($asked.measure.digital())),
            Some(Part::Lacking) => query.filter(condition($asked.measure.lacking())),
        };
        if let Some(level) = $asked.query.level {
            query = query.filter(agency::level.eq(level));
        }
        if let Some(unit) = $asked.query.unit {
            query = query.filter(agency::code.eq(unit));
        }
        if let Some((id, code, ordinal)) = $asked.after {
            let beyond = concat!(
                "dossier.id < ? OR dossier.id = ? AND (coalesce(",
                $code,
                ", ''), coalesce(",
                $ordinal,
                ", 0)) > (coalesce(?, ''), coalesce(?, 0))"
            );
            query = query.filter(
                condition(beyond)
                    .bind::<SqlUuid, _>(id)
                    .bind::<SqlUuid, _>(id)
                    .bind::<Nullable<Text>, _>(code)
                    .bind::<Nullable<SmallInt>, _>(ordinal),
            );
        }
        let order = (dossier::id.desc(), sql::<Nullable<Text>>($code), sql::<Nullable<SmallInt>>($ordinal));
        Ok(query.order(order).limit($asked.limit + 1).load::<Row>($conn)?)
    }};
}

impl Asked {
    fn load(self, conn: &mut PgConnection, actor: &Actor) -> Result<Vec<Row>> {
        let receiving = agency::id.eq(dossier::receiving_unit_id);
        match self.measure {
            Measure::Components => {
                let source = component::table
                    .inner_join(dossier::table.on(dossier::id.eq(component::dossier_id)))
                    .inner_join(agency::table.on(receiving));
                page!(self, conn, actor, source, "component.code", "component.ordinal")
            }
            Measure::Dossiers => {
                let source = dossier::table.inner_join(agency::table.on(receiving));
                page!(self, conn, actor, source, "NULL::text", "NULL::smallint")
            }
            Measure::Results => {
                let handling = agency::id.eq(dossier::handling_unit_id);
                let source = dossier::table.inner_join(agency::table.on(handling));
                page!(self, conn, actor, source, "NULL::text", "NULL::smallint")
            }
        }
    }
}
