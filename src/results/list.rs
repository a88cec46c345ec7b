//! The register as officials read it: the results of the agencies in their reach.

use actix_web::{get, web};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Uuid as SqlUuid};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::register::{self, ResultOut, ResultState, Row, results_where};
use crate::app::App;
use crate::auth::Actor;
use crate::db::prepared;
use crate::error::{NOT_FOUND, Problem, Result};
use crate::http::{Cursor, PageQuery, Params, Reply};

/// Filters, all of which must hold.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ResultFilter {
    #[param(inline)]
    pub state: Option<ResultState>,
    /// Identifier code of the agency that decided.
    #[param(max_length = 40)]
    pub unit: Option<String>,
    /// Rows a page, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<i64>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// A page of the register, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResultPage {
    pub items: Vec<ResultOut>,
    /// Cursor of the next page; absent on the last.
    pub next: Option<String>,
}

/// Lists results.
#[utoipa::path(
    operation_id = "list_results",
    tag = "results",
    params(ResultFilter),
    responses(
        (status = 200, description = "Results", body = ResultPage),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/results")]
pub async fn list_results(
    app: web::Data<App>,
    actor: Actor,
    Params(filter): Params<ResultFilter>,
) -> Result<Reply> {
    let units = actor.need_staff()?.sees();
    let page = PageQuery { limit: filter.limit, cursor: filter.cursor };
    let (limit, after) = (page.limit()?, page.after::<Uuid>()?);
    let (state, unit) = (filter.state, filter.unit.filter(|unit| !unit.contains('\0')));
    let found = app.db.read_planned(move |conn| {
        let rows: Vec<Row> = prepared(results_where!(
            "r.unit_id = ANY (?) AND (?::text IS NULL OR r.state = ?) AND (?::text IS NULL OR a.code = ?)
             AND (?::uuid IS NULL OR r.id < ?) ORDER BY r.id DESC LIMIT ?"
        ))
        .bind::<Array<SqlUuid>, _>(units)
        .bind::<Nullable<Text>, _>(state.map(ResultState::word))
        .bind::<Nullable<Text>, _>(state.map(ResultState::word))
        .bind::<Nullable<Text>, _>(&unit)
        .bind::<Nullable<Text>, _>(&unit)
        .bind::<Nullable<SqlUuid>, _>(after)
        .bind::<Nullable<SqlUuid>, _>(after)
        .bind::<BigInt, _>(limit + 1)
        .load(conn)?;
        let rows: Result<Vec<ResultOut>> = rows.into_iter().map(|row| row.out(conn)).collect();
        rows
    });
    let mut items = found.await?;
    let more = items.len() as i64 > limit;
    items.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = items.last().filter(|_| more).map(|last| Cursor::encode(&last.id)).transpose()?;
    Reply::ok(ResultPage { items, next })
}

/// Shows a result with its history.
#[utoipa::path(
    operation_id = "get_result",
    tag = "results",
    params(("id" = Uuid, Path, description = "The result")),
    responses(
        (status = 200, description = "The result", body = ResultOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/results/{id}")]
pub async fn show_result(app: web::Data<App>, actor: Actor, id: web::Path<Uuid>) -> Result<Reply> {
    actor.need_staff()?;
    let id = id.into_inner();
    let found = app.db.read(move |conn| seen(conn, &actor, id)?.out(conn));
    Reply::ok(found.await?)
}

/// The result, if its agency is in the official's reach.
pub fn seen(conn: &mut PgConnection, actor: &Actor, id: Uuid) -> Result<Row> {
    let reach = actor.need_staff()?.sees();
    let row = register::find(conn, id)?;
    if reach.contains(&row.unit_id) { Ok(row) } else { Err(NOT_FOUND.err()) }
}
