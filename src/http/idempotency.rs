//! `Idempotency-Key`: a write request that is sent again is done once and answered alike.
//!
//! The key row is written in the transaction of the work. A second request with the same
//! key waits for the first at the primary key (at most the lock timeout, then 409), and
//! gets the stored answer; another body under the same key is 422.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use diesel::prelude::*;
use diesel::sql_types::{Array, Binary, Jsonb, SmallInt, Text, Timestamptz};
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Reply;
use super::problem::parse_json;
use crate::db::schema::idempotency_key;
use crate::db::{Tx, prepared, to_sql};
use crate::error::{BUSY, Code, Error, MALFORMED, Result, TOO_LARGE};

pub static KEY_REQUIRED: Code = Code::new(
    400,
    "idempotency_key_required",
    "Thiếu hoặc sai tiêu đề Idempotency-Key",
    "The Idempotency-Key header is missing or wrong",
);
pub static KEY_REUSED: Code = Code::new(
    422,
    "idempotency_key_reused",
    "Idempotency-Key này đã dùng cho một yêu cầu khác",
    "This Idempotency-Key was used for another request",
);
pub static IN_FLIGHT: Code = Code::new(
    409,
    "request_in_flight",
    "Yêu cầu cùng Idempotency-Key đang được xử lý",
    "A request with this Idempotency-Key is under way",
);

/// Longest key, in characters.
const KEY_LIMIT: usize = 200;

/// The key of a write request and what it was sent with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    pub key: String,
    /// SHA-256 of method, path and body.
    pub hash: [u8; 32],
}

/// A JSON body with its idempotency key.
#[derive(Debug)]
pub struct Keyed<T> {
    pub key: Key,
    pub body: T,
}

/// An operation of one actor under one key.
#[derive(Debug, Clone)]
pub struct Once {
    pub actor: String,
    pub key: Key,
}

impl Key {
    /// Reads the header and binds it to the request's content.
    pub fn of(request: &HttpRequest, body: &[u8]) -> Result<Self> {
        let header = request.headers().get("idempotency-key").and_then(|h| h.to_str().ok()).map(str::trim);
        let key = match header {
            Some(key) if !key.is_empty() && key.len() <= KEY_LIMIT => key.to_owned(),
            _ => {
                return Err(KEY_REQUIRED.at(
                    "Idempotency-Key",
                    "cần một chuỗi 1–200 ký tự, mỗi yêu cầu một chuỗi riêng",
                    "one to 200 characters, a new one for each request",
                ));
            }
        };
        let mut hash = Sha256::new();
        hash.update(request.method().as_str());
        hash.update([0]);
        hash.update(request.path());
        hash.update([0]);
        hash.update(body);
        Ok(Self { key, hash: hash.finalize().into() })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Keyed<T> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let body = Bytes::from_request(&request, payload);
        Box::pin(async move {
            let body =
                body.await.map_err(|error| match error.as_response_error().status_code().as_u16() {
                    413 => TOO_LARGE.err(),
                    _ => MALFORMED.because(format!("không đọc được nội dung: {error}"), error.to_string()),
                })?;
            let key = Key::of(&request, &body)?;
            // An operation without input may be sent with an empty body.
            let text: &[u8] = if body.is_empty() { b"{}" } else { &body };
            Ok(Self { key, body: parse_json(text)? })
        })
    }
}

/// Does the work once: claims the key, runs the work, stores the answer; or gives the stored one.
pub fn once(tx: &mut Tx, key: &Key, work: impl FnOnce(&mut Tx) -> Result<Reply>) -> Result<Reply> {
    let claim = Once { actor: tx.actor.key(), key: key.clone() };
    if !claimed(tx, &claim)? {
        return answered(tx.conn, &claim)?.unwrap_or_else(|| Err(IN_FLIGHT.err()));
    }
    let reply = work(tx)?;
    prepared("UPDATE idempotency_key SET status = ?, body = ? WHERE actor = ? AND key = ?")
        .bind::<SmallInt, _>(status(&reply))
        .bind::<Jsonb, _>(&reply.body)
        .bind::<Text, _>(&claim.actor)
        .bind::<Text, _>(&claim.key.key)
        .execute(tx.conn)?;
    Ok(reply)
}

/// Whether this transaction now holds the key; `false` = it was answered before.
fn claimed(tx: &mut Tx, claim: &Once) -> Result<bool> {
    let written = prepared(
        "INSERT INTO idempotency_key (actor, key, request_hash, status, body, created_at)
         VALUES (?, ?, ?, 0, 'null', ?) ON CONFLICT DO NOTHING",
    )
    .bind::<Text, _>(&claim.actor)
    .bind::<Text, _>(&claim.key.key)
    .bind::<Binary, _>(&claim.key.hash[..])
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .execute(tx.conn)
    .map_err(in_flight)?;
    Ok(written == 1)
}

/// Stores answers with their keys in one statement, in the transaction of the work; fails when
/// one of the keys was used meanwhile.
pub fn store_answers(tx: &mut Tx, answers: &[(&Once, &Reply)]) -> Result<()> {
    prepared(
        "INSERT INTO idempotency_key (actor, key, request_hash, status, body, created_at)
         SELECT answer.actor, answer.key, answer.hash, answer.status, answer.body, ?
           FROM unnest(?, ?, ?, ?, ?) AS answer (actor, key, hash, status, body)",
    )
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .bind::<Array<Text>, _>(answers.iter().map(|(once, _)| once.actor.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(answers.iter().map(|(once, _)| once.key.key.as_str()).collect::<Vec<_>>())
    .bind::<Array<Binary>, _>(answers.iter().map(|(once, _)| &once.key.hash[..]).collect::<Vec<_>>())
    .bind::<Array<SmallInt>, _>(answers.iter().map(|(_, reply)| status(reply)).collect::<Vec<_>>())
    .bind::<Array<Jsonb>, _>(answers.iter().map(|(_, reply)| &reply.body).collect::<Vec<_>>())
    .execute(tx.conn)?;
    Ok(())
}

fn status(reply: &Reply) -> i16 {
    i16::try_from(reply.status).unwrap_or(i16::MAX)
}

/// The answer of a request that was done before, or `None`: a look without a claim, for work
/// that is judged before its transaction.
pub fn answered(conn: &mut PgConnection, claim: &Once) -> Result<Option<Result<Reply>>> {
    use idempotency_key::dsl;
    let row: Option<Answered> = dsl::idempotency_key
        .find((&claim.actor, &claim.key.key))
        .select(Answered::as_select())
        .first(conn)
        .optional()?;
    Ok(row.map(|row| row.to(claim)))
}

/// What is stored under a key.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = idempotency_key)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Answered {
    pub request_hash: Vec<u8>,
    pub status: i16,
    pub body: Value,
}

impl Answered {
    /// The answer to a request that comes under this key.
    pub fn to(self, claim: &Once) -> Result<Reply> {
        match u16::try_from(self.status) {
            _ if self.request_hash != claim.key.hash => Err(KEY_REUSED.err()),
            // Claimed, and the work that follows has not been answered.
            Ok(0) | Err(_) => Err(IN_FLIGHT.err()),
            Ok(status) => Ok(Reply { status, body: self.body }),
        }
    }
}

/// Forgets answers older than `keep`: nobody sends a request again after that long. Gives
/// how many; some thousand a call.
pub fn forget(tx: &mut Tx, keep: Duration) -> Result<usize> {
    let oldest = tx.now.checked_sub(keep).map_err(anyhow::Error::from)?;
    Ok(diesel::sql_query(
        "DELETE FROM idempotency_key WHERE ctid = ANY (ARRAY(
             SELECT ctid FROM idempotency_key WHERE created_at < $1 LIMIT 5000))",
    )
    .bind::<Timestamptz, _>(to_sql(oldest))
    .execute(tx.conn)?)
}

/// A wait for the other request's transaction that lasted too long.
fn in_flight(error: diesel::result::Error) -> Error {
    match Error::Db(error) {
        error if error.code() == &BUSY => IN_FLIGHT.err(),
        error => error,
    }
}
