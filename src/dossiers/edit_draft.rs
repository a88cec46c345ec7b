//! A draft of one's own, on any device: show, list, change, throw away. Effects: the draft
//! row. Refusals: a draft that is somebody else's, that changed, or that was submitted.

use actix_web::{HttpResponse, delete, get, put, web};
use diesel::prelude::*;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::draft::{DraftContent, DraftOut, DraftRow, locked, owned, return_by, unit_code};
use crate::app::App;
use crate::auth::{Actor, Who};
use crate::db::schema::{agency, draft};
use crate::db::{Tx, to_sql};
use crate::error::{Problem, Result, UNAUTHENTICATED};
use crate::http::{Cursor, IfMatch, PageQuery, Reply};

/// A page of drafts.
#[derive(Debug, Serialize, ToSchema)]
pub struct DraftPage {
    pub items: Vec<DraftOut>,
    /// Cursor of the next page; absent on the last.
    pub next: Option<String>,
}

/// Shows a draft of one's own.
#[utoipa::path(
    operation_id = "get_draft",
    tag = "dossiers",
    params(("id" = Uuid, Path, description = "The draft")),
    responses(
        (status = 200, description = "The draft", body = DraftOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/drafts/{id}")]
pub async fn show(app: web::Data<App>, actor: Actor, id: web::Path<Uuid>) -> Result<Reply> {
    let id = id.into_inner();
    let out = app.db.read(move |conn| {
        let row = owned(conn, &actor, id)?;
        let unit = unit_code(conn, row.unit_id)?;
        Ok(row.out(unit))
    });
    Reply::ok(out.await?)
}

/// Lists one's own drafts, latest first.
#[utoipa::path(
    operation_id = "list_drafts",
    tag = "dossiers",
    params(PageQuery),
    responses(
        (status = 200, description = "A page of drafts", body = DraftPage),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/drafts")]
pub async fn list(app: web::Data<App>, actor: Actor, page: web::Query<PageQuery>) -> Result<Reply> {
    if matches!(actor.who, Who::Anonymous) {
        return Err(UNAUTHENTICATED.err());
    }
    let (limit, after) = (page.limit()?, page.after::<Uuid>()?);
    let rows: Vec<(DraftRow, String)> = app
        .db
        .read(move |conn| {
            let mut query = draft::table
                .inner_join(agency::table.on(agency::id.eq(draft::unit_id)))
                .filter(draft::owner.eq(actor.key()))
                .filter(draft::dossier_id.is_null())
                .select((DraftRow::as_select(), agency::code))
                .order(draft::id.desc())
                .limit(limit + 1)
                .into_boxed();
            if let Some(after) = after {
                query = query.filter(draft::id.lt(after));
            }
            Ok(query.load(conn)?)
        })
        .await?;
    let page_size = usize::try_from(limit).unwrap_or(usize::MAX);
    let next = match rows.get(page_size) {
        Some(_) => rows.get(page_size - 1).map(|(row, _)| Cursor::encode(&row.id)).transpose()?,
        None => None,
    };
    let items = rows.into_iter().take(page_size).map(|(row, unit)| row.out(unit)).collect();
    Reply::ok(DraftPage { items, next })
}

/// Replaces the answers of a draft.
#[utoipa::path(
    operation_id = "update_draft",
    tag = "dossiers",
    request_body = DraftContent,
    params(
        ("id" = Uuid, Path, description = "The draft"),
        ("If-Match" = String, Header, description = "The version that was seen"),
    ),
    responses(
        (status = 200, description = "The draft", body = DraftOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[put("/api/v1/drafts/{id}")]
pub async fn update(
    app: web::Data<App>,
    actor: Actor,
    id: web::Path<Uuid>,
    seen: IfMatch,
    body: web::Bytes,
) -> Result<Reply> {
    if matches!(actor.who, Who::Anonymous) {
        return Err(UNAUTHENTICATED.err());
    }
    let (id, state) = (id.into_inner(), app.clone());
    let content: DraftContent = crate::http::parse_json(&body)?;
    app.db.write(&actor, move |tx| replace(&state, tx, id, seen, content.clone())).await
}

fn replace(app: &App, tx: &mut Tx, id: Uuid, seen: IfMatch, content: DraftContent) -> Result<Reply> {
    let mut row = locked(tx, id)?;
    seen.check(row.version)?;
    let version = app.catalogue.version(tx.conn, row.version_id)?;
    content.check(tx.actor, &version)?;
    row.answers = Value::Object(content.answers);
    row.papers = content.papers;
    if content.return_by.is_some() {
        row.return_by = return_by(&version, content.return_by)?.word().to_owned();
    }
    row.version += 1;
    row.updated_at = to_sql(tx.now);
    diesel::update(draft::table.find(id))
        .set((
            draft::answers.eq(&row.answers),
            draft::papers.eq(&row.papers),
            draft::return_by.eq(&row.return_by),
            draft::version.eq(row.version),
            draft::updated_at.eq(row.updated_at),
        ))
        .execute(tx.conn)?;
    tx.audit("update_draft", Some(id))?;
    let unit = unit_code(tx.conn, row.unit_id)?;
    Reply::ok(row.out(unit))
}

/// Throws a draft away.
#[utoipa::path(
    operation_id = "delete_draft",
    tag = "dossiers",
    params(("id" = Uuid, Path, description = "The draft")),
    responses(
        (status = 204, description = "Gone"),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[delete("/api/v1/drafts/{id}")]
pub async fn discard(app: web::Data<App>, actor: Actor, id: web::Path<Uuid>) -> Result<HttpResponse> {
    if matches!(actor.who, Who::Anonymous) {
        return Err(UNAUTHENTICATED.err());
    }
    let id = id.into_inner();
    app.db
        .write(&actor, move |tx| {
            let row = locked(tx, id)?;
            crate::files::forget_draft(tx, row.id)?;
            diesel::delete(draft::table.find(id)).execute(tx.conn)?;
            tx.audit("delete_draft", Some(id))
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
