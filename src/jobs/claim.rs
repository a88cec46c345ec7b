//! Taking jobs, keeping them, and letting them go.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Double, Integer, Jsonb, Nullable, Text, Uuid as SqlUuid};
use serde_json::Value;
use uuid::Uuid;

use super::context::Job;
use crate::db::Tx;
use crate::error::Result;

/// Characters of a reason that are kept.
const REASON_LIMIT: usize = 500;

/// What may run: waiting jobs, and leased ones whose worker has been silent for too long; of
/// one kind and subject only the oldest that is not finished. Whoever is locked is being taken
/// by somebody else.
const CLAIM: &str = "
    WITH next AS (
        SELECT id FROM job
         WHERE state IN ('waiting', 'leased') AND run_at <= now()
           AND (state = 'waiting' OR lease_until < now())
           AND kind = ANY($1)
           AND (subject IS NULL OR NOT EXISTS (
                SELECT 1 FROM job older
                 WHERE older.subject = job.subject AND older.kind = job.kind AND older.id < job.id
                   AND older.state IN ('waiting', 'leased')))
         ORDER BY run_at, id
         LIMIT $2
           FOR UPDATE SKIP LOCKED)
    UPDATE job
       SET state = 'leased', attempts = attempts + 1, lease_token = $3,
           lease_until = now() + $4 * interval '1 second'
      FROM next WHERE job.id = next.id
    RETURNING job.id, job.kind, job.subject, job.payload, job.attempts";

const EXTEND: &str = "
    UPDATE job SET lease_until = now() + $3 * interval '1 second' WHERE id = $1 AND lease_token = $2";

const AGAIN: &str = "
    UPDATE job SET state = 'waiting', lease_token = NULL, last_error = $3,
           run_at = now() + $4 * interval '1 second'
     WHERE id = $1 AND lease_token = $2";

const BURY: &str = "
    UPDATE job SET state = 'dead', lease_token = NULL, last_error = $3, attempts = $4, finished_at = now()
     WHERE id = $1 AND lease_token = $2";

#[derive(QueryableByName)]
struct Claimed {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    subject: Option<Uuid>,
    #[diesel(sql_type = Jsonb)]
    payload: Value,
    #[diesel(sql_type = Integer)]
    attempts: i32,
}

/// How jobs are taken.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Kinds that this process has a handler for; others wait for a process that has.
    pub kinds: Vec<&'static str>,
    /// A worker that is silent for so long loses its job.
    pub lease: Duration,
    /// How often a job is begun.
    pub max_attempts: i32,
}

/// Takes at most `limit` jobs. One that used up its attempts without ever coming back (its
/// worker was killed each time) is dead and not taken.
pub fn claim(tx: &mut Tx, terms: &Terms, limit: usize) -> Result<Vec<Job>> {
    let lease = Uuid::now_v7();
    let claimed: Vec<Claimed> = diesel::sql_query(CLAIM)
        .bind::<Array<Text>, _>(&terms.kinds)
        .bind::<BigInt, _>(i64::try_from(limit).unwrap_or(i64::MAX))
        .bind::<SqlUuid, _>(lease)
        .bind::<Double, _>(terms.lease.as_secs_f64())
        .load(tx.conn)?;
    let mut jobs = Vec::with_capacity(claimed.len());
    for row in claimed {
        let Some(kind) = terms.kinds.iter().copied().find(|kind| *kind == row.kind) else { continue };
        let (id, subject, payload, attempt) = (row.id, row.subject, row.payload, row.attempts);
        let job = Job { id, kind, subject, payload, attempt, lease };
        if attempt > terms.max_attempts {
            bury(tx, &job, terms.max_attempts, "no attempt came back: its worker ended each time")?;
        } else {
            jobs.push(job);
        }
    }
    jobs.sort_by_key(|job| job.id);
    Ok(jobs)
}

/// Says that the worker is alive; `false` = the job is another's by now.
pub fn extend(tx: &mut Tx, job: &Job, lease: Duration) -> Result<bool> {
    let extended = diesel::sql_query(EXTEND)
        .bind::<BigInt, _>(job.id)
        .bind::<SqlUuid, _>(job.lease)
        .bind::<Double, _>(lease.as_secs_f64())
        .execute(tx.conn)?;
    Ok(extended == 1)
}

/// Puts the job back for another attempt after a rest; without attempts left it is dead.
/// When the lease was lost, nothing happens: the job is another worker's.
pub fn again(tx: &mut Tx, job: &Job, max_attempts: i32, rest: Duration, reason: &str) -> Result<()> {
    if job.attempt >= max_attempts {
        return bury(tx, job, job.attempt, reason);
    }
    diesel::sql_query(AGAIN)
        .bind::<BigInt, _>(job.id)
        .bind::<SqlUuid, _>(job.lease)
        .bind::<Text, _>(storable(reason))
        .bind::<Double, _>(rest.as_secs_f64())
        .execute(tx.conn)?;
    Ok(())
}

/// Gives the job up.
pub fn bury(tx: &mut Tx, job: &Job, attempts: i32, reason: &str) -> Result<()> {
    tracing::error!(job = job.id, kind = job.kind, attempts, reason, "a job is dead");
    diesel::sql_query(BURY)
        .bind::<BigInt, _>(job.id)
        .bind::<SqlUuid, _>(job.lease)
        .bind::<Text, _>(storable(reason))
        .bind::<Integer, _>(attempts)
        .execute(tx.conn)?;
    Ok(())
}

/// A reason as PostgreSQL can keep it.
fn storable(reason: &str) -> String {
    reason.chars().filter(|c| *c != '\0').take(REASON_LIMIT).collect()
}
