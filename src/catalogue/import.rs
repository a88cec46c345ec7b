//! A system administrator imports a list of procedures as unpublished entries.
//!
//! They can be found and looked at, but take no filings until a version is published.
//! Published procedures are left alone. All or nothing: a wrong row refuses the list with
//! its place (`/rows/17/code`), rows counting from 0.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpRequest, post, web};
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Text, Timestamptz};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::definition::Level;
use super::entry::is_code;
use super::{fold, revision};
use crate::app::App;
use crate::auth::Actor;
use crate::db::schema::procedure;
use crate::db::{Tx, to_sql};
use crate::error::{Error, FieldProblem, INVALID, MALFORMED, Problem, Refused, Result, TOO_LARGE};
use crate::http::{Key, Reply, once, parse_json};
use crate::workflow::Role;

/// The national list has 2,642 rows and 530 kB.
const ROW_LIMIT: usize = 20_000;
const BODY_LIMIT: usize = 8 * 1024 * 1024;
/// Wrong rows told at once.
const TOLD: usize = 50;

/// One entry of a list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportRow {
    #[schema(pattern = r"^\d\.\d{6}$", example = "1.000005")]
    pub code: String,
    #[schema(min_length = 1, max_length = 2000)]
    pub name: String,
    /// Levels that have competence; several are separated by `|`.
    #[schema(example = "province|commune", max_length = 100)]
    pub level: String,
    /// Name of the field.
    #[schema(min_length = 1, max_length = 300)]
    pub field: String,
    /// The decision that announced it.
    #[schema(max_length = 300)]
    pub decision: String,
    /// 1 = can be filed online.
    #[schema(minimum = 0, maximum = 1)]
    pub online: u8,
    /// 1 = can be filed by post; kept by no one yet.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1)]
    pub post: u8,
}

/// A list as JSON.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportRows {
    #[schema(max_items = 20000)]
    pub rows: Vec<ImportRow>,
}

/// What an import did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Imported {
    /// New entries.
    pub added: usize,
    /// Unpublished entries written anew.
    pub updated: usize,
    /// Published procedures, left alone.
    pub kept: usize,
}

/// The body of an import, CSV or JSON, with its key. It is large, so it is read only from who
/// may import: a system administrator.
pub struct Sent {
    key: Key,
    rows: Vec<ImportRow>,
}

impl FromRequest for Sent {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let (actor, payload) = (Actor::extract(&request), web::Payload::from_request(&request, payload));
        Box::pin(async move {
            actor.await?.need_role(Role::SystemAdmin)?;
            let payload = payload.await.map_err(|_| MALFORMED.err())?;
            let body = payload.to_bytes_limited(BODY_LIMIT).await.map_err(|_| TOO_LARGE.err())?;
            let body =
                body.map_err(|error| MALFORMED.because("không đọc được nội dung", error.to_string()))?;
            let key = Key::of(&request, &body)?;
            let kind = request.headers().get(CONTENT_TYPE).and_then(|h| h.to_str().ok()).unwrap_or_default();
            let csv = kind.trim_start().to_ascii_lowercase().starts_with("text/csv");
            Ok(Self { key, rows: if csv { read_csv(&body)? } else { read_json(&body)? } })
        })
    }
}

/// Import a list of procedures
///
/// CSV with the header `code,name,level,field,decision,online,post`, or the same as JSON
/// rows. The entries are unpublished: they can be found, but take no filings.
#[utoipa::path(
    operation_id = "import_procedures", tag = "catalogue",
    params(("Idempotency-Key" = String, Header, description = "A new one for each request", max_length = 200)),
    request_body(content((ImportRows = "application/json"), (String = "text/csv")), description = "The list"),
    responses(
        (status = 200, description = "Imported", body = Imported),
        (status = 400, description = "Not readable, or no Idempotency-Key", body = Problem),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Not a system administrator", body = Problem),
        (status = 409, description = "The same key is under way", body = Problem),
        (status = 413, description = "Larger than 8 MiB", body = Problem),
        (status = 422, description = "Wrong rows, each with its place", body = Problem),
    ),
    security(("bearer" = []))
)]
#[post("/api/v1/procedures/imports")]
pub async fn import_procedures(app: web::Data<App>, actor: Actor, sent: Sent) -> Result<Reply> {
    app.db
        .write(&actor, move |tx| {
            once(tx, &sent.key, |tx| {
                let imported = import(tx, &sent.rows)?;
                tx.audit("import_procedures", None)?;
                Reply::ok(imported)
            })
        })
        .await
}

/// Reads a list as CSV.
pub fn read_csv(body: &[u8]) -> Result<Vec<ImportRow>> {
    let mut rows = Vec::new();
    for (i, row) in csv::Reader::from_reader(body).deserialize().enumerate() {
        let row = row.map_err(|error: csv::Error| {
            INVALID.at(&format!("/rows/{i}"), format!("dòng CSV không đúng: {error}"), error.to_string())
        })?;
        rows.push(row);
    }
    Ok(rows)
}

fn read_json(body: &[u8]) -> Result<Vec<ImportRow>> {
    let rows: ImportRows = parse_json(body)?;
    Ok(rows.rows)
}

/// Writes a list: new entries are added, unpublished ones written anew, published ones kept.
pub fn import(tx: &mut Tx, rows: &[ImportRow]) -> Result<Imported> {
    let levels = check(rows)?;
    revision::advance(tx)?;
    let codes: Vec<&str> = rows.iter().map(|row| row.code.as_str()).collect();
    let known: HashMap<String, bool> = procedure::table
        .filter(procedure::code.eq_any(codes))
        .select((procedure::code, procedure::current_version_id.is_not_null()))
        .load(tx.conn)?
        .into_iter()
        .collect();
    let wanted: Vec<_> =
        rows.iter().zip(levels).filter(|(row, _)| known.get(&row.code) != Some(&true)).collect();
    write(tx, &wanted)?;
    let kept = rows.len() - wanted.len();
    Ok(Imported { added: rows.len() - known.len(), updated: known.len() - kept, kept })
}

/// The levels of every row, or every row that is wrong.
fn check(rows: &[ImportRow]) -> Result<Vec<Vec<&'static str>>> {
    if rows.len() > ROW_LIMIT {
        return Err(INVALID.at("/rows", "quá 20.000 dòng", "more than 20,000 rows"));
    }
    let mut seen = HashSet::new();
    let mut refused = Refused::new(&INVALID);
    let mut levels = Vec::with_capacity(rows.len());
    for (i, row) in rows.iter().enumerate() {
        let read: Option<Vec<_>> =
            row.level.split('|').map(|word| word.trim().parse::<Level>().ok().map(Level::word)).collect();
        let problem = if !is_code(&row.code) {
            Some(("code", "không phải mã thủ tục dạng 1.001193", "is no procedure code like 1.001193"))
        } else if !seen.insert(&row.code) {
            Some(("code", "bị trùng trong danh sách", "occurs twice in the list"))
        } else if !is_text(&row.name, 2000) || row.name.trim().is_empty() {
            Some(("name", "phải có 1 đến 2.000 ký tự", "must have 1 to 2,000 characters"))
        } else if !is_text(&row.field, 300) || row.field.trim().is_empty() {
            Some(("field", "phải có 1 đến 300 ký tự", "must have 1 to 300 characters"))
        } else if !is_text(&row.decision, 300) {
            Some(("decision", "quá 300 ký tự hoặc có ký tự lạ", "too long or with a NUL character"))
        } else if row.online > 1 || row.post > 1 {
            Some(("online", "phải là 0 hoặc 1", "must be 0 or 1"))
        } else if read.is_none() {
            Some(("level", "không phải ministry, province, commune hoặc other", "is not a level"))
        } else {
            None
        };
        if let Some((column, vi, en)) = problem {
            refused.fields.push(FieldProblem::new(&format!("/rows/{i}/{column}"), "invalid", vi, en));
        }
        levels.push(read.unwrap_or_default());
    }
    refused.fields.truncate(TOLD);
    if refused.fields.is_empty() { Ok(levels) } else { Err(refused.into()) }
}

fn is_text(text: &str, limit: usize) -> bool {
    text.chars().count() <= limit && !text.contains('\0')
}

/// One statement whatever the number of rows: the columns travel as arrays.
fn write(tx: &mut Tx, rows: &[(&ImportRow, Vec<&'static str>)]) -> Result<()> {
    let column = |of: fn(&ImportRow) -> String| rows.iter().map(|(row, _)| of(row)).collect::<Vec<_>>();
    let levels: Vec<String> = rows.iter().map(|(_, levels)| levels.join("|")).collect();
    let online: Vec<bool> = rows.iter().map(|(row, _)| row.online == 1).collect();
    diesel::sql_query(
        "INSERT INTO procedure (code, name, field_code, field_name, levels, decision, online, folded, folded_name,
                                updated_at)
         SELECT code, name, '', field, string_to_array(levels, '|'), decision, online, folded, folded_name, $9
         FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)
              AS row (code, name, field, decision, levels, online, folded, folded_name)
         ON CONFLICT (code) DO UPDATE
         SET name = excluded.name, field_name = excluded.field_name, levels = excluded.levels,
             decision = excluded.decision, online = excluded.online, folded = excluded.folded,
             folded_name = excluded.folded_name, updated_at = excluded.updated_at",
    )
    .bind::<Array<Text>, _>(column(|row| row.code.clone()))
    .bind::<Array<Text>, _>(column(|row| row.name.trim().to_owned()))
    .bind::<Array<Text>, _>(column(|row| row.field.trim().to_owned()))
    .bind::<Array<Text>, _>(column(|row| row.decision.trim().to_owned()))
    .bind::<Array<Text>, _>(levels)
    .bind::<Array<Bool>, _>(online)
    .bind::<Array<Text>, _>(column(|row| fold::haystack(&row.code, &row.name, &row.field)))
    .bind::<Array<Text>, _>(column(|row| fold::name(&row.name)))
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .execute(tx.conn)?;
    Ok(())
}
