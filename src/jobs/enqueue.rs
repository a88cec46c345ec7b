//! Writing jobs, in the transaction that causes them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use diesel::prelude::*;
use diesel::sql_types::{Array, Jsonb, Nullable, Text, Uuid as SqlUuid};
use serde_json::Value;
use uuid::Uuid;

use super::listen::CHANNEL;
use crate::db::{Tx, prepared};
use crate::error::Result;

/// PostgreSQL lets one notifying transaction commit at a time, which would undo the group
/// commit; so a process notifies at most once in this time. Who is missed is found by polling.
const HINT_PAUSE: Duration = Duration::from_millis(20);

/// A job to be written.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// Which handler runs it.
    pub kind: &'static str,
    /// The dossier, order … whose jobs of this kind run one after the other; `None` = no order.
    /// The order is that of the commits for writers that hold the subject's row lock.
    pub subject: Option<Uuid>,
    /// What the handler needs: ids and small values, never personal data.
    pub payload: Value,
    /// Names the effect: a second job with this word is not written, also not after the
    /// first was done (as long as its row is kept). `None` = write always.
    pub dedup: Option<String>,
}

/// Writes a job; it runs after this transaction is committed.
pub fn enqueue(
    tx: &mut Tx,
    kind: &'static str,
    subject: Option<Uuid>,
    payload: Value,
    dedup: Option<String>,
) -> Result<()> {
    enqueue_many(tx, &[NewJob { kind, subject, payload, dedup }])
}

/// Writes jobs in one statement; those of one subject run in the order of the slice.
pub fn enqueue_many(tx: &mut Tx, jobs: &[NewJob]) -> Result<()> {
    if jobs.is_empty() {
        return Ok(());
    }
    prepared(
        "INSERT INTO job (kind, subject, payload, dedup)
         SELECT * FROM unnest(?, ?, ?, ?)
         ON CONFLICT (dedup) DO NOTHING",
    )
    .bind::<Array<Text>, _>(jobs.iter().map(|job| job.kind).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(jobs.iter().map(|job| job.subject).collect::<Vec<_>>())
    .bind::<Array<Jsonb>, _>(jobs.iter().map(|job| &job.payload).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(jobs.iter().map(|job| job.dedup.as_deref()).collect::<Vec<_>>())
    .execute(tx.conn)?;
    if hint_is_due() {
        prepared("SELECT pg_notify(?, '')").bind::<Text, _>(CHANNEL).execute(tx.conn)?;
    }
    Ok(())
}

/// The same for a kind that a row names: whoever wrote the row wants to hear by this job.
pub fn enqueue_named(tx: &mut Tx, kind: &str, subject: Option<Uuid>, payload: Value) -> Result<()> {
    prepared("INSERT INTO job (kind, subject, payload) VALUES (?, ?, ?)")
        .bind::<Text, _>(kind)
        .bind::<Nullable<SqlUuid>, _>(subject)
        .bind::<Jsonb, _>(payload)
        .execute(tx.conn)?;
    Ok(())
}

/// Whether this process has been silent long enough to wake the workers again.
fn hint_is_due() -> bool {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let (now, pause) = (now.as_micros() as u64, HINT_PAUSE.as_micros() as u64);
    let last = LAST.load(Ordering::Relaxed);
    now.abs_diff(last) >= pause
        && LAST.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
}
