//! Documents of the applicant's store in a dossier: what takes the place of a component, and what
//! the holder shared with the dossier. Whoever sees the dossier sees them; what anybody but the
//! holder is shown is noted for the holder, in the same transaction.

use actix_web::{HttpRequest, HttpResponse, get, web};
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::row::DossierRow;
use super::scope::visible;
use super::show::logged_in;
use super::store;
use crate::app::App;
use crate::auth::Actor;
use crate::clock::day_of;
use crate::db::schema::{dossier, record_document, record_reuse, record_share};
use crate::db::{Tx, to_sql};
use crate::error::{NOT_FOUND, Problem, Result};
use crate::files;
use crate::http::{Params, Reply};
use crate::records::{Act, DocumentOut, DocumentRow, Look, NO_FILE, RecordPage, RecordQuery, Standing, note};

/// The documents of stores that a dossier uses.
#[derive(Debug, Serialize, ToSchema)]
pub struct DossierRecordsOut {
    pub items: Vec<DossierRecordOut>,
}

/// One of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct DossierRecordOut {
    /// Code of the component whose place it takes; absent: the holder shared it with the dossier.
    pub component: Option<String>,
    /// As it stands now.
    pub document: DocumentOut,
}

/// List the documents of stores that a dossier uses
#[utoipa::path(
    operation_id = "list_dossier_records", tag = "records",
    params(("code" = String, Path, description = "Dossier code")),
    responses(
        (status = 200, description = "The documents", body = DossierRecordsOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/dossiers/{code}/records")]
pub async fn list_dossier_records(
    app: web::Data<App>,
    actor: Actor,
    code: web::Path<String>,
) -> Result<Reply> {
    logged_in(&actor)?;
    let code = code.into_inner();
    let items = app.db.write(&actor, move |tx| {
        let dossier = store::find(tx.conn, tx.actor, &code)?;
        let used = used(tx, dossier.id)?;
        let looks: Vec<Look> =
            used.iter().filter_map(|used| used.look(tx.actor, &dossier, Act::Read)).collect();
        note(tx, &looks)?;
        let today = day_of(tx.now);
        let out =
            |used: Used| Ok(DossierRecordOut { document: used.row.out(today)?, component: used.component });
        used.into_iter().map(out).collect::<Result<Vec<_>>>()
    });
    Reply::ok(DossierRecordsOut { items: items.await? })
}

/// Download the file of a document that a dossier uses
#[utoipa::path(
    operation_id = "download_dossier_record", tag = "records",
    params(("code" = String, Path, description = "Dossier code"), ("id" = Uuid, Path, description = "The document")),
    responses(
        (status = 200, description = "The bytes", content(
            (Vec<u8> = "application/pdf"), (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"),
            (Vec<u8> = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
            (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        )),
        (status = 206, description = "A range", content(
            (Vec<u8> = "application/pdf"), (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"),
            (Vec<u8> = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
            (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        )),
        (status = 304, description = "The caller has it"),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/dossiers/{code}/records/{id}/file")]
pub async fn download_dossier_record(
    app: web::Data<App>,
    actor: Actor,
    path: web::Path<(String, Uuid)>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    logged_in(&actor)?;
    let (code, id) = path.into_inner();
    let file = app.db.write(&actor, move |tx| {
        let dossier = store::find(tx.conn, tx.actor, &code)?;
        let used = used(tx, dossier.id)?.into_iter().find(|used| used.row.id == id);
        let used = used.ok_or_else(|| NOT_FOUND.err())?;
        let file = used.row.file_id.ok_or_else(|| NO_FILE.err())?;
        note(tx, used.look(tx.actor, &dossier, Act::Downloaded).as_slice())?;
        files::find(tx.conn, file)
    });
    app.files.download(&file.await?, &request).await
}

/// A document that a dossier uses.
struct Used {
    component: Option<String>,
    share: Option<Uuid>,
    row: DocumentRow,
}

impl Used {
    /// What is noted when somebody sees it; nothing when it is the holder.
    fn look(&self, actor: &Actor, dossier: &DossierRow, act: Act) -> Option<Look> {
        let own = |person: Uuid| self.row.holder_person_id == Some(person);
        if actor.citizen().is_some_and(|citizen| own(citizen.person_id)) {
            return None;
        }
        let units = [dossier.receiving_unit_id, dossier.handling_unit_id];
        let unit = actor.staff().and_then(|staff| {
            let mut posts = staff.positions.iter().map(|position| position.agency_id);
            posts.find(|agency| units.contains(agency)).or(staff.positions.first().map(|p| p.agency_id))
        });
        Some(Look {
            document: self.row.id,
            act,
            unit,
            dossier: Some(dossier.id),
            share: self.share,
            purpose: format!("Giải quyết hồ sơ {}", dossier.code),
        })
    }
}

/// What a dossier uses: by its filing, and by shares that live.
fn used(tx: &mut Tx, dossier: Uuid) -> Result<Vec<Used>> {
    let there = record_document::standing.ne(Standing::Destroyed.word());
    let reused: Vec<(String, DocumentRow)> = record_reuse::table
        .inner_join(record_document::table.on(record_document::id.eq(record_reuse::document_id)))
        .filter(record_reuse::dossier_id.eq(dossier))
        .filter(there)
        .order(record_reuse::component)
        .select((record_reuse::component, DocumentRow::as_select()))
        .load(tx.conn)?;
    let shared: Vec<(Uuid, DocumentRow)> = record_share::table
        .inner_join(record_document::table.on(record_document::id.eq(record_share::document_id)))
        .filter(record_share::dossier_id.eq(dossier))
        .filter(record_share::revoked_at.is_null())
        .filter(record_share::ends_at.gt(to_sql(tx.now)))
        .filter(there)
        .order(record_share::id)
        .select((record_share::id, DocumentRow::as_select()))
        .load(tx.conn)?;
    let reused = reused.into_iter().map(|(code, row)| Used { component: Some(code), share: None, row });
    let shared = shared.into_iter().map(|(share, row)| Used { component: None, share: Some(share), row });
    Ok(reused.chain(shared).collect())
}

/// Search the documents that one's dossiers reuse
#[utoipa::path(
    operation_id = "search_dossier_records", tag = "records",
    params(RecordQuery),
    responses(
        (status = 200, description = "A page of documents, the latest first", body = RecordPage),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/dossier-records")]
pub async fn search_dossier_records(
    app: web::Data<App>,
    actor: Actor,
    query: Params<RecordQuery>,
) -> Result<Reply> {
    actor.need_staff()?;
    let wanted = query.0.check()?;
    let page = app.db.write(&actor, move |tx| {
        let reused = record_reuse::table
            .inner_join(dossier::table.on(dossier::id.eq(record_reuse::dossier_id)))
            .filter(visible(tx.actor))
            .select(record_reuse::document_id);
        let rows = wanted.find(tx.conn, Box::new(record_document::id.eq_any(reused)))?;
        let unit = tx.actor.staff().and_then(|staff| staff.positions.first().map(|p| p.agency_id));
        let look = |row: &DocumentRow| Look {
            document: row.id,
            act: Act::Listed,
            unit,
            dossier: None,
            share: None,
            purpose: "Tìm giấy tờ trong các hồ sơ được giao".to_owned(),
        };
        note(tx, &rows.iter().map(look).collect::<Vec<_>>())?;
        wanted.page(rows, tx.now)
    });
    Reply::ok(page.await?)
}
