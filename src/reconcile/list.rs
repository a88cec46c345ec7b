//! Lists what does not agree, with what to do about it.
//!
//! May call: the cashiers and leaders; each sees what is about their units, the province's see
//! everything.

use actix_web::{get, web};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Bool, Date as SqlDate, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::App;
use crate::auth::Actor;
use crate::db::{date_to_sql, prepared};
use crate::error::{Problem, Result};
use crate::http::{Cursor, Day, PageQuery, Params, Reply};
use crate::payments::Till;

/// Which of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UnmatchedQuery {
    /// The day of the file or statement.
    #[param(value_type = Option<String>, format = Date)]
    day: Option<Day>,
    #[param(max_length = 30)]
    gateway: Option<String>,
    kind: Option<UnmatchedKind>,
    /// Also those that are ended.
    ended: Option<bool>,
    /// Rows a page, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// What does not agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnmatchedKind {
    FileUnreadable,
    NotOurs,
    UnknownOrder,
    OtherAmount,
    DuplicateLine,
    MissingInFile,
    RefundNotOurs,
    RefundNotConfirmed,
    RefundMissingInFile,
    TreasuryShort,
    TreasuryOver,
    TreasuryMissing,
    TreasuryUnknown,
}

/// Something that does not agree.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnmatchedOut {
    pub id: Uuid,
    #[schema(value_type = UnmatchedKind)]
    pub kind: String,
    /// Empty where the treasury names none that we know.
    pub gateway: String,
    #[schema(value_type = String, format = Date)]
    pub day: Date,
    /// Number of the payment or refund; empty: the day as a whole.
    pub number: String,
    /// Đồng, as they say; 0: they say nothing.
    pub theirs: i64,
    /// Đồng, as we say; 0: we have nothing.
    pub ours: i64,
    /// Code of the unit whose dossier it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// What to do: `fetch_again`, `await_next_file`, `ask_gateway`, `refer_to_gateway`,
    /// `move_suspense`, `await_treasury` or `ask_treasury`.
    pub proposal: String,
    #[schema(value_type = String, format = DateTime)]
    pub found_at: Timestamp,
    /// When it was ended; absent: it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// What was decided, the oldest first.
    #[schema(value_type = Vec<ResolutionOut>)]
    pub resolutions: Value,
}

/// What was decided about it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResolutionOut {
    /// `noted`, `accepted` or `agreed`.
    pub action: String,
    pub reason: String,
    /// Who, as kind:id.
    pub by: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// A page, the oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnmatchedPage {
    pub items: Vec<UnmatchedOut>,
    /// `cursor` of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// List what does not agree with gateways and treasury
#[utoipa::path(
    operation_id = "list_unmatched", tag = "reconciliation", security(("bearer" = [])), params(UnmatchedQuery),
    responses(
        (status = 200, description = "A page", body = UnmatchedPage),
        (status = 400, description = "Not a query", body = Problem),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Neither a cashier nor a leader", body = Problem),
        (status = 422, description = "Not valid", body = Problem),
        (status = 503, description = "Busy", body = Problem),
    )
)]
#[get("/api/v1/reconciliation/unmatched")]
pub async fn list_unmatched(
    app: web::Data<App>,
    actor: Actor,
    query: Params<UnmatchedQuery>,
) -> Result<Reply> {
    actor.need_staff()?;
    let wanted = query.0;
    let page = PageQuery { limit: wanted.limit, cursor: wanted.cursor.clone() };
    let (limit, after): (i64, Option<Uuid>) = (page.limit()?, page.after()?);
    let list = app.db.read_planned(move |conn| {
        let till = Till::of(conn, &actor)?;
        list(conn, &till, &wanted, after, limit)
    });
    Reply::ok(list.await?)
}

/// Items of which something holds.
macro_rules! rows {
    ($which:literal) => {
        concat!(
            "SELECT u.id, u.kind, u.gateway, u.day, u.number, u.theirs, u.ours, a.code AS unit, u.proposal, u.found_at,
                    u.ended_at,
                    coalesce((SELECT jsonb_agg(jsonb_build_object('action', action, 'reason', reason, 'by', decided_by,
                                                                  'at', decided_at) ORDER BY decided_at, r.id)
                                FROM unmatched_resolution r WHERE r.unmatched_id = u.id), '[]') AS resolutions
               FROM unmatched u LEFT JOIN agency a ON a.id = u.unit_id WHERE ",
            $which
        )
    };
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    gateway: String,
    #[diesel(sql_type = SqlDate)]
    day: jiff_diesel::Date,
    #[diesel(sql_type = Text)]
    number: String,
    #[diesel(sql_type = BigInt)]
    theirs: i64,
    #[diesel(sql_type = BigInt)]
    ours: i64,
    #[diesel(sql_type = Nullable<Text>)]
    unit: Option<String>,
    #[diesel(sql_type = Text)]
    proposal: String,
    #[diesel(sql_type = Timestamptz)]
    found_at: jiff_diesel::Timestamp,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    ended_at: jiff_diesel::NullableTimestamp,
    #[diesel(sql_type = Jsonb)]
    resolutions: Value,
}

impl From<Row> for UnmatchedOut {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            gateway: row.gateway,
            day: row.day.to_jiff(),
            number: row.number,
            theirs: row.theirs,
            ours: row.ours,
            unit: row.unit,
            proposal: row.proposal,
            found_at: row.found_at.to_jiff(),
            ended_at: row.ended_at.to_jiff(),
            resolutions: row.resolutions,
        }
    }
}

fn list(
    conn: &mut PgConnection,
    till: &Till,
    wanted: &UnmatchedQuery,
    after: Option<Uuid>,
    limit: i64,
) -> Result<UnmatchedPage> {
    let kind = wanted.kind.map(serde_json::to_value).transpose()?;
    let kind = kind.as_ref().and_then(Value::as_str);
    // PostgreSQL has no text with a NUL, so no gateway is called that.
    let gateway = wanted.gateway.as_ref().map(|gateway| gateway.replace('\0', " "));
    let rows: Vec<Row> = prepared(rows!(
        "u.id > ? AND (? OR u.unit_id = ANY (?)) AND (? OR u.ended_at IS NULL)
         AND coalesce(u.day = ?, true) AND coalesce(u.gateway = ?, true) AND coalesce(u.kind = ?, true)
         ORDER BY u.id LIMIT ?"
    ))
    .bind::<SqlUuid, _>(after.unwrap_or(Uuid::nil()))
    .bind::<Bool, _>(till.province)
    .bind::<Array<SqlUuid>, _>(&till.units)
    .bind::<Bool, _>(wanted.ended.unwrap_or_default())
    .bind::<Nullable<SqlDate>, _>(wanted.day.map(|day| date_to_sql(day.date())))
    .bind::<Nullable<Text>, _>(gateway)
    .bind::<Nullable<Text>, _>(kind)
    .bind::<BigInt, _>(limit + 1)
    .load(conn)?;
    let full = rows.len() as i64 > limit;
    let items: Vec<UnmatchedOut> = rows.into_iter().take(limit as usize).map(UnmatchedOut::from).collect();
    let next = items.last().filter(|_| full).map(|item| Cursor::encode(&item.id)).transpose()?;
    Ok(UnmatchedPage { items, next })
}

/// One item.
pub(super) fn shown(conn: &mut PgConnection, id: Uuid) -> Result<UnmatchedOut> {
    let row: Row = prepared(rows!("u.id = ?")).bind::<SqlUuid, _>(id).get_result(conn)?;
    Ok(row.into())
}
