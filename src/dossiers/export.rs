//! The worklist as CSV, streamed page by page: memory does not grow with the rows.

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, get, web};
use diesel::prelude::*;
use futures_util::stream::try_unfold;

use super::list::{DossierFilter, DossierLine, Position, after, checked, position_of};
use super::row::DossierRow;
use crate::app::App;
use crate::auth::Actor;
use crate::clock::vietnam;
use crate::error::{Error, Problem, Result};
use crate::http::Params;

/// Rows read at a time.
const CHUNK: i64 = 500;

const HEAD: [&str; 10] = [
    "code",
    "procedure",
    "channel",
    "applicant",
    "status",
    "submitted_at",
    "due_at",
    "late",
    "paused",
    "closed_at",
];

/// Exports what `list_dossiers` lists, all pages, as CSV (UTF-8 with byte order mark).
#[utoipa::path(
    operation_id = "export_dossiers",
    tag = "dossiers",
    params(DossierFilter),
    responses(
        (status = 200, description = "CSV", body = String, content_type = "text/csv"),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/dossiers/export")]
pub async fn export(
    app: web::Data<App>,
    actor: Actor,
    filter: Params<DossierFilter>,
) -> Result<HttpResponse> {
    let filter = checked(&actor, filter)?;
    let first = chunk(&app, &actor, &filter, None).await?;
    let stream = try_unfold(Some(first), move |pending| {
        let (app, actor, filter) = (app.clone(), actor.clone(), filter.clone());
        async move {
            let Some(Chunk { bytes, last }) = pending else { return Ok::<_, Error>(None) };
            let next = match last {
                None => None,
                Some(position) => Some(chunk(&app, &actor, &filter, Some(position)).await?),
            };
            Ok(Some((bytes, next)))
        }
    });
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"dossiers.csv\""))
        .streaming(stream))
}

struct Chunk {
    bytes: Bytes,
    /// Where the next chunk begins; `None` after the last.
    last: Option<Position>,
}

async fn chunk(
    app: &web::Data<App>,
    actor: &Actor,
    filter: &DossierFilter,
    position: Option<Position>,
) -> Result<Chunk> {
    let (asker, wanted) = (actor.clone(), filter.clone());
    let rows: Vec<DossierRow> = app
        .db
        .read_planned(move |conn| Ok(after(wanted.query(conn, &asker)?, position, CHUNK).load(conn)?))
        .await?;
    let full = i64::try_from(rows.len()).is_ok_and(|n| n == CHUNK);
    let last = rows.last().filter(|_| full).map(position_of);
    Ok(Chunk { bytes: Bytes::from(csv(rows, position.is_none())?), last })
}

fn csv(rows: Vec<DossierRow>, head: bool) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if head {
        // Spreadsheets read UTF-8 as such only after this mark.
        bytes.extend_from_slice("\u{feff}".as_bytes());
    }
    let mut writer = csv::Writer::from_writer(bytes);
    if head {
        writer.write_record(HEAD).map_err(anyhow::Error::from)?;
    }
    for line in rows.into_iter().map(DossierLine::from) {
        writer.write_record(record(line)).map_err(anyhow::Error::from)?;
    }
    writer.into_inner().map_err(|error| Error::Internal(anyhow::anyhow!("csv: {error}")))
}

fn record(line: DossierLine) -> [String; 10] {
    let local = |time: jiff::Timestamp| time.to_zoned(vietnam()).strftime("%Y-%m-%d %H:%M").to_string();
    [
        line.code,
        line.procedure,
        line.channel,
        inert(line.applicant),
        line.status.to_string(),
        local(line.submitted_at),
        local(line.due_at),
        line.late_at.is_some().to_string(),
        line.paused_since.is_some().to_string(),
        line.closed_at.map(local).unwrap_or_default(),
    ]
}

/// A spreadsheet takes a text that begins with one of these signs for a formula.
fn inert(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text }
}
