//! The holder lets somebody look at a document: an agency, whoever handles a dossier, or whoever
//! has a token; for a purpose, until a moment, and no longer than it is not taken back.
//!
//! May: the holder, and who represents the holder by law. The token is shown once and kept as a
//! hash only; the stored answer does not have it.

use actix_web::{get, post, web};
use diesel::prelude::*;
use jiff::{SignedDuration, Timestamp};
use rand::Rng;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

use super::document::{DocumentRow, Standing};
use super::reach::{holders_own, own};
use crate::app::App;
use crate::auth::Actor;
use crate::db::schema::{agency, dossier, record_share};
use crate::db::{Tx, to_sql};
use crate::error::{Code, INVALID, NOT_FOUND, Problem, Refused, Result};
use crate::http::{Keyed, Moment, Reply, Text, once};

pub static TOO_MANY_SHARES: Code = Code::new(
    409,
    "too_many_shares",
    "Giấy tờ này đang được chia sẻ quá nhiều nơi",
    "This document is shared in too many places",
);

/// Shares of one document that live at the same time.
const SHARES: i64 = 50;
/// Longest time of a share.
const LONGEST: SignedDuration = SignedDuration::from_hours(366 * 24);
/// Letters and digits of a token: 62^32 possibilities.
const TOKEN: usize = 32;

/// With whom a document is shared.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ShareWith {
    /// The officials of an agency.
    Agency {
        /// Identifier code.
        agency: Text<40>,
    },
    /// Whoever handles a dossier of the holder.
    Dossier {
        /// Dossier code.
        dossier: Text<40>,
    },
    /// Whoever has the token that the answer shows.
    Token {},
}

/// A share to give.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShareIn {
    with: ShareWith,
    /// What for.
    purpose: Text<300>,
    /// Until when, at most a year from now.
    until: Moment,
}

/// A share.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShareOut {
    pub id: Uuid,
    /// Code of the agency it is for.
    pub agency: Option<String>,
    /// Code of the dossier it is for.
    pub dossier: Option<String>,
    pub purpose: String,
    #[schema(value_type = String, format = DateTime)]
    pub given_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub revoked_at: Option<Timestamp>,
    /// Only in the first answer, and only of a share by token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// The shares of a document, latest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct SharesOut {
    pub items: Vec<ShareOut>,
}

/// Share a document of one's own
#[utoipa::path(
    operation_id = "share_record", tag = "records", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The document"),
        ("Idempotency-Key" = String, Header, description = "A new one for each request", max_length = 200),
    ),
    request_body = ShareIn,
    responses(
        (status = 201, description = "Shared; a token is shown this once", body = ShareOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/records/{id}/shares")]
pub async fn share_record(
    app: web::Data<App>,
    actor: Actor,
    id: web::Path<Uuid>,
    request: Keyed<ShareIn>,
) -> Result<Reply> {
    actor.need_citizen()?;
    let (id, Keyed { key, body }) = (id.into_inner(), request);
    let token: String =
        rand::rng().sample_iter(rand::distr::Alphanumeric).take(TOKEN).map(char::from).collect();
    let by_token = matches!(body.with, ShareWith::Token {}).then(|| hash_of(&token));
    let work = move |tx: &mut Tx| {
        let mut created = false;
        let reply = once(tx, &key, |tx| {
            created = true;
            give(tx, id, &body, by_token.clone())
        })?;
        Ok((reply, created && by_token.is_some()))
    };
    let (mut reply, shown) = app.db.write(&actor, work).await?;
    if shown {
        reply.body["token"] = json!(token);
    }
    Ok(reply)
}

/// What is kept of a token.
pub fn hash_of(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

fn give(tx: &mut Tx, id: Uuid, new: &ShareIn, token_hash: Option<String>) -> Result<Reply> {
    let row = owned(tx, id)?;
    if row.standing()? == Standing::Destroyed {
        return Err(NOT_FOUND.err());
    }
    let until = new.until.time();
    if until <= tx.now || until > tx.now + LONGEST {
        return Err(INVALID.at(
            "/until",
            "phải sau bây giờ, không quá một năm",
            "must lie ahead, within a year",
        ));
    }
    let live = record_share::table
        .filter(record_share::document_id.eq(id))
        .filter(super::reach::live_share(tx.now))
        .count()
        .get_result::<i64>(tx.conn)?;
    if live >= SHARES {
        return Err(Refused::new(&TOO_MANY_SHARES).with("max_shares", SHARES).into());
    }
    let (agency_id, dossier_id) = recipient(tx, &row, &new.with)?;
    let share = Uuid::now_v7();
    diesel::insert_into(record_share::table)
        .values((
            record_share::id.eq(share),
            record_share::document_id.eq(id),
            record_share::agency_id.eq(agency_id),
            record_share::dossier_id.eq(dossier_id),
            record_share::token_hash.eq(token_hash),
            record_share::purpose.eq(new.purpose.as_str()),
            record_share::given_by.eq(tx.actor.key()),
            record_share::given_at.eq(to_sql(tx.now)),
            record_share::ends_at.eq(to_sql(until)),
        ))
        .execute(tx.conn)?;
    tx.audit("share_record", Some(share))?;
    Reply::created(shares(tx.conn, id, Some(share))?.pop())
}

/// The document, if it is the actor's to share.
fn owned(tx: &mut Tx, id: Uuid) -> Result<DocumentRow> {
    let holders = holders_own(tx.actor)?;
    own(tx.conn, &holders, id)?.ok_or_else(|| NOT_FOUND.err())
}

fn recipient(tx: &mut Tx, row: &DocumentRow, with: &ShareWith) -> Result<(Option<Uuid>, Option<Uuid>)> {
    match with {
        ShareWith::Token {} => Ok((None, None)),
        ShareWith::Agency { agency: code } => {
            let id = agency::table.filter(agency::code.eq(code.as_str())).select(agency::id);
            let id: Option<Uuid> = id.first(tx.conn).optional()?;
            let id =
                id.ok_or_else(|| INVALID.at("/with/agency", "không có cơ quan này", "no such agency"))?;
            Ok((Some(id), None))
        }
        ShareWith::Dossier { dossier: code } => {
            let id: Option<Uuid> = dossier::table
                .filter(dossier::code.eq(code.as_str()))
                .filter(dossier::applicant_person_id.is_not_distinct_from(row.holder_person_id))
                .filter(dossier::applicant_org_id.is_not_distinct_from(row.holder_org_id))
                .select(dossier::id)
                .first(tx.conn)
                .optional()?;
            let (vi, en) = ("không phải hồ sơ của chủ giấy tờ", "not a dossier of the holder");
            Ok((None, Some(id.ok_or_else(|| INVALID.at("/with/dossier", vi, en))?)))
        }
    }
}

/// List the shares of a document of one's own
#[utoipa::path(
    operation_id = "list_record_shares", tag = "records", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The document")),
    responses(
        (status = 200, description = "The latest 200 shares", body = SharesOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/records/{id}/shares")]
pub async fn list_record_shares(app: web::Data<App>, actor: Actor, id: web::Path<Uuid>) -> Result<Reply> {
    actor.need_citizen()?;
    let id = id.into_inner();
    let items = app.db.read(move |conn| {
        own(conn, &holders_own(&actor)?, id)?.ok_or_else(|| NOT_FOUND.err())?;
        shares(conn, id, None)
    });
    Reply::ok(SharesOut { items: items.await? })
}

type Row = (
    Uuid,
    Option<String>,
    Option<String>,
    String,
    jiff_diesel::Timestamp,
    jiff_diesel::Timestamp,
    Option<jiff_diesel::Timestamp>,
);

fn shares(conn: &mut PgConnection, document: Uuid, only: Option<Uuid>) -> Result<Vec<ShareOut>> {
    let mut query = record_share::table
        .left_join(agency::table.on(record_share::agency_id.eq(agency::id.nullable())))
        .left_join(dossier::table.on(record_share::dossier_id.eq(dossier::id.nullable())))
        .filter(record_share::document_id.eq(document))
        .order(record_share::id.desc())
        .limit(200)
        .select((
            record_share::id,
            agency::code.nullable(),
            dossier::code.nullable(),
            record_share::purpose,
            record_share::given_at,
            record_share::ends_at,
            record_share::revoked_at,
        ))
        .into_boxed();
    if let Some(only) = only {
        query = query.filter(record_share::id.eq(only));
    }
    let rows: Vec<Row> = query.load(conn)?;
    let out = |(id, agency, dossier, purpose, given_at, ends_at, revoked_at): Row| ShareOut {
        id,
        agency,
        dossier,
        purpose,
        given_at: given_at.to_jiff(),
        ends_at: ends_at.to_jiff(),
        revoked_at: revoked_at.map(|at| at.to_jiff()),
        token: None,
    };
    Ok(rows.into_iter().map(out).collect())
}

/// A body without members.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(as = RevokeShareIn)]
#[serde(deny_unknown_fields)]
pub struct RevokeIn {}

/// Take a share back, which counts at once
#[utoipa::path(
    operation_id = "revoke_record_share", tag = "records", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The document"),
        ("share" = Uuid, Path, description = "The share"),
        ("Idempotency-Key" = String, Header, description = "A new one for each request", max_length = 200),
    ),
    request_body = RevokeIn,
    responses(
        (status = 200, description = "Taken back, now or before", body = ShareOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/records/{id}/shares/{share}/revoke")]
pub async fn revoke_record_share(
    app: web::Data<App>,
    actor: Actor,
    path: web::Path<(Uuid, Uuid)>,
    request: Keyed<RevokeIn>,
) -> Result<Reply> {
    actor.need_citizen()?;
    let (id, share) = path.into_inner();
    app.db
        .write(&actor, move |tx| {
            once(tx, &request.key, |tx| {
                owned(tx, id)?;
                let of_document = record_share::table.find(share).filter(record_share::document_id.eq(id));
                diesel::update(of_document.filter(record_share::revoked_at.is_null()))
                    .set(record_share::revoked_at.eq(Some(to_sql(tx.now))))
                    .execute(tx.conn)?;
                tx.audit("revoke_record_share", Some(share))?;
                Reply::ok(shares(tx.conn, id, Some(share))?.pop().ok_or_else(|| NOT_FOUND.err())?)
            })
        })
        .await
}
