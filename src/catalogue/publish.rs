//! A system administrator publishes a version of a procedure.
//!
//! Nothing with a defect is ever published: the check says where each defect is and which
//! way through the workflow shows it. What is published never changes; a correction is
//! the next version. Dossiers keep the version they were filed under.
//!
//! Refusals: 422 `not_publishable` with the defects, 409 `version_taken` when the version
//! is not the next one, 422 when it would begin before the version that it follows.

use std::collections::HashMap;

use actix_web::{post, web};
use diesel::prelude::*;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::definition::ProcedureDef;
use super::rules::{Ready, Rules};
use super::{in_force, revision};
use crate::app::App;
use crate::auth::Actor;
use crate::clock::day_of;
use crate::db::schema::{procedure_version, service_level};
use crate::db::{Tx, date_to_sql, to_sql};
use crate::error::{Code, Error, FieldProblem, INVALID, Problem, Refused, Result};
use crate::http::{Keyed, Reply, once};
use crate::workflow::{Defect, Role};

pub static NOT_PUBLISHABLE: Code = Code::new(
    422,
    "not_publishable",
    "Định nghĩa thủ tục còn lỗi, chưa công bố được",
    "The definition has defects and is not published",
);
pub static VERSION_TAKEN: Code = Code::new(
    409,
    "version_taken",
    "Số phiên bản không phải là số kế tiếp",
    "The version is not the next one",
);

/// A version that was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Published {
    pub id: Uuid,
    #[schema(pattern = r"^\d\.\d{6}$", example = "1.001193")]
    pub code: String,
    #[schema(minimum = 1)]
    pub version: i32,
    /// First day of filings under it.
    #[schema(value_type = String, format = Date)]
    pub effective_from: Date,
    /// It is in force already.
    pub in_force: bool,
    pub links: Links,
}

/// Where to read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Links {
    #[serde(rename = "self")]
    pub this: String,
}

/// Publish a version of a procedure
///
/// The body is the whole definition, as `motcua check` reads it; `version` has to be the
/// next number. A defect is told as a field of the problem, the whole list with the ways
/// that show them stands in `defects`.
#[utoipa::path(
    operation_id = "publish_procedure_version", tag = "catalogue",
    params(
        ("code" = String, Path, description = "National code", pattern = r"^\d\.\d{6}$", example = "1.001193"),
        ("Idempotency-Key" = String, Header, description = "A new one for each request", max_length = 200),
    ),
    request_body(content = Object, description = "The definition of the version"),
    responses(
        (status = 201, description = "Published", body = Published),
        (status = 400, description = "Not JSON, or no Idempotency-Key", body = Problem),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Not a system administrator", body = Problem),
        (status = 404, description = "No national code", body = Problem),
        (status = 409, description = "Not the next version, or the same key under way", body = Problem),
        (status = 413, description = "Larger than 512 KiB", body = Problem),
        (status = 422, description = "Defects, each with its place", body = Problem),
    ),
    security(("bearer" = []))
)]
#[post("/api/v1/procedures/{code}/versions")]
pub async fn publish_procedure_version(
    app: web::Data<App>,
    actor: Actor,
    code: web::Path<super::show::ProcedureCode>,
    sent: Keyed<Value>,
) -> Result<Reply> {
    actor.need_role(Role::SystemAdmin)?;
    let code = code.into_inner().check()?;
    let ready = web::block(move || ready(&code, &sent.body).map(|ready| (sent.key, ready)));
    let (key, ready) = ready.await.map_err(anyhow::Error::from)??;
    app.db
        .write(&actor, move |tx| {
            once(tx, &key, |tx| {
                let published = publish(tx, &ready)?;
                tx.audit("publish_procedure_version", Some(published.id))?;
                Reply::created(published)
            })
        })
        .await
}

/// Checks a definition that was sent for a code.
fn ready(code: &str, sent: &Value) -> Result<Ready> {
    let ready = Rules::embedded()?.check(&sent.to_string()).map_err(|defects| refusal(&defects))?;
    if ready.definition.code != code {
        return Err(INVALID.at("/code", "khác mã trong địa chỉ", "is not the code of the address"));
    }
    Ok(ready)
}

/// The problem that names every defect.
fn refusal(defects: &[Defect]) -> Error {
    let mut refused = Refused::new(&NOT_PUBLISHABLE).with("defects", json!(defects));
    refused.fields =
        defects.iter().map(|d| FieldProblem::new(&d.path, d.code.word(), &*d.vi, &*d.en)).collect();
    refused.into()
}

/// Publishes one version.
pub fn publish(tx: &mut Tx, ready: &Ready) -> Result<Published> {
    let one = publish_all(tx, std::slice::from_ref(ready))?.pop();
    one.ok_or_else(|| Error::Internal(anyhow::anyhow!("one version went in, none came out")))
}

/// Publishes versions of different procedures in a few statements.
pub fn publish_all(tx: &mut Tx, ready: &[Ready]) -> Result<Vec<Published>> {
    revision::advance(tx)?;
    let latest = latest_versions(tx, ready)?;
    for one in ready {
        follows(one, latest.get(&one.definition.code))?;
    }
    let today = day_of(tx.now);
    let published: Vec<Published> = ready.iter().map(|one| Published::new(&one.definition, today)).collect();
    in_force::announce(tx, ready.iter().map(|one| &one.definition))?;
    write_versions(tx, ready, &published)?;
    in_force::bring_into_force(tx)?;
    Ok(published)
}

impl Published {
    fn new(definition: &ProcedureDef, today: Date) -> Self {
        let (code, version) = (definition.code.clone(), number(definition));
        Self {
            id: Uuid::now_v7(),
            links: Links { this: format!("/api/v1/procedures/{code}?version={version}") },
            code,
            version,
            effective_from: definition.effective_from,
            in_force: definition.effective_from <= today,
        }
    }
}

/// The number of a version as the database holds it; the check bounds it.
fn number(definition: &ProcedureDef) -> i32 {
    i32::try_from(definition.version).unwrap_or(i32::MAX)
}

/// The last version of each procedure, and its first day.
type Latest = HashMap<String, (i32, Date)>;

fn latest_versions(tx: &mut Tx, ready: &[Ready]) -> Result<Latest> {
    let codes: Vec<&str> = ready.iter().map(|one| one.definition.code.as_str()).collect();
    let rows: Vec<(String, i32, jiff_diesel::Date)> = procedure_version::table
        .filter(procedure_version::procedure_code.eq_any(codes))
        .order((procedure_version::procedure_code, procedure_version::version.desc()))
        .distinct_on(procedure_version::procedure_code)
        .select((
            procedure_version::procedure_code,
            procedure_version::version,
            procedure_version::effective_from,
        ))
        .load(tx.conn)?;
    Ok(rows.into_iter().map(|(code, version, from)| (code, (version, from.to_jiff()))).collect())
}

/// A version has the next number and does not begin before the one it follows.
fn follows(ready: &Ready, latest: Option<&(i32, Date)>) -> Result<()> {
    let definition = &ready.definition;
    let next = latest.map_or(1, |(last, _)| last + 1);
    if number(definition) != next {
        let refused = Refused::new(&VERSION_TAKEN).with("next_version", next);
        return Err(refused.into());
    }
    match latest {
        Some((_, from)) if definition.effective_from < *from => Err(INVALID.at(
            "/effective_from",
            format!("phải từ {from}, ngày bắt đầu của phiên bản trước"),
            format!("must not be before {from}, the first day of the version before"),
        )),
        _ => Ok(()),
    }
}

/// Writes the immutable rows.
fn write_versions(tx: &mut Tx, ready: &[Ready], published: &[Published]) -> Result<()> {
    let (now, by) = (to_sql(tx.now), tx.actor.key());
    let mut versions = Vec::with_capacity(ready.len());
    let mut services = Vec::new();
    for (one, published) in ready.iter().zip(published) {
        let d = &one.definition;
        versions.push((
            procedure_version::id.eq(published.id),
            procedure_version::procedure_code.eq(&d.code),
            procedure_version::version.eq(published.version),
            procedure_version::definition.eq(serde_json::to_value(d)?),
            procedure_version::workflow.eq(serde_json::to_value(&one.workflow)?),
            procedure_version::effective_from.eq(date_to_sql(d.effective_from)),
            procedure_version::published_at.eq(now),
            procedure_version::published_by.eq(&by),
        ));
        services.extend(d.service_levels.iter().map(|service| {
            (
                service_level::version_id.eq(published.id),
                service_level::procedure_code.eq(&d.code),
                service_level::level.eq(service.level.word()),
                service_level::service.eq(service.service_level.word()),
                service_level::valid_from.eq(date_to_sql(service.from)),
                service_level::valid_to.eq(service.to.map(date_to_sql)),
            )
        }));
    }
    diesel::insert_into(procedure_version::table).values(versions).execute(tx.conn)?;
    diesel::insert_into(service_level::table).values(services).execute(tx.conn)?;
    Ok(())
}
