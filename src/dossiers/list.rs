//! Worklists: one filter and one predicate for list, count and export.
//!
//! The filter is a conjunction; the order is the due time, then the id, which is also the
//! cursor. `count` stops at a cap: nobody waits for the number of everything.

use actix_web::{get, web};
use diesel::dsl::sql;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text, Timestamptz, Uuid as SqlUuid};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::row::DossierRow;
use super::scope::visible;
use crate::app::App;
use crate::auth::{Actor, Who};
use crate::db::schema::{agency, dossier};
use crate::db::{Condition, condition, to_sql};
use crate::error::{INVALID, Problem, Result, UNAUTHENTICATED};
use crate::http::{Cursor, Moment, PageQuery, Params, Reply};
use crate::workflow::{Channel, Role};

/// `count` says "more than" beyond this.
const COUNT_CAP: i64 = 10_000;

/// Filters, all of which must hold.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DossierFilter {
    /// Status of the national portal, 1 to 10.
    #[param(minimum = 1, maximum = 10)]
    pub status: Option<i16>,
    /// Not closed (true), closed (false).
    pub open: Option<bool>,
    /// Procedure code.
    #[param(max_length = 20)]
    pub procedure: Option<String>,
    #[param(inline)]
    pub channel: Option<Channel>,
    /// Identifier code of the unit that must act now.
    #[param(max_length = 40)]
    pub holder: Option<String>,
    /// Role that must act now.
    #[param(inline)]
    pub role: Option<Role>,
    /// Assigned to the caller.
    pub mine: Option<bool>,
    /// Assigned to nobody.
    pub unassigned: Option<bool>,
    /// Past its due time.
    pub late: Option<bool>,
    /// The clock stands.
    pub paused: Option<bool>,
    /// The caller's unit is asked for an opinion.
    pub opinion: Option<bool>,
    /// Due before this time.
    #[param(value_type = Option<String>, format = DateTime)]
    pub due_before: Option<Moment>,
    /// Submitted from this time.
    #[param(value_type = Option<String>, format = DateTime)]
    pub submitted_from: Option<Moment>,
    /// Submitted before this time.
    #[param(value_type = Option<String>, format = DateTime)]
    pub submitted_before: Option<Moment>,
    /// Begins the dossier code or is the applicant's number.
    #[param(max_length = 60)]
    pub q: Option<String>,
    /// Rows a page, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<i64>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// One row of a worklist.
#[derive(Debug, Serialize, ToSchema)]
pub struct DossierLine {
    pub id: Uuid,
    pub code: String,
    pub procedure: String,
    pub channel: String,
    pub applicant: String,
    pub status: i16,
    pub steps: Vec<String>,
    /// For `If-Match`.
    pub version: i32,
    pub holder_role: Option<String>,
    pub assignee_id: Option<Uuid>,
    #[schema(value_type = String, format = DateTime)]
    pub submitted_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub paused_since: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub late_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closed_at: Option<Timestamp>,
}

/// A page of a worklist.
#[derive(Debug, Serialize, ToSchema)]
pub struct DossierPage {
    pub items: Vec<DossierLine>,
    /// Cursor of the next page; absent on the last.
    pub next: Option<String>,
}

/// How many rows a filter finds.
#[derive(Debug, Serialize, ToSchema)]
pub struct DossierCount {
    /// At most 10,000.
    pub count: i64,
    /// There are more than the cap.
    pub more: bool,
}

/// Where a page begins: after this due time and id.
pub type Position = (Timestamp, Uuid);

type Query = dossier::BoxedQuery<'static, Pg, diesel::dsl::SqlTypeOf<diesel::dsl::AsSelect<DossierRow, Pg>>>;

impl From<DossierRow> for DossierLine {
    fn from(row: DossierRow) -> Self {
        let name = row.applicant.get("name").and_then(|n| n.as_str()).unwrap_or_default().to_owned();
        Self {
            id: row.id,
            code: row.code,
            procedure: row.procedure_code,
            channel: row.channel,
            applicant: name,
            status: row.status,
            steps: row.marking,
            version: row.seq,
            holder_role: row.holder_role,
            assignee_id: row.assignee_id,
            submitted_at: row.submitted_at.to_jiff(),
            due_at: row.due_at.to_jiff(),
            paused_since: row.paused_since.map(jiff_diesel::Timestamp::to_jiff),
            late_at: row.late_at.map(jiff_diesel::Timestamp::to_jiff),
            closed_at: row.closed_at.map(jiff_diesel::Timestamp::to_jiff),
        }
    }
}

impl DossierFilter {
    fn check(&self) -> Result<()> {
        for (field, text, limit) in
            [("procedure", &self.procedure, 20), ("holder", &self.holder, 40), ("q", &self.q, 60)]
        {
            if text.as_ref().is_some_and(|t| t.chars().count() > limit || t.contains('\0')) {
                return Err(INVALID.at(
                    field,
                    format!("tối đa {limit} ký tự"),
                    format!("at most {limit} characters"),
                ));
            }
        }
        if self.status.is_some_and(|s| !(1..=10).contains(&s)) {
            return Err(INVALID.at("status", "phải từ 1 đến 10", "must be from 1 to 10"));
        }
        Ok(())
    }

    fn page(&self) -> PageQuery {
        PageQuery { limit: self.limit, cursor: self.cursor.clone() }
    }

    /// Where the page begins. A cursor comes from outside, so its time has bounds.
    fn position(&self) -> Result<Option<Position>> {
        let position = self.page().after::<(Moment, Uuid)>()?;
        Ok(position.map(|(due_at, id)| (due_at.time(), id)))
    }

    /// The visible rows that pass the filter.
    pub fn query(&self, conn: &mut PgConnection, actor: &Actor) -> Result<Query> {
        let mut query = dossier::table.select(DossierRow::as_select()).filter(visible(actor)).into_boxed();
        if let Some(status) = self.status {
            query = query.filter(dossier::status.eq(status));
        }
        if let Some(open) = self.open {
            query = match open {
                true => query.filter(dossier::closed_at.is_null()),
                false => query.filter(dossier::closed_at.is_not_null()),
            };
        }
        if let Some(procedure) = self.procedure.clone() {
            query = query.filter(dossier::procedure_code.eq(procedure));
        }
        if let Some(channel) = self.channel {
            query = query.filter(dossier::channel.eq(channel.word()));
        }
        if let Some(code) = &self.holder {
            let unit: Option<Uuid> =
                agency::table.filter(agency::code.eq(code)).select(agency::id).first(conn).optional()?;
            query = query.filter(dossier::holder_unit_id.eq(unit.unwrap_or(Uuid::nil())));
        }
        if let Some(role) = self.role {
            query = query.filter(dossier::holder_role.eq(role.word()));
        }
        Ok(self.times(self.turns(query, actor)))
    }

    /// Whose turn it is.
    fn turns(&self, mut query: Query, actor: &Actor) -> Query {
        let me = actor.staff().map(|staff| staff.staff_id);
        if self.mine == Some(true) {
            query = query.filter(dossier::assignee_id.eq(me.unwrap_or(Uuid::nil())));
        }
        if self.unassigned == Some(true) {
            query = query.filter(dossier::assignee_id.is_null());
        }
        if self.opinion == Some(true) {
            let units = actor.staff().map(|staff| staff.sees()).unwrap_or_default();
            query = query.filter(
                sql::<Bool>("EXISTS (SELECT 1 FROM jsonb_array_elements(dossier.progress->'opinions') o WHERE o->>'answered_at' IS NULL AND (o->>'unit_id')::uuid = ANY (")
                    .bind::<diesel::sql_types::Array<SqlUuid>, _>(units)
                    .sql("))"),
            );
        }
        query
    }

    /// Times and the free text.
    fn times(&self, mut query: Query) -> Query {
        if let Some(late) = self.late {
            query = match late {
                true => query.filter(dossier::late_at.is_not_null()),
                false => query.filter(dossier::late_at.is_null()),
            };
        }
        if let Some(paused) = self.paused {
            query = match paused {
                true => query.filter(dossier::paused_since.is_not_null()),
                false => query.filter(dossier::paused_since.is_null()),
            };
        }
        if let Some(before) = self.due_before {
            query = query.filter(dossier::due_at.lt(to_sql(before.time())));
        }
        if let Some(from) = self.submitted_from {
            query = query.filter(dossier::submitted_at.ge(to_sql(from.time())));
        }
        if let Some(before) = self.submitted_before {
            query = query.filter(dossier::submitted_at.lt(to_sql(before.time())));
        }
        if let Some(q) = &self.q {
            let q = q.trim().to_owned();
            query = query.filter(
                sql::<Bool>("(starts_with(dossier.code, ")
                    .bind::<Text, _>(q.to_ascii_uppercase())
                    .sql(") OR dossier.applicant->>'identity_no' = ")
                    .bind::<Text, _>(q.clone())
                    .sql(" OR dossier.applicant->>'tax_no' = ")
                    .bind::<Text, _>(q)
                    .sql(")"),
            );
        }
        query
    }
}

/// The rows after a position, in the order of due time.
pub fn after(query: Query, position: Option<Position>, limit: i64) -> Query {
    let query = query.order((dossier::due_at.asc(), dossier::id.asc())).limit(limit);
    match position {
        None => query,
        Some(position) => query.filter(beyond(position)),
    }
}

/// Rows that come after a position, in the order of due time and id. Compared as one pair, so
/// that the index in that order is entered at the position.
pub fn beyond((due_at, id): Position) -> Condition {
    condition("(dossier.due_at, dossier.id) > (?, ?)")
        .bind::<Timestamptz, _>(to_sql(due_at))
        .bind::<SqlUuid, _>(id)
}

/// The position of a row.
pub fn position_of(row: &DossierRow) -> Position {
    (row.due_at.to_jiff(), row.id)
}

/// Lists dossiers: a citizen's own, an official's worklist.
#[utoipa::path(
    operation_id = "list_dossiers",
    tag = "dossiers",
    params(DossierFilter),
    responses(
        (status = 200, description = "A page", body = DossierPage),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/dossiers")]
pub async fn list(app: web::Data<App>, actor: Actor, filter: Params<DossierFilter>) -> Result<Reply> {
    let filter = checked(&actor, filter)?;
    let (limit, position) = (filter.page().limit()?, filter.position()?);
    let mut rows: Vec<DossierRow> = app
        .db
        .read_planned(move |conn| Ok(after(filter.query(conn, &actor)?, position, limit + 1).load(conn)?))
        .await?;
    let page_size = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > page_size;
    rows.truncate(page_size);
    let next = match rows.last() {
        Some(last) if more => Some(Cursor::encode(&position_of(last))?),
        _ => None,
    };
    Reply::ok(DossierPage { items: rows.into_iter().map(DossierLine::from).collect(), next })
}

/// Counts what `list_dossiers` would list, up to a cap.
#[utoipa::path(
    operation_id = "count_dossiers",
    tag = "dossiers",
    params(DossierFilter),
    responses(
        (status = 200, description = "The count", body = DossierCount),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/dossiers/count")]
pub async fn count(app: web::Data<App>, actor: Actor, filter: Params<DossierFilter>) -> Result<Reply> {
    let filter = checked(&actor, filter)?;
    let found = app
        .db
        .read_planned(move |conn| {
            let ids: Vec<Uuid> =
                filter.query(conn, &actor)?.select(dossier::id).limit(COUNT_CAP + 1).load(conn)?;
            Ok(i64::try_from(ids.len()).unwrap_or(i64::MAX))
        })
        .await?;
    Reply::ok(DossierCount { count: found.min(COUNT_CAP), more: found > COUNT_CAP })
}

/// The filter of somebody who is logged in.
pub fn checked(actor: &Actor, filter: Params<DossierFilter>) -> Result<DossierFilter> {
    if matches!(actor.who, Who::Anonymous) {
        return Err(UNAUTHENTICATED.err());
    }
    let Params(filter) = filter;
    filter.check()?;
    Ok(filter)
}
