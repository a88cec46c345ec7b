//! The tray (khay trình ký): what waits for my signature or for the seal that I keep.
//!
//! May call: officials. Each sees what is to be signed by themselves or by an absent official
//! for whom they stand in, and what is to be sealed for a unit whose seal they keep (its
//! leaders and administrators). Refused with a reason, a document goes back to who ordered it.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text as SqlText, Timestamptz, Uuid as SqlUuid};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::record::{Part, Pending};
use super::request::{end, tell};
use crate::app::App;
use crate::auth::{Actor, Who};
use crate::db::{Tx, prepared};
use crate::error::{Code, NOT_FOUND, Problem, Result};
use crate::files;
use crate::http::{Cursor, Keyed, PageQuery, Params, Reply, Text, once};
use crate::workflow::Role;

pub static NOT_WAITING: Code = Code::new(
    409,
    "signing_not_waiting",
    "Văn bản không còn chờ ký",
    "The document does not wait for a signature any more",
);

/// Whose documents somebody may sign and seal.
#[derive(Debug, Clone)]
pub(super) struct Reach {
    /// Officials: oneself, and those for whom one stands in.
    signers: Vec<Uuid>,
    /// Units whose seal one keeps.
    seals: Vec<Uuid>,
}

impl Reach {
    pub fn of(actor: &Actor) -> Self {
        let Who::Staff(staff) = &actor.who else { return Self { signers: Vec::new(), seals: Vec::new() } };
        let absent = staff.positions.iter().filter_map(|position| position.substitutes);
        let signers = std::iter::once(staff.staff_id).chain(absent).collect();
        let keeps = |role: Role| matches!(role, Role::Leader | Role::AgencyAdmin);
        let seals = staff.positions.iter().filter(|position| keeps(position.role));
        Self { signers, seals: seals.map(|position| position.agency_id).collect() }
    }

    pub fn may_sign(&self, pending: &Pending) -> bool {
        match pending.part() {
            Part::Official => self.signers.contains(&pending.signer_id),
            Part::Seal => self.seals.contains(&pending.unit_id),
        }
    }
}

/// A document of the tray.
#[derive(Debug, Serialize, ToSchema)]
pub struct SigningRequestOut {
    pub id: Uuid,
    /// What it is: `result`, `digitised` …
    pub purpose: String,
    pub title: String,
    /// Code and name of the agency in whose name it is signed.
    pub unit: String,
    pub unit_name: String,
    pub signer: Uuid,
    /// The agency's seal follows the signature.
    pub seal: bool,
    /// `waiting`, `sealing`, `signed`, `refused` or `cancelled`.
    pub state: String,
    /// It was confirmed and is being signed.
    pub under_way: bool,
    /// Why it was refused, or why the last try came to nothing; empty: neither.
    pub note: String,
    #[schema(value_type = String, format = DateTime)]
    pub ordered_at: Timestamp,
    /// When it was signed or refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// Bytes of the document as it stands.
    #[schema(minimum = 1)]
    pub size: i64,
    /// SHA-256 of the document as it stands, hex.
    #[schema(min_length = 64, max_length = 64)]
    pub sha256: String,
    /// The signatures that it has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub signatures: Vec<SignatureOut>,
}

/// A signature on a document.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignatureOut {
    pub part: Part,
    /// PAdES baseline: `B-T` or `B-LT`.
    pub level: String,
    #[schema(value_type = String, format = DateTime)]
    pub stamped_at: Timestamp,
    /// Who confirmed it, as kind:id.
    pub by: String,
}

/// A page, the oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct SigningRequestPage {
    pub items: Vec<SigningRequestOut>,
    /// `cursor` of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlText)]
    purpose: String,
    #[diesel(sql_type = SqlText)]
    title: String,
    #[diesel(sql_type = SqlText)]
    unit: String,
    #[diesel(sql_type = SqlText)]
    unit_name: String,
    #[diesel(sql_type = SqlUuid)]
    signer: Uuid,
    #[diesel(sql_type = Bool)]
    seal: bool,
    #[diesel(sql_type = SqlText)]
    state: String,
    #[diesel(sql_type = Bool)]
    under_way: bool,
    #[diesel(sql_type = SqlText)]
    note: String,
    #[diesel(sql_type = Timestamptz)]
    ordered_at: jiff_diesel::Timestamp,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    ended_at: jiff_diesel::NullableTimestamp,
    #[diesel(sql_type = BigInt)]
    size: i64,
    #[diesel(sql_type = SqlText)]
    sha256: String,
    #[diesel(sql_type = SqlUuid)]
    file_id: Uuid,
}

impl From<Row> for SigningRequestOut {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            purpose: row.purpose,
            title: row.title,
            unit: row.unit,
            unit_name: row.unit_name,
            signer: row.signer,
            seal: row.seal,
            state: row.state,
            under_way: row.under_way,
            note: row.note,
            ordered_at: row.ordered_at.to_jiff(),
            ended_at: row.ended_at.to_jiff(),
            size: row.size,
            sha256: row.sha256,
            signatures: Vec::new(),
        }
    }
}

/// The columns of a [`Row`].
macro_rules! requests {
    ($where:literal) => {
        concat!(
            "SELECT r.id, r.purpose, r.title, a.code AS unit, a.name AS unit_name, r.signer_id AS signer, r.seal,
                    r.state, r.note, r.ordered_at, r.ended_at, f.size, f.sha256, f.id AS file_id,
                    EXISTS (SELECT 1 FROM signature s WHERE s.request_id = r.id
                                AND s.state IN ('authorised', 'made')) AS under_way
               FROM signing_request r
               JOIN agency a ON a.id = r.unit_id
               JOIN file f ON f.id = coalesce(r.signed_file_id, r.file_id)
              WHERE ",
            $where
        )
    };
}

/// List what waits for my signature
#[utoipa::path(
    operation_id = "list_signing_requests", tag = "signing", security(("bearer" = [])),
    params(PageQuery),
    responses(
        (status = 200, description = "A page of the tray", body = SigningRequestPage),
        (status = 400, description = "Not a query", body = Problem),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Not an official", body = Problem),
        (status = 422, description = "Not a page", body = Problem),
        (status = 503, description = "Busy", body = Problem),
    )
)]
#[get("/api/v1/signing/requests")]
pub async fn list_signing_requests(
    app: web::Data<App>,
    actor: Actor,
    query: Params<PageQuery>,
) -> Result<Reply> {
    actor.need_staff()?;
    let (limit, after) = (query.0.limit()?, query.0.after::<Uuid>()?.unwrap_or_default());
    let reach = Reach::of(&actor);
    Reply::ok(app.db.read(move |conn| page(conn, &reach, after, limit)).await?)
}

fn page(conn: &mut PgConnection, reach: &Reach, after: Uuid, limit: i64) -> Result<SigningRequestPage> {
    let mut rows: Vec<Row> = prepared(requests!(
        "r.id > ? AND (r.state = 'waiting' AND r.signer_id = ANY(?)
                       OR r.state = 'sealing' AND r.unit_id = ANY(?))
          ORDER BY r.id LIMIT ?"
    ))
    .bind::<SqlUuid, _>(after)
    .bind::<Array<SqlUuid>, _>(reach.signers.clone())
    .bind::<Array<SqlUuid>, _>(reach.seals.clone())
    .bind::<BigInt, _>(limit + 1)
    .load(conn)?;
    let more = rows.len() as i64 > limit;
    rows.truncate(usize::try_from(limit).unwrap_or_default());
    let next = rows.last().filter(|_| more).map(|row| Cursor::encode(&row.id)).transpose()?;
    Ok(SigningRequestPage { items: rows.into_iter().map(Into::into).collect(), next })
}

/// A request that the caller may see: of the tray now or formerly.
fn visible(conn: &mut PgConnection, reach: &Reach, id: Uuid) -> Result<Row> {
    let row: Option<Row> =
        prepared(requests!("r.id = ? AND (r.signer_id = ANY(?) OR r.seal AND r.unit_id = ANY(?))"))
            .bind::<SqlUuid, _>(id)
            .bind::<Array<SqlUuid>, _>(reach.signers.clone())
            .bind::<Array<SqlUuid>, _>(reach.seals.clone())
            .get_result(conn)
            .optional()?;
    row.ok_or_else(|| NOT_FOUND.err())
}

/// Show a document of the tray with its signatures
#[utoipa::path(
    operation_id = "show_signing_request", tag = "signing", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The request")),
    responses(
        (status = 200, description = "The document", body = SigningRequestOut),
        (status = 400, description = "Not a path", body = Problem),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Not an official", body = Problem),
        (status = 404, description = "Nothing of mine", body = Problem),
        (status = 503, description = "Busy", body = Problem),
    )
)]
#[get("/api/v1/signing/requests/{id}")]
pub async fn show_signing_request(app: web::Data<App>, actor: Actor, id: web::Path<Uuid>) -> Result<Reply> {
    actor.need_staff()?;
    let (id, reach) = (id.into_inner(), Reach::of(&actor));
    let shown = app.db.read(move |conn| {
        let mut shown = SigningRequestOut::from(visible(conn, &reach, id)?);
        shown.signatures = signatures(conn, id)?;
        Ok(shown)
    });
    Reply::ok(shown.await?)
}

fn signatures(conn: &mut PgConnection, id: Uuid) -> Result<Vec<SignatureOut>> {
    #[derive(QueryableByName)]
    struct Put {
        #[diesel(sql_type = SqlText)]
        part: String,
        #[diesel(sql_type = SqlText)]
        level: String,
        #[diesel(sql_type = Timestamptz)]
        stamped_at: jiff_diesel::Timestamp,
        #[diesel(sql_type = SqlText)]
        given_by: String,
    }
    let put: Vec<Put> = prepared(
        "SELECT s.part, s.level, s.stamped_at, g.given_by
           FROM signature s JOIN signing_authorisation g ON g.id = s.authorisation_id
          WHERE s.request_id = ? AND s.state = 'put' ORDER BY s.id",
    )
    .bind::<SqlUuid, _>(id)
    .load(conn)?;
    let out = |put: Put| SignatureOut {
        part: Part::of(&put.part),
        level: put.level,
        stamped_at: put.stamped_at.to_jiff(),
        by: put.given_by,
    };
    Ok(put.into_iter().map(out).collect())
}

/// Get a document of the tray as it stands
#[utoipa::path(
    operation_id = "download_signing_document", tag = "signing", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The request")),
    responses(
        (status = 200, description = "The bytes", content((Vec<u8> = "application/pdf"))),
        (status = 206, description = "A range", content((Vec<u8> = "application/pdf"))),
        (status = 304, description = "The caller has it"),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/signing/requests/{id}/document")]
pub async fn download_signing_document(
    app: web::Data<App>,
    actor: Actor,
    id: web::Path<Uuid>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    actor.need_staff()?;
    let (id, reach) = (id.into_inner(), Reach::of(&actor));
    let file = app.db.read(move |conn| {
        let file_id = visible(conn, &reach, id)?.file_id;
        files::find(conn, file_id)
    });
    app.files.download(&file.await?, &request).await
}

/// Why a document is not signed.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SigningRefusalIn {
    pub reason: Text<500>,
}

/// Refuse to sign a document
#[utoipa::path(
    operation_id = "refuse_signature", tag = "signing", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The request"),
        ("Idempotency-Key" = String, Header, description = "A new one for each request", max_length = 200),
    ),
    request_body = SigningRefusalIn,
    responses(
        (status = 200, description = "Refused; who ordered it is told", body = SigningRequestOut),
        (status = 400, description = "Not JSON, or no Idempotency-Key", body = Problem),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Not an official", body = Problem),
        (status = 404, description = "Nothing of mine", body = Problem),
        (status = 409, description = "It has ended or was signed, or the same key is under way", body = Problem),
        (status = 413, description = "Too large", body = Problem),
        (status = 422, description = "Not valid, or the key was used for something else", body = Problem),
        (status = 503, description = "Busy", body = Problem),
    )
)]
#[post("/api/v1/signing/requests/{id}/refusal")]
pub async fn refuse_signature(
    app: web::Data<App>,
    actor: Actor,
    id: web::Path<Uuid>,
    Keyed { key, body }: Keyed<SigningRefusalIn>,
) -> Result<Reply> {
    actor.need_staff()?;
    let (id, reach) = (id.into_inner(), Reach::of(&actor));
    let refused = move |tx: &mut Tx| {
        let row = visible(tx.conn, &reach, id)?;
        // The seal's keepers do not refuse what their official has signed.
        if !reach.signers.contains(&row.signer) {
            return Err(NOT_FOUND.err());
        }
        if !end(tx, id, "refused", body.reason.as_str())? {
            return Err(NOT_WAITING.err());
        }
        tell(tx, id)?;
        tx.audit("refuse_signature", Some(id))?;
        Reply::ok(SigningRequestOut::from(visible(tx.conn, &reach, id)?))
    };
    app.db.write(&actor, move |tx| once(tx, &key, &refused)).await
}
