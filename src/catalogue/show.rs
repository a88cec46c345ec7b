//! Everybody reads a procedure: documents, fees, cases with their times, form, steps.
//!
//! A procedure that takes no filings says since and until when; one of the national list
//! that is not published here shows what the list knows.

use actix_web::{HttpRequest, HttpResponse, get, web};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::definition::Level;
use super::entry::{self, Closure, Field, Status, is_code};
use super::revision;
use crate::app::App;
use crate::db::schema::{procedure, procedure_version};
use crate::error::{NOT_FOUND, Problem, Result};
use crate::workflow::{DossierStatus, WorkflowDef};

/// Members of a definition that are its authors' business: how it was tested, how the
/// officials work. The steps that people see are told in `steps`.
const INTERNAL: [&str; 2] = ["scenarios", "workflow"];
/// Versions named on the page, the newest.
const VERSIONS_SHOWN: i64 = 100;

/// The code in an address.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ProcedureCode {
    /// National code.
    #[param(pattern = r"^\d\.\d{6}$", example = "1.001193")]
    code: String,
}

impl ProcedureCode {
    /// The code, or 404: what has not the shape of a code names nothing.
    pub fn check(self) -> Result<String> {
        if is_code(&self.code) { Ok(self.code) } else { Err(NOT_FOUND.err()) }
    }
}

/// Which version.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WhichVersion {
    /// An older or a coming version; the one in force when absent.
    #[param(minimum = 1)]
    version: Option<i32>,
}

/// A procedure, as people read it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProcedureDetails {
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
    /// Since and until when it takes no filings, if it ever closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<Closure>,
    /// The version that is shown; absent when none is published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<VersionHead>,
    /// All versions, the newest first.
    pub versions: Vec<VersionHead>,
    /// The published definition: legal basis, channels, cases with their times, documents,
    /// fees, results, ways of return, service levels, form (JSON Schema 2020-12), notes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub definition: Option<Map<String, Value>>,
    /// The steps on the process sheet, in order.
    pub steps: Vec<StepShown>,
}

/// A version by its number and days.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VersionHead {
    /// What drafts and dossiers pin.
    pub id: Uuid,
    #[schema(minimum = 1)]
    pub number: i32,
    /// First day of filings under it.
    #[schema(value_type = String, format = Date)]
    pub effective_from: Date,
    #[schema(value_type = String, format = DateTime)]
    pub published_at: Timestamp,
    /// Lists show it, and today's filings go by it.
    pub in_force: bool,
}

/// A step of the workflow.
#[derive(Debug, Serialize, ToSchema)]
pub struct StepShown {
    pub id: String,
    pub name: String,
    /// The status of the national portal, 1 to 10.
    #[schema(value_type = u8, minimum = 1, maximum = 10)]
    pub status: DossierStatus,
    /// Somebody has to come to the counter.
    pub presence: bool,
}

/// Read a procedure
#[utoipa::path(
    operation_id = "read_procedure", security(()), tag = "catalogue", params(ProcedureCode, WhichVersion),
    responses(
        (status = 200, description = "The procedure", body = ProcedureDetails,
         headers(("ETag" = String, description = "of the catalogue and the day"))),
        (status = 304, description = "Nothing changed since the page with that ETag"),
        (status = 400, description = "A parameter is malformed", body = Problem),
        (status = 404, description = "No such procedure or version", body = Problem),
    )
)]
#[get("/api/v1/procedures/{code}")]
pub async fn read_procedure(
    app: web::Data<App>,
    code: web::Path<ProcedureCode>,
    which: web::Query<WhichVersion>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let code = code.into_inner().check()?;
    revision::page(&app, &request, move |conn, today| load(conn, &code, which.version, today)).await
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = procedure)]
struct Head {
    code: String,
    name: String,
    field_code: String,
    field_name: String,
    levels: Vec<String>,
    decision: String,
    online: bool,
    current_version_id: Option<Uuid>,
    closed_since: Option<jiff_diesel::Date>,
    closed_until: Option<jiff_diesel::Date>,
    closed_reason: String,
}

fn load(conn: &mut PgConnection, code: &str, number: Option<i32>, today: Date) -> Result<ProcedureDetails> {
    let head: Head = procedure::table
        .find(code)
        .select(Head::as_select())
        .first(conn)
        .optional()?
        .ok_or_else(|| NOT_FOUND.err())?;
    let versions = versions(conn, code, head.current_version_id)?;
    let shown = match number {
        Some(number) => Some(version(conn, code, number, head.current_version_id)?),
        None => versions.iter().find(|version| version.in_force).cloned(),
    };
    let (definition, steps) = match &shown {
        Some(shown) => content(conn, shown.id)?,
        None => (None, Vec::new()),
    };
    let closed = Closure::of(head.closed_since, head.closed_until, head.closed_reason);
    Ok(ProcedureDetails {
        status: Status::on(today, head.current_version_id.is_some(), closed.as_ref()),
        code: head.code,
        name: head.name,
        field: Field { code: head.field_code, name: head.field_name },
        levels: entry::levels(&head.levels)?,
        decision: head.decision,
        online: head.online,
        closed,
        version: shown,
        versions,
        definition,
        steps,
    })
}

type HeadRow = (Uuid, i32, jiff_diesel::Date, jiff_diesel::Timestamp);
const HEAD: (
    procedure_version::id,
    procedure_version::version,
    procedure_version::effective_from,
    procedure_version::published_at,
) = (
    procedure_version::id,
    procedure_version::version,
    procedure_version::effective_from,
    procedure_version::published_at,
);

fn versions(conn: &mut PgConnection, code: &str, current: Option<Uuid>) -> Result<Vec<VersionHead>> {
    let rows: Vec<HeadRow> = procedure_version::table
        .filter(procedure_version::procedure_code.eq(code))
        .order(procedure_version::version.desc())
        .limit(VERSIONS_SHOWN)
        .select(HEAD)
        .load(conn)?;
    Ok(rows.into_iter().map(|row| VersionHead::of(row, current)).collect())
}

fn version(conn: &mut PgConnection, code: &str, number: i32, current: Option<Uuid>) -> Result<VersionHead> {
    let row: Option<HeadRow> = procedure_version::table
        .filter(procedure_version::procedure_code.eq(code))
        .filter(procedure_version::version.eq(number))
        .select(HEAD)
        .first(conn)
        .optional()?;
    row.map(|row| VersionHead::of(row, current)).ok_or_else(|| NOT_FOUND.err())
}

impl VersionHead {
    fn of((id, number, from, at): HeadRow, current: Option<Uuid>) -> Self {
        Self {
            id,
            number,
            effective_from: from.to_jiff(),
            published_at: at.to_jiff(),
            in_force: current == Some(id),
        }
    }
}

/// What people may read of a version: its definition and its steps.
type Content = (Option<Map<String, Value>>, Vec<StepShown>);

fn content(conn: &mut PgConnection, id: Uuid) -> Result<Content> {
    let (definition, workflow): (Value, Value) = procedure_version::table
        .find(id)
        .select((procedure_version::definition, procedure_version::workflow))
        .first(conn)?;
    let mut definition: Map<String, Value> = serde_json::from_value(definition)?;
    definition.retain(|name, _| !INTERNAL.contains(&name.as_str()));
    let workflow: WorkflowDef = serde_json::from_value(workflow)?;
    let steps = workflow.steps.into_iter().map(|step| StepShown {
        id: step.id.to_string(),
        name: step.name,
        status: step.status,
        presence: step.presence,
    });
    Ok((Some(definition), steps.collect()))
}
