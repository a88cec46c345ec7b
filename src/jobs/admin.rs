//! What a system administrator sees and does: dead jobs, another try, the figures.
//! No payload is shown: it may name people.

use actix_web::{get, post, web};
use diesel::dsl::now;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::app::App;
use crate::auth::{Actor, Who};
use crate::db::Tx;
use crate::db::schema::job;
use crate::error::{Code, FORBIDDEN, NOT_FOUND, Problem, Result, UNAUTHENTICATED};
use crate::http::{Cursor, Keyed, PageQuery, Reply, once};
use crate::workflow::Role;

static NOT_DEAD: Code = Code::new(
    409,
    "job_not_dead",
    "Chỉ chạy lại được tác vụ đã bị dừng hẳn",
    "Only a dead job can be tried again",
);

pub fn routes(config: &mut ServiceConfig) {
    config.service(list_jobs).service(job_summary).service(retry_job);
}

/// State of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// It runs when its time has come.
    Waiting,
    /// A worker runs it.
    Leased,
    Done,
    /// Given up; a person must look.
    Dead,
}

impl JobState {
    fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Leased => "leased",
            Self::Done => "done",
            Self::Dead => "dead",
        }
    }

    fn of(word: &str) -> Self {
        match word {
            "waiting" => Self::Waiting,
            "leased" => Self::Leased,
            "done" => Self::Done,
            _ => Self::Dead,
        }
    }
}

/// Which jobs to list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct JobFilter {
    /// `dead` when absent.
    #[param(inline)]
    state: Option<JobState>,
}

/// A job, without what it carries.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct JobOut {
    #[schema(minimum = 1)]
    pub id: i64,
    /// Which handler runs it.
    pub kind: String,
    /// The dossier or order it belongs to.
    pub subject: Option<Uuid>,
    pub state: JobState,
    /// How often it was begun.
    #[schema(minimum = 0)]
    pub attempts: i32,
    /// Not before this time.
    #[schema(value_type = String, format = DateTime)]
    pub run_at: Timestamp,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was done or given up.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
}

/// A page of jobs, newest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct JobPage {
    pub items: Vec<JobOut>,
    /// Cursor of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The figures of the queue.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct JobSummary {
    pub kinds: Vec<KindSummary>,
}

/// The figures of one kind that has unfinished or dead jobs.
#[derive(Debug, Serialize, QueryableByName, utoipa::ToSchema)]
pub struct KindSummary {
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = BigInt)]
    #[schema(minimum = 0)]
    pub waiting: i64,
    #[diesel(sql_type = BigInt)]
    #[schema(minimum = 0)]
    pub leased: i64,
    #[diesel(sql_type = BigInt)]
    #[schema(minimum = 0)]
    pub dead: i64,
    /// When the oldest waiting one was written.
    #[diesel(sql_type = Nullable<Timestamptz>, deserialize_as = jiff_diesel::NullableTimestamp)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub oldest_waiting: Option<Timestamp>,
}

/// Nothing to say but which.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetryJobIn {}

/// Lists jobs of one state, newest first.
#[utoipa::path(
    operation_id = "list_jobs", tag = "jobs", params(PageQuery, JobFilter),
    responses(
        (status = 200, body = JobPage), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem)))]
#[get("/api/v1/jobs")]
async fn list_jobs(
    app: web::Data<App>,
    actor: Actor,
    page: web::Query<PageQuery>,
    filter: web::Query<JobFilter>,
) -> Result<web::Json<JobPage>> {
    only_system_admin(&actor)?;
    let (limit, after) = (page.limit()?, page.after::<i64>()?);
    let state = filter.state.unwrap_or(JobState::Dead);
    Ok(web::Json(app.db.read(move |conn| list(conn, state, after, limit)).await?))
}

/// Figures of the queue, by kind: what waits, what runs, what is dead.
#[utoipa::path(
    operation_id = "show_job_summary", tag = "jobs",
    responses(
        (status = 200, body = JobSummary), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 503, body = Problem)))]
#[get("/api/v1/jobs/summary")]
async fn job_summary(app: web::Data<App>, actor: Actor) -> Result<web::Json<JobSummary>> {
    only_system_admin(&actor)?;
    let kinds = app.db.read(figures).await?;
    Ok(web::Json(JobSummary { kinds }))
}

/// Orders another try of a dead job, with all its attempts again.
#[utoipa::path(
    operation_id = "retry_job", tag = "jobs", request_body = RetryJobIn,
    params(
        ("id" = i64, Path, minimum = 1),
        ("Idempotency-Key" = String, Header, min_length = 1, max_length = 200)),
    responses(
        (status = 200, body = JobOut), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 413, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem)))]
#[post("/api/v1/jobs/{id}/retry")]
async fn retry_job(
    app: web::Data<App>,
    actor: Actor,
    id: web::Path<i64>,
    Keyed { key, .. }: Keyed<RetryJobIn>,
) -> Result<Reply> {
    only_system_admin(&actor)?;
    let id = id.into_inner();
    app.db.write(&actor, move |tx| once(tx, &key, |tx| retry(tx, id))).await
}

fn only_system_admin(actor: &Actor) -> Result<()> {
    match &actor.who {
        Who::Anonymous => Err(UNAUTHENTICATED.err()),
        Who::Staff(staff) if staff.has_role(Role::SystemAdmin) => Ok(()),
        _ => Err(FORBIDDEN.err()),
    }
}

/// Puts a dead job back, at the front of its subject's line.
pub fn retry(tx: &mut Tx, id: i64) -> Result<Reply> {
    let state: Option<String> =
        job::table.find(id).select(job::state).for_update().first(tx.conn).optional()?;
    match state.as_deref() {
        None => return Err(NOT_FOUND.err()),
        Some("dead") => {}
        Some(_) => return Err(NOT_DEAD.err()),
    }
    let row: JobRow = diesel::update(job::table.find(id))
        .set((
            job::state.eq("waiting"),
            job::attempts.eq(0),
            job::run_at.eq(now),
            job::finished_at.eq(None::<jiff_diesel::Timestamp>),
        ))
        .returning(JobRow::as_returning())
        .get_result(tx.conn)?;
    tx.audit("retry_job", row.subject)?;
    Reply::ok(JobOut::from(row))
}

/// Jobs of a state, newest first, after the given one.
pub fn list(conn: &mut PgConnection, state: JobState, after: Option<i64>, limit: i64) -> Result<JobPage> {
    let rows: Vec<JobRow> = job::table
        .filter(job::state.eq(state.word()))
        .filter(job::id.lt(after.unwrap_or(i64::MAX)))
        .order(job::id.desc())
        .limit(limit + 1)
        .select(JobRow::as_select())
        .load(conn)?;
    let full = rows.len() as i64 > limit;
    let items: Vec<JobOut> = rows.into_iter().take(limit as usize).map(JobOut::from).collect();
    let last = items.last().filter(|_| full);
    let next = last.map(|job| Cursor::encode(&job.id)).transpose()?;
    Ok(JobPage { items, next })
}

/// Counts what is unfinished or dead by kind, with the indexes of just those rows.
pub fn figures(conn: &mut PgConnection) -> Result<Vec<KindSummary>> {
    Ok(diesel::sql_query(
        "SELECT kind, count(*) FILTER (WHERE state = 'waiting') AS waiting,
                count(*) FILTER (WHERE state = 'leased') AS leased,
                count(*) FILTER (WHERE state = 'dead') AS dead,
                min(created_at) FILTER (WHERE state = 'waiting') AS oldest_waiting
           FROM (SELECT kind, state, created_at FROM job WHERE state IN ('waiting', 'leased')
                 UNION ALL
                 SELECT kind, state, created_at FROM job WHERE state = 'dead') AS open_or_dead
          GROUP BY kind ORDER BY kind",
    )
    .load(conn)?)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = job)]
struct JobRow {
    id: i64,
    kind: String,
    subject: Option<Uuid>,
    state: String,
    attempts: i32,
    #[diesel(deserialize_as = jiff_diesel::Timestamp)]
    run_at: Timestamp,
    last_error: Option<String>,
    #[diesel(deserialize_as = jiff_diesel::Timestamp)]
    created_at: Timestamp,
    #[diesel(deserialize_as = jiff_diesel::NullableTimestamp)]
    finished_at: Option<Timestamp>,
}

impl From<JobRow> for JobOut {
    fn from(row: JobRow) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            subject: row.subject,
            state: JobState::of(&row.state),
            attempts: row.attempts,
            run_at: row.run_at,
            last_error: row.last_error,
            created_at: row.created_at,
            finished_at: row.finished_at,
        }
    }
}
