//! Everybody looks for a procedure: by code, name or field, with or without diacritics.
//!
//! Every word asked for has to begin a word of the entry. Plain `LIKE` over the folded
//! column, not full-text search: beginnings of words, codes and the order of relevance
//! need no dictionary, no extension that a cluster may lack and no second copy of the
//! rules in SQL; all 2,642 entries are read and ranked in 9 ms.
//!
//! Order: in force, closed, unpublished; within these the exact code, the exact name,
//! the beginning of a code, of a name, the phrase within a name, all else; then by name.

use actix_web::{HttpRequest, HttpResponse, get, web};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Date as SqlDate, Integer, Jsonb, Nullable, Text};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::definition::{Level, ServiceLevel};
use super::entry::{self, Closure, Field, ServiceAt, Status};
use super::{fold, revision};
use crate::app::App;
use crate::db::date_to_sql;
use crate::error::{INVALID, Problem, Result};
use crate::http::{Cursor, PageQuery};

/// Longest text of a search, in characters, and the words of it that count.
const TEXT_LIMIT: usize = 200;
const WORD_LIMIT: usize = 12;

/// What to look for. Without any of it: the whole catalogue.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// Words of the code, the name or the field; diacritics and case do not matter, and
    /// the beginning of a word is enough.
    #[param(max_length = 200, example = "dang ky khai sinh")]
    q: Option<String>,
    /// Only procedures of this level of administration.
    #[param(inline)]
    level: Option<Level>,
    /// Only procedures of this field, by its code or its full name.
    #[param(max_length = 300, example = "G15-HT01")]
    field: Option<String>,
    /// Only procedures with this service level today (at `level`, if given).
    #[param(inline)]
    service: Option<ServiceLevel>,
    /// Only procedures that can (or cannot) be filed online.
    online: Option<bool>,
    /// Only procedures with this status.
    #[param(inline)]
    status: Option<Status>,
    /// Rows a page, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next` of the page before.
    #[param(max_length = 4000)]
    cursor: Option<String>,
}

/// One procedure in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProcedureEntry {
    #[schema(pattern = r"^\d\.\d{6}$", example = "1.001193")]
    pub code: String,
    pub name: String,
    pub field: Field,
    pub levels: Vec<Level>,
    /// The decision that announced it.
    pub decision: String,
    /// Can be filed online.
    pub online: bool,
    pub status: Status,
    /// The version in force; absent when unpublished.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i32>,
    /// Today's service level of each level of administration.
    pub service_levels: Vec<ServiceAt>,
    /// Since and until when it takes no filings, if it ever closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<Closure>,
}

/// A page of the catalogue, best first.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProcedurePage {
    pub items: Vec<ProcedureEntry>,
    /// `cursor` of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The position of an entry: its rank, its folded name, its code.
type Position = (i32, String, String);

/// A search, its parameters checked.
#[derive(Debug)]
struct Search {
    /// The words as one phrase, for the rank.
    phrase: String,
    /// A pattern a word; all have to match.
    patterns: Vec<String>,
    level: Option<&'static str>,
    field: Option<String>,
    service: Option<&'static str>,
    online: Option<bool>,
    status: Option<&'static str>,
    limit: i64,
    after: Option<Position>,
}

impl SearchQuery {
    fn check(self) -> Result<Search> {
        let text = self.q.unwrap_or_default();
        if text.chars().count() > TEXT_LIMIT {
            return Err(INVALID.at("q", "dài quá 200 ký tự", "longer than 200 characters"));
        }
        let mut words = fold::significant(fold::words(&text));
        words.truncate(WORD_LIMIT);
        let page = PageQuery { limit: self.limit, cursor: self.cursor };
        Ok(Search {
            phrase: words.join(" "),
            patterns: words.iter().map(|word| format!("% {word}%")).collect(),
            level: self.level.map(Level::word),
            field: self.field.map(|field| field.replace('\0', "")),
            service: self.service.map(ServiceLevel::word),
            online: self.online,
            status: self.status.map(Status::word),
            limit: page.limit()?,
            after: page
                .after::<Position>()?
                .filter(|(_, name, code)| !name.contains('\0') && !code.contains('\0')),
        })
    }
}

/// Find procedures
///
/// Searches code, name and field, with and without diacritics. What is in force comes
/// first, then the best match.
#[utoipa::path(
    operation_id = "search_procedures", security(()), tag = "catalogue", params(SearchQuery),
    responses(
        (status = 200, description = "A page of procedures", body = ProcedurePage,
         headers(("ETag" = String, description = "of the catalogue and the day"))),
        (status = 304, description = "Nothing changed since the page with that ETag"),
        (status = 400, description = "A parameter is malformed", body = Problem),
        (status = 422, description = "A parameter is out of range", body = Problem),
    )
)]
#[get("/api/v1/procedures")]
pub async fn search_procedures(
    app: web::Data<App>,
    query: web::Query<SearchQuery>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let search = query.into_inner().check()?;
    revision::page(&app, &request, move |conn, today| find(conn, &search, today)).await
}

const SQL: &str = "
WITH candidate AS (
    SELECT p.*,
           CASE WHEN p.current_version_id IS NULL THEN 'unpublished'
                WHEN p.closed_since <= $1 AND coalesce(p.closed_until, $1) >= $1 THEN 'closed'
                ELSE 'published' END AS status,
           CASE WHEN p.code = $2 THEN 0
                WHEN p.folded_name = $2 THEN 1
                WHEN p.code LIKE $2 || '%' THEN 2
                WHEN p.folded_name LIKE $2 || '%' THEN 3
                WHEN p.folded_name LIKE '% ' || $2 || '%' THEN 4
                ELSE 5 END AS match
    FROM procedure p
    WHERE p.folded LIKE ALL ($3)
      AND ($4 IS NULL OR $4 = ANY (p.levels))
      AND ($5 IS NULL OR $5 IN (p.field_code, p.field_name))
      AND ($6 IS NULL OR p.online = $6)
      AND ($7 IS NULL OR EXISTS (
            SELECT FROM service_level s
            WHERE s.version_id = p.current_version_id AND s.service = $7 AND ($4 IS NULL OR s.level = $4)
              AND s.valid_from <= $1 AND coalesce(s.valid_to, $1) >= $1))
), ranked AS (
    SELECT *, match + CASE status WHEN 'published' THEN 0 WHEN 'closed' THEN 10 ELSE 20 END AS rank
    FROM candidate
    WHERE $8 IS NULL OR status = $8
), page AS (
    SELECT * FROM ranked
    WHERE $9 IS NULL OR (rank, folded_name, code) > ($9, $10, $11)
    ORDER BY rank, folded_name, code
    LIMIT $12
)
SELECT page.code, page.name, page.field_code, page.field_name, page.levels, page.decision, page.online,
       page.folded_name, page.status, page.rank, page.closed_since, page.closed_until, page.closed_reason,
       v.version,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('level', s.level, 'service_level', s.service)
                                  ORDER BY s.level), '[]')
        FROM service_level s
        WHERE s.version_id = page.current_version_id
          AND s.valid_from <= $1 AND coalesce(s.valid_to, $1) >= $1) AS services
FROM page LEFT JOIN procedure_version v ON v.id = page.current_version_id
ORDER BY page.rank, page.folded_name, page.code";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    field_code: String,
    #[diesel(sql_type = Text)]
    field_name: String,
    #[diesel(sql_type = Array<Text>)]
    levels: Vec<String>,
    #[diesel(sql_type = Text)]
    decision: String,
    #[diesel(sql_type = Bool)]
    online: bool,
    #[diesel(sql_type = Text)]
    folded_name: String,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = Integer)]
    rank: i32,
    #[diesel(sql_type = Nullable<SqlDate>)]
    closed_since: Option<jiff_diesel::Date>,
    #[diesel(sql_type = Nullable<SqlDate>)]
    closed_until: Option<jiff_diesel::Date>,
    #[diesel(sql_type = Text)]
    closed_reason: String,
    #[diesel(sql_type = Nullable<Integer>)]
    version: Option<i32>,
    #[diesel(sql_type = Jsonb)]
    services: serde_json::Value,
}

/// One page. One row more than the page is read: it tells whether another page follows.
fn find(conn: &mut PgConnection, search: &Search, today: Date) -> Result<ProcedurePage> {
    let (rank, name, code) = match &search.after {
        Some((rank, name, code)) => (Some(*rank), Some(name), Some(code)),
        None => (None, None, None),
    };
    let mut rows: Vec<Row> = diesel::sql_query(SQL)
        .bind::<SqlDate, _>(date_to_sql(today))
        .bind::<Text, _>(&search.phrase)
        .bind::<Array<Text>, _>(&search.patterns)
        .bind::<Nullable<Text>, _>(search.level)
        .bind::<Nullable<Text>, _>(&search.field)
        .bind::<Nullable<Bool>, _>(search.online)
        .bind::<Nullable<Text>, _>(search.service)
        .bind::<Nullable<Text>, _>(search.status)
        .bind::<Nullable<Integer>, _>(rank)
        .bind::<Nullable<Text>, _>(name)
        .bind::<Nullable<Text>, _>(code)
        .bind::<BigInt, _>(search.limit + 1)
        .load(conn)?;
    let full = rows.len() as i64 > search.limit;
    rows.truncate(search.limit as usize);
    let next = match rows.last() {
        Some(last) if full => Some(Cursor::encode(&(last.rank, &last.folded_name, &last.code))?),
        _ => None,
    };
    let items = rows.into_iter().map(Row::entry).collect::<Result<_>>()?;
    Ok(ProcedurePage { items, next })
}

impl Row {
    fn entry(self) -> Result<ProcedureEntry> {
        Ok(ProcedureEntry {
            code: self.code,
            name: self.name,
            field: Field { code: self.field_code, name: self.field_name },
            levels: entry::levels(&self.levels)?,
            decision: self.decision,
            online: self.online,
            status: self.status.parse().map_err(anyhow::Error::from)?,
            version: self.version,
            service_levels: serde_json::from_value(self.services)?,
            closed: Closure::of(self.closed_since, self.closed_until, self.closed_reason),
        })
    }
}
