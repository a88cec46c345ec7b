//! The outbox: effects outside the database, written in the transaction that causes them.

use diesel::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use crate::db::schema::job;
use crate::db::{Tx, to_sql};
use crate::error::Result;

/// Writes a job that may run at once. A second one with the same `dedup` is not written.
pub fn enqueue(
    tx: &mut Tx,
    kind: &'static str,
    subject: Option<Uuid>,
    payload: Value,
    dedup: Option<String>,
) -> Result<()> {
    diesel::insert_into(job::table)
        .values((
            job::kind.eq(kind),
            job::subject.eq(subject),
            job::payload.eq(payload),
            job::dedup.eq(dedup),
            job::run_at.eq(to_sql(tx.now)),
            job::created_at.eq(to_sql(tx.now)),
        ))
        .on_conflict_do_nothing()
        .execute(tx.conn)?;
    Ok(())
}
