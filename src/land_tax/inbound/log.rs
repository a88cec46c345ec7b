//! The log of messages: each once, with the bytes that came.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Answer;
use crate::db::{Tx, prepared, to_sql};
use crate::error::Result;

/// Bytes that are kept of a message that was refused.
const REFUSED_STORED: usize = 64 * 1024;
/// Refused messages that are kept: anybody may send some.
const REFUSED_KEPT: i64 = 1_000;
/// Longest id of a message that is stored, in bytes.
const ID_STORED: usize = 120;

/// A message to be logged.
pub struct Entry<'a> {
    pub kind: &'static str,
    pub message_id: &'a str,
    pub digest: [u8; 32],
    pub raw: &'a [u8],
}

/// A message as it was logged.
pub struct Logged {
    pub id: Uuid,
    /// It was taken before; what it said then.
    pub again: bool,
    pub digest: Vec<u8>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Bool)]
    again: bool,
    #[diesel(sql_type = Binary)]
    sha256: Vec<u8>,
}

/// Writes a message as taken, or counts one more repeat of it. Whoever sends the same at the
/// same time waits here.
pub fn take(tx: &mut Tx, entry: &Entry) -> Result<Logged> {
    let row: Row = prepared(
        "INSERT INTO land_tax_message (id, kind, message_id, sha256, raw, length, taken, error_code, error_text, received_at)
         VALUES (?, ?, ?, ?, ?, ?, true, '00', '', ?)
         ON CONFLICT (kind, message_id) WHERE taken DO UPDATE SET repeats = land_tax_message.repeats + 1
         RETURNING id, repeats > 0 AS again, sha256",
    )
    .bind::<SqlUuid, _>(Uuid::now_v7())
    .bind::<Text, _>(entry.kind)
    .bind::<Text, _>(short(entry.message_id))
    .bind::<Binary, _>(&entry.digest[..])
    .bind::<Binary, _>(entry.raw)
    .bind::<BigInt, _>(entry.raw.len() as i64)
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .get_result(tx.conn)?;
    Ok(Logged { id: row.id, again: row.again, digest: row.sha256 })
}

/// Writes down what a message was answered; one that was refused can come again.
pub fn end(tx: &mut Tx, id: Uuid, dossier: Option<Uuid>, answer: &Answer) -> Result<()> {
    prepared(
        "UPDATE land_tax_message
            SET dossier_id = ?, taken = ?, error_code = ?, error_text = ?,
                raw = CASE WHEN ? THEN raw ELSE substr(raw, 1, 65536) END
          WHERE id = ?",
    )
    .bind::<Nullable<SqlUuid>, _>(dossier)
    .bind::<Bool, _>(answer.is_taken())
    .bind::<Text, _>(answer.code)
    .bind::<Text, _>(&answer.text)
    .bind::<Bool, _>(answer.is_taken())
    .bind::<SqlUuid, _>(id)
    .execute(tx.conn)?;
    if answer.is_taken() { Ok(()) } else { forget(tx) }
}

/// Writes a message that is refused before anything of it is believed.
pub fn refuse(tx: &mut Tx, kind: &'static str, raw: &[u8], answer: &Answer) -> Result<()> {
    let digest: [u8; 32] = Sha256::digest(raw).into();
    prepared(
        "INSERT INTO land_tax_message (id, kind, message_id, sha256, raw, length, taken, error_code, error_text, received_at)
         VALUES (?, ?, ?, ?, ?, ?, false, ?, ?, ?)",
    )
    .bind::<SqlUuid, _>(Uuid::now_v7())
    .bind::<Text, _>(kind)
    .bind::<Text, _>(format!("sha256:{}", hex::encode(digest)))
    .bind::<Binary, _>(&digest[..])
    .bind::<Binary, _>(&raw[..raw.len().min(REFUSED_STORED)])
    .bind::<BigInt, _>(raw.len() as i64)
    .bind::<Text, _>(answer.code)
    .bind::<Text, _>(answer.text.chars().take(500).collect::<String>())
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .execute(tx.conn)?;
    forget(tx)
}

/// Keeps the newest refused messages only.
fn forget(tx: &mut Tx) -> Result<()> {
    prepared(
        "DELETE FROM land_tax_message WHERE NOT taken AND id IN (
            SELECT id FROM land_tax_message WHERE NOT taken ORDER BY id DESC OFFSET ?)",
    )
    .bind::<BigInt, _>(REFUSED_KEPT)
    .execute(tx.conn)?;
    Ok(())
}

/// An id that can be stored.
fn short(id: &str) -> &str {
    id.char_indices()
        .nth(ID_STORED / 4)
        .map_or(id, |(end, _)| if id.len() > ID_STORED { &id[..end] } else { id })
}

/// The bytes with the key made unreadable: a key has no place in a log.
pub fn without_key(mut text: Vec<u8>, key: &str) -> Vec<u8> {
    let key = key.as_bytes();
    if key.is_empty() {
        return text;
    }
    let mut at = 0;
    while at + key.len() <= text.len() {
        if &text[at..at + key.len()] == key {
            text[at..at + key.len()].fill(b'*');
        }
        at += 1;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_not_logged_and_nothing_else_is_changed() {
        assert_eq!(without_key(b"{\"k\":\"abc\",\"x\":1}".to_vec(), "abc"), b"{\"k\":\"***\",\"x\":1}");
        assert_eq!(without_key(b"ab".to_vec(), "abc"), b"ab");
        assert_eq!(without_key(b"ab".to_vec(), ""), b"ab");
    }
}
