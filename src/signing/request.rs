//! Ordering signatures: for whoever has a document that is to be signed.
//!
//! The order is a row in the orderer's own transaction. When it has ended, signed or refused,
//! the job that the order names is enqueued with [`Ended`]; what became of it is told by
//! [`outcome`]. A subject has one order at a time: ordered again it is the same one.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Jsonb, Nullable, Text as SqlText, Timestamptz, Uuid as SqlUuid};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::pades::Place;
use crate::db::{Tx, prepared, to_sql};
use crate::error::{NOT_FOUND, Result};
use crate::jobs;

/// A document to be signed.
#[derive(Debug, Clone)]
pub struct Order<'a> {
    /// The PDF, a file that lies in the store.
    pub file_id: Uuid,
    /// What it is to the orderer, e.g. `result`, and whose it is there.
    pub purpose: &'a str,
    pub subject_id: Uuid,
    /// What the signer reads in the tray.
    pub title: &'a str,
    /// In whose name it is signed.
    pub unit_id: Uuid,
    /// The official who shall sign.
    pub signer_id: Uuid,
    /// The unit's seal is to be put after the signature.
    pub seal: bool,
    /// Where the block of the signature stands; `None` = at the foot of the last page.
    pub place: Option<Place>,
    /// Kind of the job that is enqueued when it has ended.
    pub done: &'a str,
}

/// Payload of the job that an order names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    pub request_id: Uuid,
}

/// What became of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Waiting,
    Signed { file_id: Uuid },
    Refused { reason: String },
    Cancelled,
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// Orders the signature; gives the request.
pub fn order(tx: &mut Tx, order: &Order) -> Result<Uuid> {
    let place =
        order.place.map(|place| json!({ "page": place.page, "left": place.left, "bottom": place.bottom }));
    let written: Option<Id> = prepared(
        "INSERT INTO signing_request (id, purpose, subject_id, title, unit_id, signer_id, seal, place, done_kind,
                                      file_id, sha256, state, ordered_at, ordered_by)
         SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, f.id, f.sha256, 'waiting', ?, ? FROM file f WHERE f.id = ?
         ON CONFLICT (purpose, subject_id) WHERE state NOT IN ('refused', 'cancelled') DO NOTHING
         RETURNING id",
    )
    .bind::<SqlUuid, _>(Uuid::now_v7())
    .bind::<SqlText, _>(order.purpose)
    .bind::<SqlUuid, _>(order.subject_id)
    .bind::<SqlText, _>(order.title)
    .bind::<SqlUuid, _>(order.unit_id)
    .bind::<SqlUuid, _>(order.signer_id)
    .bind::<Bool, _>(order.seal)
    .bind::<Nullable<Jsonb>, _>(place)
    .bind::<SqlText, _>(order.done)
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .bind::<SqlText, _>(tx.actor.key())
    .bind::<SqlUuid, _>(order.file_id)
    .get_result(tx.conn)
    .optional()?;
    if let Some(Id { id }) = written {
        tx.audit("order_signature", Some(id))?;
        return Ok(id);
    }
    let there: Option<Id> = prepared(
        "SELECT id FROM signing_request
          WHERE purpose = ? AND subject_id = ? AND state NOT IN ('refused', 'cancelled')",
    )
    .bind::<SqlText, _>(order.purpose)
    .bind::<SqlUuid, _>(order.subject_id)
    .get_result(tx.conn)
    .optional()?;
    Ok(there.ok_or_else(|| NOT_FOUND.err())?.id)
}

/// Calls an order off that is not signed yet; `false`: it has ended already, or the official
/// has signed.
pub fn cancel(tx: &mut Tx, id: Uuid, why: &str) -> Result<bool> {
    let cancelled = end(tx, id, "cancelled", why)?;
    if cancelled {
        tx.audit("cancel_signature", Some(id))?;
    }
    Ok(cancelled)
}

/// waiting → an end without signature. What was authorised meanwhile is void.
pub(super) fn end(tx: &mut Tx, id: Uuid, state: &'static str, why: &str) -> Result<bool> {
    let ended = prepared(
        "UPDATE signing_request SET state = ?, note = ?, ended_at = ? WHERE id = ? AND state = 'waiting'",
    )
    .bind::<SqlText, _>(state)
    .bind::<SqlText, _>(why)
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .bind::<SqlUuid, _>(id)
    .execute(tx.conn)?;
    if ended == 1 {
        prepared("UPDATE signature SET state = 'void', note = ? WHERE request_id = ? AND state <> 'void'")
            .bind::<SqlText, _>(state)
            .bind::<SqlUuid, _>(id)
            .execute(tx.conn)?;
    }
    Ok(ended == 1)
}

/// Whose document an order is about, in the table of whoever ordered it.
pub fn subject(conn: &mut PgConnection, id: Uuid) -> Result<Uuid> {
    let found: Option<Id> = prepared("SELECT subject_id AS id FROM signing_request WHERE id = ?")
        .bind::<SqlUuid, _>(id)
        .get_result(conn)
        .optional()?;
    Ok(found.ok_or_else(|| NOT_FOUND.err())?.id)
}

#[derive(QueryableByName)]
struct Standing {
    #[diesel(sql_type = SqlText)]
    state: String,
    #[diesel(sql_type = SqlText)]
    note: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    signed_file_id: Option<Uuid>,
}

/// What became of an order.
pub fn outcome(conn: &mut PgConnection, id: Uuid) -> Result<Outcome> {
    let found: Option<Standing> =
        prepared("SELECT state, note, signed_file_id FROM signing_request WHERE id = ?")
            .bind::<SqlUuid, _>(id)
            .get_result(conn)
            .optional()?;
    let found = found.ok_or_else(|| NOT_FOUND.err())?;
    Ok(match (found.state.as_str(), found.signed_file_id) {
        ("signed", Some(file_id)) => Outcome::Signed { file_id },
        ("refused", _) => Outcome::Refused { reason: found.note },
        ("cancelled", _) => Outcome::Cancelled,
        _ => Outcome::Waiting,
    })
}

#[derive(QueryableByName)]
struct Done {
    #[diesel(sql_type = SqlText)]
    done_kind: String,
}

/// Tells the orderer that it has ended.
pub(super) fn tell(tx: &mut Tx, id: Uuid) -> Result<()> {
    let Done { done_kind } = prepared("SELECT done_kind FROM signing_request WHERE id = ?")
        .bind::<SqlUuid, _>(id)
        .get_result(tx.conn)?;
    let payload: Value = json!(Ended { request_id: id });
    jobs::enqueue_named(tx, &done_kind, Some(id), payload)
}
