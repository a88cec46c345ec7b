//! Destruction of documents whose time is over (hủy tài liệu hết giá trị): an official draws up a
//! list, the head of the agency decides (Luật Lưu trữ 33/2024/QH15), and never over the own list.
//!
//! May: propose: the administrator or the leader of the agency that keeps the documents; decide:
//! its leader, who did not propose. Effects of an approval: what a hold or an open dossier needs by
//! then is spared; of all else the data stays as a line with the SHA-256, the text and the bytes
//! go. Refusals: nothing is due, a batch that was decided, one's own proposal.

use std::collections::HashMap;

use actix_web::{get, post, web};
use diesel::prelude::*;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::batch::{BatchOut, BatchPage, batches, show};
use super::document::Standing;
use super::due::{Asked, Due, due};
use super::erase::{ERASE, Erase};
use crate::app::App;
use crate::auth::{Actor, StaffActor};
use crate::clock::day_of;
use crate::db::schema::{agency, record_destruction, record_destruction_line, record_document, record_text};
use crate::db::{Tx, to_sql};
use crate::error::{Code, FORBIDDEN, INVALID, NOT_FOUND, Problem, Result};
use crate::http::{Keyed, PageQuery, Reply, Text, once};
use crate::workflow::Role;
use crate::{files, jobs};

pub static NOTHING_DUE: Code = Code::new(
    409,
    "nothing_due",
    "Không có giấy tờ nào hết thời hạn lưu trữ",
    "No document's time of keeping is over",
);
pub static BATCH_DECIDED: Code =
    Code::new(409, "batch_decided", "Danh sách này đã được quyết định", "This batch was decided already");
pub static OWN_PROPOSAL: Code = Code::new(
    403,
    "own_proposal",
    "Người lập danh sách không được tự phê duyệt",
    "Who proposed a batch does not decide on it",
);

/// Documents of one batch.
const BATCH: i64 = 200;

/// Of which agency.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DestructionIn)]
pub struct ProposalIn {
    /// Identifier code of the agency that keeps the documents.
    agency: Text<40>,
}

/// What the head of the agency decides.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DestructionDecisionIn)]
pub struct DecisionIn {
    approve: bool,
    /// Number of the decision, or why not.
    decision: Text<300>,
}

/// Draw up a list of documents whose time is over
#[utoipa::path(
    operation_id = "propose_record_destruction", tag = "records", security(("bearer" = [])),
    params(("Idempotency-Key" = String, Header, description = "A new one for each request", max_length = 200)),
    request_body = ProposalIn,
    responses(
        (status = 201, description = "The batch, 200 documents at most", body = BatchOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/record-destructions")]
pub async fn propose_record_destruction(
    app: web::Data<App>,
    actor: Actor,
    request: Keyed<ProposalIn>,
) -> Result<Reply> {
    works_with_it(&actor)?;
    let Keyed { key, body } = request;
    app.db.write(&actor, move |tx| once(tx, &key, |tx| propose(tx, body.agency.as_str()))).await
}

/// Administrators and leaders.
fn works_with_it(actor: &Actor) -> Result<&StaffActor> {
    let staff = actor.need_staff()?;
    match staff.has_role(Role::Leader) || staff.has_role(Role::AgencyAdmin) {
        true => Ok(staff),
        false => Err(FORBIDDEN.err()),
    }
}

fn answers_for(staff: &StaffActor, agency: Uuid) -> bool {
    staff.holds(Role::Leader, agency) || staff.holds(Role::AgencyAdmin, agency)
}

fn propose(tx: &mut Tx, code: &str) -> Result<Reply> {
    let id: Option<Uuid> =
        agency::table.filter(agency::code.eq(code)).select(agency::id).first(tx.conn).optional()?;
    let keeper = id.ok_or_else(|| INVALID.at("/agency", "không có cơ quan này", "no such agency"))?;
    if !answers_for(works_with_it(tx.actor)?, keeper) {
        return Err(FORBIDDEN.at("/agency", "không phải cơ quan của bạn", "not your agency"));
    }
    let found = due(tx.conn, &Asked { keeper, today: day_of(tx.now), only: None, limit: BATCH })?;
    if found.is_empty() {
        return Err(NOTHING_DUE.err());
    }
    let batch = Uuid::now_v7();
    diesel::insert_into(record_destruction::table)
        .values((
            record_destruction::id.eq(batch),
            record_destruction::agency_id.eq(keeper),
            record_destruction::state.eq("proposed"),
            record_destruction::proposed_by.eq(tx.actor.key()),
            record_destruction::proposed_at.eq(to_sql(tx.now)),
        ))
        .execute(tx.conn)?;
    let lines: Vec<_> = found.iter().map(|due| line(batch, due)).collect();
    diesel::insert_into(record_destruction_line::table).values(lines).execute(tx.conn)?;
    tx.audit("propose_record_destruction", Some(batch))?;
    Reply::created(show(tx.conn, batch)?)
}

/// The line of a document that is to be destroyed.
#[derive(Insertable)]
#[diesel(table_name = record_destruction_line)]
struct Line<'a> {
    batch_id: Uuid,
    document_id: Uuid,
    rule: &'a str,
    legal_basis: &'a str,
    due_on: jiff_diesel::Date,
    kind: &'a str,
    title: &'a str,
    issuer: &'a str,
    number: &'a str,
    sha256: Option<&'a str>,
    size: Option<i64>,
    storage_key: Option<&'a str>,
}

fn line(batch_id: Uuid, due: &Due) -> Line<'_> {
    Line {
        batch_id,
        document_id: due.id,
        rule: &due.rule,
        legal_basis: &due.legal_basis,
        due_on: due.due_on,
        kind: &due.kind,
        title: &due.title,
        issuer: &due.issuer,
        number: &due.number,
        sha256: due.sha256.as_deref(),
        size: due.size,
        storage_key: due.storage_key.as_deref(),
    }
}

/// Decide on a list of documents whose time is over
#[utoipa::path(
    operation_id = "decide_record_destruction", tag = "records", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The batch"),
        ("Idempotency-Key" = String, Header, description = "A new one for each request", max_length = 200),
    ),
    request_body = DecisionIn,
    responses(
        (status = 200, description = "The batch, decided", body = BatchOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/record-destructions/{id}/decide")]
pub async fn decide_record_destruction(
    app: web::Data<App>,
    actor: Actor,
    id: web::Path<Uuid>,
    request: Keyed<DecisionIn>,
) -> Result<Reply> {
    actor.need_role(Role::Leader)?;
    let (id, Keyed { key, body }) = (id.into_inner(), request);
    app.db.write(&actor, move |tx| once(tx, &key, |tx| decide(tx, id, &body))).await
}

fn decide(tx: &mut Tx, id: Uuid, made: &DecisionIn) -> Result<Reply> {
    let batch: Option<(Uuid, String, String)> = record_destruction::table
        .find(id)
        .select((record_destruction::agency_id, record_destruction::state, record_destruction::proposed_by))
        .for_update()
        .first(tx.conn)
        .optional()?;
    let leads = |agency: Uuid| tx.actor.staff().is_some_and(|staff| staff.holds(Role::Leader, agency));
    let (keeper, state, by) = batch.filter(|(agency, ..)| leads(*agency)).ok_or_else(|| NOT_FOUND.err())?;
    if state != "proposed" {
        return Err(BATCH_DECIDED.err());
    }
    if by == tx.actor.key() {
        return Err(OWN_PROPOSAL.err());
    }
    if made.approve {
        destroy(tx, id, keeper, made.decision.as_str())?;
    }
    diesel::update(record_destruction::table.find(id))
        .set((
            record_destruction::state.eq(if made.approve { "approved" } else { "rejected" }),
            record_destruction::decided_by.eq(Some(tx.actor.key())),
            record_destruction::decided_at.eq(Some(to_sql(tx.now))),
            record_destruction::decision.eq(made.decision.as_str()),
        ))
        .execute(tx.conn)?;
    tx.audit("decide_record_destruction", Some(id))?;
    Reply::ok(show(tx.conn, id)?)
}

/// Destroys what may still be destroyed. The documents are locked first: a hold that is placed,
/// or a filing that takes one, comes before it or after it and never in between.
fn destroy(tx: &mut Tx, batch: Uuid, keeper: Uuid, decision: &str) -> Result<()> {
    let listed: Vec<Uuid> = record_document::table
        .filter(
            record_document::id.eq_any(
                record_destruction_line::table
                    .filter(record_destruction_line::batch_id.eq(batch))
                    .select(record_destruction_line::document_id),
            ),
        )
        .order(record_document::id)
        .select(record_document::id)
        .for_update()
        .load(tx.conn)?;
    let asked = Asked { keeper, today: day_of(tx.now), only: Some(&listed), limit: BATCH };
    let found: HashMap<Uuid, Due> = due(tx.conn, &asked)?.into_iter().map(|due| (due.id, due)).collect();
    for document in listed {
        let line = record_destruction_line::table.find((batch, document));
        match found.get(&document) {
            Some(due) if due.spared().is_none() => end(tx, batch, due, decision)?,
            other => {
                let why = other.and_then(Due::spared).unwrap_or("changed");
                diesel::update(line).set(record_destruction_line::spared.eq(Some(why))).execute(tx.conn)?;
            }
        }
    }
    jobs::enqueue(tx, ERASE, Some(batch), json!(Erase { batch }), None)
}

/// The end of one document: its line has what it was, its row what became of it. The bytes go
/// by the job, after the commit.
fn end(tx: &mut Tx, batch: Uuid, due: &Due, decision: &str) -> Result<()> {
    let words: Vec<String> = Vec::new();
    diesel::update(record_document::table.find(due.id))
        .set((
            record_document::standing.eq(Standing::Destroyed.word()),
            record_document::standing_reason.eq(decision),
            record_document::standing_at.eq(to_sql(tx.now)),
            record_document::words.eq(words),
        ))
        .execute(tx.conn)?;
    diesel::delete(record_text::table.find(due.id)).execute(tx.conn)?;
    if let Some(file) = due.file_id {
        files::discard(tx, file)?;
    }
    // As it was when it was destroyed, which may be after its file came.
    diesel::update(record_destruction_line::table.find((batch, due.id)))
        .set((
            record_destruction_line::sha256.eq(due.sha256.as_deref()),
            record_destruction_line::size.eq(due.size),
            record_destruction_line::storage_key.eq(due.storage_key.as_deref()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Show a batch
#[utoipa::path(
    operation_id = "show_record_destruction", tag = "records", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The batch")),
    responses(
        (status = 200, description = "The batch with its lines", body = BatchOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/record-destructions/{id}")]
pub async fn show_record_destruction(
    app: web::Data<App>,
    actor: Actor,
    id: web::Path<Uuid>,
) -> Result<Reply> {
    let (seen, id) = (seen(&actor)?, id.into_inner());
    let batch = app.db.read(move |conn| {
        let agency: Option<Uuid> = record_destruction::table
            .find(id)
            .select(record_destruction::agency_id)
            .first(conn)
            .optional()?;
        agency.filter(|agency| seen.contains(agency)).ok_or_else(|| NOT_FOUND.err())?;
        show(conn, id)
    });
    Reply::ok(batch.await?)
}

/// The agencies whose batches an official sees: administrators and leaders the own, who
/// supervises also those below.
fn seen(actor: &Actor) -> Result<Vec<Uuid>> {
    let staff = actor.need_staff()?;
    let with_it = |role: Role| matches!(role, Role::Leader | Role::AgencyAdmin | Role::Auditor);
    let posts = staff.positions.iter().filter(|post| with_it(post.role));
    let seen: Vec<Uuid> = posts.flat_map(|post| [&[post.agency_id], &post.sees[..]].concat()).collect();
    if seen.is_empty() { Err(FORBIDDEN.err()) } else { Ok(seen) }
}

/// List batches
#[utoipa::path(
    operation_id = "list_record_destructions", tag = "records", security(("bearer" = [])),
    params(PageQuery),
    responses(
        (status = 200, description = "A page of batches, latest first, without their lines", body = BatchPage),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/record-destructions")]
pub async fn list_record_destructions(
    app: web::Data<App>,
    actor: Actor,
    page: web::Query<PageQuery>,
) -> Result<Reply> {
    let (seen, limit, after) = (seen(&actor)?, page.limit()?, page.after::<Uuid>()?);
    Reply::ok(app.db.read_planned(move |conn| batches(conn, &seen, limit, after)).await?)
}
