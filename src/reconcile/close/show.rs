//! Closes: the list, one of them, and the text that is signed.

use actix_web::http::header::{ContentType, ETAG};
use actix_web::{HttpResponse, get, web};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Date as SqlDate, Nullable, Text, Uuid as SqlUuid};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::figures::Figures;
use crate::app::App;
use crate::auth::Actor;
use crate::db::{date_to_sql, prepared};
use crate::error::{NOT_FOUND, Problem, Result};
use crate::http::{Cursor, Day, PageQuery, Params, Reply};
use crate::payments::Till;

/// A close.
#[derive(Debug, Serialize, ToSchema)]
pub struct CloseOut {
    pub id: Uuid,
    /// Code of the unit, or of the province.
    pub agency: String,
    #[schema(value_type = String, format = Date)]
    pub day: Date,
    /// SHA-256 of the text, in hex.
    #[schema(min_length = 64, max_length = 64)]
    pub sha256: String,
    /// That of the day before; empty: it is the first.
    #[schema(max_length = 64)]
    pub previous: String,
    #[schema(value_type = String, format = DateTime)]
    pub closed_at: Timestamp,
    /// Who, as kind:id.
    pub closed_by: String,
    /// How much did not agree: number, and sum in đồng.
    #[schema(minimum = 0)]
    pub unmatched_count: i64,
    #[schema(minimum = 0)]
    pub unmatched_sum: i64,
    pub figures: Figures,
}

/// A page of closes, the latest days first.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClosePage {
    pub items: Vec<CloseOut>,
    /// `cursor` of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Which of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CloseQuery {
    /// Code of the unit, or of the province.
    #[param(max_length = 30)]
    agency: Option<String>,
    #[param(value_type = Option<String>, format = Date)]
    day: Option<Day>,
    /// Rows a page, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// List the closes that my tills reach
#[utoipa::path(
    operation_id = "list_closes", tag = "reconciliation", security(("bearer" = [])), params(CloseQuery),
    responses(
        (status = 200, description = "A page", body = ClosePage),
        (status = 400, description = "Not a query", body = Problem),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Neither a cashier nor a leader", body = Problem),
        (status = 422, description = "Not valid", body = Problem),
        (status = 503, description = "Busy", body = Problem),
    )
)]
#[get("/api/v1/closes")]
pub async fn list_closes(app: web::Data<App>, actor: Actor, query: Params<CloseQuery>) -> Result<Reply> {
    actor.need_staff()?;
    let wanted = query.0;
    let page = PageQuery { limit: wanted.limit, cursor: wanted.cursor.clone() };
    let (limit, after): (i64, Option<(Date, Uuid)>) = (page.limit()?, page.after()?);
    let list = app.db.read_planned(move |conn| {
        let till = Till::of(conn, &actor)?;
        list(conn, &till, &wanted, after, limit)
    });
    Reply::ok(list.await?)
}

/// Show a close
#[utoipa::path(
    operation_id = "show_close", tag = "reconciliation", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The close")),
    responses(
        (status = 200, description = "The close", body = CloseOut),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Neither a cashier nor a leader", body = Problem),
        (status = 404, description = "No close that my till reaches", body = Problem),
        (status = 503, description = "Busy", body = Problem),
    )
)]
#[get("/api/v1/closes/{id}")]
pub async fn show_close(app: web::Data<App>, actor: Actor, id: web::Path<Uuid>) -> Result<Reply> {
    actor.need_staff()?;
    let id = id.into_inner();
    let shown = app.db.read(move |conn| {
        let till = Till::of(conn, &actor)?;
        one(conn, &till, id)
    });
    Reply::ok(shown.await?)
}

/// Show the text of a close, over which its hash is
#[utoipa::path(
    operation_id = "show_close_text", tag = "reconciliation", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The close")),
    responses(
        (status = 200, description = "The text; its SHA-256 is the ETag", body = String, content_type = "text/plain"),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Neither a cashier nor a leader", body = Problem),
        (status = 404, description = "No close that my till reaches", body = Problem),
        (status = 503, description = "Busy", body = Problem),
    )
)]
#[get("/api/v1/closes/{id}/text")]
pub async fn show_close_text(app: web::Data<App>, actor: Actor, id: web::Path<Uuid>) -> Result<HttpResponse> {
    actor.need_staff()?;
    let id = id.into_inner();
    let found = app.db.read(move |conn| {
        let till = Till::of(conn, &actor)?;
        row(conn, &till, id)
    });
    let row = found.await?;
    Ok(HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .insert_header((ETAG, format!("\"{}\"", hex::encode(&row.sha256))))
        .body(row.text))
}

/// Closes within a till's reach of which something holds.
macro_rules! rows {
    ($which:literal) => {
        concat!(
            "SELECT c.id, a.code AS agency, c.day, c.text, c.sha256
               FROM (SELECT ?::boolean AS province, ?::uuid[] AS units) AS till
              CROSS JOIN day_close c JOIN agency a ON a.id = c.agency_id
              WHERE (till.province
                     OR (c.agency_id = ANY (till.units) AND NOT (a.parent_id IS NULL AND a.level = 'province')))
                AND ",
            $which
        )
    };
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    agency: String,
    #[diesel(sql_type = SqlDate)]
    day: jiff_diesel::Date,
    #[diesel(sql_type = Text)]
    text: String,
    #[diesel(sql_type = Binary)]
    sha256: Vec<u8>,
}

impl Row {
    fn shown(self) -> Result<CloseOut> {
        let (head, figures) = Figures::read(&self.text)?;
        Ok(CloseOut {
            id: self.id,
            agency: self.agency,
            day: self.day.to_jiff(),
            sha256: hex::encode(&self.sha256),
            previous: head.previous,
            closed_at: head.closed_at,
            closed_by: head.closed_by,
            unmatched_count: figures.unmatched.len() as i64,
            unmatched_sum: figures.unmatched_sum(),
            figures,
        })
    }
}

fn row(conn: &mut PgConnection, till: &Till, id: Uuid) -> Result<Row> {
    let found: Option<Row> = prepared(rows!("c.id = ?"))
        .bind::<Bool, _>(till.province)
        .bind::<Array<SqlUuid>, _>(&till.units)
        .bind::<SqlUuid, _>(id)
        .get_result(conn)
        .optional()?;
    found.ok_or_else(|| NOT_FOUND.err())
}

/// One close, if the till reaches it.
pub(super) fn one(conn: &mut PgConnection, till: &Till, id: Uuid) -> Result<CloseOut> {
    row(conn, till, id)?.shown()
}

fn list(
    conn: &mut PgConnection,
    till: &Till,
    wanted: &CloseQuery,
    after: Option<(Date, Uuid)>,
    limit: i64,
) -> Result<ClosePage> {
    // PostgreSQL has no text with a NUL, so no agency has it in its code.
    let agency = wanted.agency.as_ref().map(|code| code.replace('\0', " "));
    let rows: Vec<Row> = prepared(rows!(
        "coalesce(a.code = ?, true) AND coalesce(c.day = ?, true) AND coalesce((c.day, c.id) < (?::date, ?::uuid), true)
         ORDER BY c.day DESC, c.id DESC LIMIT ?"
    ))
    .bind::<Bool, _>(till.province)
    .bind::<Array<SqlUuid>, _>(&till.units)
    .bind::<Nullable<Text>, _>(agency)
    .bind::<Nullable<SqlDate>, _>(wanted.day.map(|day| date_to_sql(day.date())))
    .bind::<Nullable<SqlDate>, _>(after.map(|(day, _)| date_to_sql(day)))
    .bind::<Nullable<SqlUuid>, _>(after.map(|(_, id)| id))
    .bind::<BigInt, _>(limit + 1)
    .load(conn)?;
    let full = rows.len() as i64 > limit;
    let items: Vec<CloseOut> =
        rows.into_iter().take(limit as usize).map(Row::shown).collect::<Result<_>>()?;
    let next = items.last().filter(|_| full).map(|item| Cursor::encode(&(item.day, item.id))).transpose()?;
    Ok(ClosePage { items, next })
}
