//! `GET /api/v1/agencies` and `GET /api/v1/agencies/{code}`: the agencies, open to all.

use actix_web::{HttpResponse, get, web};
use diesel::prelude::*;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::words::words;
use crate::app::App;
use crate::db::date_to_sql;
use crate::db::schema::agency;
use crate::error::{NOT_FOUND, Problem, Result};
use crate::http::{Cursor, Day, PageQuery, Text};

/// Level of administration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AgencyLevel)]
pub enum Level {
    /// Bộ, ngành.
    Ministry,
    /// Cấp tỉnh.
    Province,
    /// Cấp huyện, until 30 June 2025.
    District,
    /// Cấp xã.
    Commune,
}

impl Level {
    pub fn word(self) -> &'static str {
        match self {
            Self::Ministry => "ministry",
            Self::Province => "province",
            Self::District => "district",
            Self::Commune => "commune",
        }
    }
}

/// An agency or unit.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgencyOut {
    pub id: Uuid,
    /// Identifier code, e.g. `H49.22`.
    pub code: String,
    /// The older long shape, e.g. `000.00.22.H49`.
    pub long_code: String,
    pub name: String,
    pub short_name: String,
    /// Kind of agency, e.g. `commune`.
    pub kind: String,
    /// `ministry`, `province`, `district` or `commune`.
    pub level: String,
    /// Code of the agency above.
    pub parent: Option<String>,
    pub admin_unit_code: Option<String>,
    /// Administrative units whose people it serves; empty = its own.
    pub serves: Vec<String>,
    pub address: String,
    /// Whether the sub-code is invented sample data.
    pub sample: bool,
    #[schema(value_type = String, format = Date)]
    pub valid_from: Date,
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_to: Option<Date>,
    /// For `If-Match`.
    pub version: i32,
}

/// A page of agencies in the order of their codes.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgencyPage {
    items: Vec<AgencyOut>,
    /// `cursor` of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AgencyQuery {
    /// Words of code or name, with or without diacritics.
    #[param(value_type = Option<String>, max_length = 100)]
    q: Option<Text<100>>,
    /// Kind of agency, e.g. `commune`.
    #[param(value_type = Option<String>, max_length = 50)]
    kind: Option<Text<50>>,
    #[param(inline)]
    level: Option<Level>,
    /// Code of the agency directly above.
    #[param(value_type = Option<String>, max_length = 50)]
    parent: Option<Text<50>>,
    /// Only those that existed on this day; today when absent.
    #[param(value_type = Option<String>, format = Date)]
    on: Option<Day>,
    /// Rows a page, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// List agencies
#[utoipa::path(
    operation_id = "list_agencies", security(()), tag = "agencies", params(AgencyQuery),
    responses(
        (status = 200, description = "A page", body = AgencyPage),
        (status = 400, description = "A parameter is malformed", body = Problem),
        (status = 422, description = "A parameter is out of range", body = Problem),
    )
)]
#[get("/api/v1/agencies")]
pub async fn list_agencies(
    app: web::Data<App>,
    query: web::Query<AgencyQuery>,
) -> Result<web::Json<AgencyPage>> {
    let query = query.into_inner();
    let page = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let (limit, after) = (page.limit()?, page.after::<String>()?);
    let on = query.on.map_or_else(|| crate::clock::day_of(app.db.clock.now()), Day::date);
    Ok(web::Json(app.db.read(move |conn| list(conn, &query, on, limit, after)).await?))
}

/// Show an agency
#[utoipa::path(
    operation_id = "show_agency", security(()), tag = "agencies",
    params(("code" = String, Path, description = "Identifier code", example = "H49.22")),
    responses(
        (status = 200, description = "The agency; its version is the ETag", body = AgencyOut),
        (status = 404, description = "No such agency", body = Problem),
    )
)]
#[get("/api/v1/agencies/{code}")]
pub async fn show_agency(app: web::Data<App>, code: web::Path<String>) -> Result<HttpResponse> {
    let code = code.into_inner();
    let found = app.db.read(move |conn| find(conn, &code)).await?;
    Ok(HttpResponse::Ok().insert_header(("etag", format!("\"{}\"", found.version))).json(found))
}

diesel::alias!(agency as above: AboveAlias);

#[derive(Queryable)]
struct Row {
    id: Uuid,
    code: String,
    long_code: String,
    name: String,
    short_name: String,
    kind: String,
    level: String,
    parent: Option<String>,
    admin_unit_code: Option<String>,
    serves: Vec<String>,
    address: String,
    sample: bool,
    valid_from: jiff_diesel::Date,
    valid_to: Option<jiff_diesel::Date>,
    version: i32,
}

impl From<Row> for AgencyOut {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            code: row.code,
            long_code: row.long_code,
            name: row.name,
            short_name: row.short_name,
            kind: row.kind,
            level: row.level,
            parent: row.parent,
            admin_unit_code: row.admin_unit_code,
            serves: row.serves,
            address: row.address,
            sample: row.sample,
            valid_from: row.valid_from.to_jiff(),
            valid_to: row.valid_to.map(|day| day.to_jiff()),
            version: row.version,
        }
    }
}

/// The agencies with the codes of those above them.
#[diesel::dsl::auto_type(no_type_alias)]
fn rows() -> _ {
    let joined = agency::table.left_join(above.on(agency::parent_id.eq(above.field(agency::id).nullable())));
    joined.select((
        agency::id,
        agency::code,
        agency::long_code,
        agency::name,
        agency::short_name,
        agency::kind,
        agency::level,
        above.field(agency::code).nullable(),
        agency::admin_unit_code,
        agency::serves,
        agency::address,
        agency::sample,
        agency::valid_from,
        agency::valid_to,
        agency::version,
    ))
}

fn list(
    conn: &mut PgConnection,
    query: &AgencyQuery,
    on: Date,
    limit: i64,
    after: Option<String>,
) -> Result<AgencyPage> {
    let on = date_to_sql(on);
    let mut found = rows()
        .into_boxed()
        .filter(agency::valid_from.le(on))
        .filter(agency::valid_to.is_null().or(agency::valid_to.ge(on)))
        .order(agency::code)
        .limit(limit + 1);
    if let Some(after) = after.filter(|after| !after.contains('\0')) {
        found = found.filter(agency::code.gt(after));
    }
    if let Some(kind) = &query.kind {
        found = found.filter(agency::kind.eq(kind.as_str().to_owned()));
    }
    if let Some(level) = query.level {
        found = found.filter(agency::level.eq(level.word()));
    }
    if let Some(parent) = &query.parent {
        found = found.filter(above.field(agency::code).eq(parent.as_str().to_owned()));
    }
    for word in query.q.iter().flat_map(|q| words(q.as_str())) {
        // Words hold letters, digits and dots only, so nothing in them is a wildcard.
        found = found.filter(agency::search.like(format!("% {word}%")));
    }
    let mut items: Vec<AgencyOut> = found.load::<Row>(conn)?.into_iter().map(AgencyOut::from).collect();
    let more = items.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    items.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let last = items.last().filter(|_| more);
    let next = last.map(|last| Cursor::encode(&last.code)).transpose()?;
    Ok(AgencyPage { items, next })
}

/// An agency by its code; 404 without one.
pub fn find(conn: &mut PgConnection, code: &str) -> Result<AgencyOut> {
    if code.contains('\0') {
        return Err(NOT_FOUND.err());
    }
    let row: Option<Row> = rows().filter(agency::code.eq(code)).first(conn).optional()?;
    row.map(AgencyOut::from).ok_or_else(|| NOT_FOUND.err())
}
