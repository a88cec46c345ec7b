//! Asks the platform about orders whose callback did not come.
//!
//! Each open order is asked about from half a minute after its opening, less and less often,
//! until it is settled or cancelled. A payment found so is taken in through the same door as
//! a callback. Meant to be run every [`POLL_EVERY`]; two runs at once do no harm.

use std::time::Duration;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::inbox::{Source, take_in};
use crate::auth::Actor;
use crate::db::schema::payment_order;
use crate::db::{Db, Tx, to_sql};
use crate::error::Result;
use crate::national::payment_platform::{PaymentPlatform, Receipt};

/// Name under which the polling acts.
pub const POLL_PAYMENTS: &str = "poll_payments";
/// How often to look for orders to ask about.
pub const POLL_EVERY: Duration = Duration::from_secs(15);

/// Orders of one round, and how many are asked about at once.
const ROUND: i64 = 200;
const AT_ONCE: usize = 8;
/// Seconds until the first question; each next wait is twice as long.
const FIRST_WAIT: i64 = 30;
/// Longest wait, in seconds: six hours.
const LONGEST_WAIT: i64 = 6 * 3600;
/// Questions about one order: some 30 days. What is paid later comes by its callback.
const QUESTIONS: i32 = 130;

/// An order to ask about.
struct Asked {
    id: Uuid,
    reference: String,
    /// Questions before this one.
    before: i32,
}

/// Asks about every order that is due; gives how many payments were found.
pub async fn poll_payments(db: &Db, platform: &PaymentPlatform) -> Result<usize> {
    let now = db.clock.now();
    let due = db.read(move |conn| due(conn, now)).await?;
    let answers = stream::iter(due).map(|asked| ask(db, platform, asked)).buffer_unordered(AT_ONCE);
    let found: Vec<Result<bool>> = answers.collect().await;
    let found: Result<Vec<bool>> = found.into_iter().collect();
    Ok(found?.into_iter().filter(|found| *found).count())
}

fn due(conn: &mut PgConnection, now: Timestamp) -> Result<Vec<Asked>> {
    let rows: Vec<(Uuid, String, i32)> = payment_order::table
        .filter(payment_order::state.eq("open"))
        .filter(payment_order::ask_at.le(to_sql(now)))
        .order(payment_order::ask_at)
        .limit(ROUND)
        .select((payment_order::id, payment_order::reference, payment_order::asked))
        .load(conn)?;
    Ok(rows.into_iter().map(|(id, reference, before)| Asked { id, reference, before }).collect())
}

/// Asks about one order; a platform that does not answer is asked again later.
async fn ask(db: &Db, platform: &PaymentPlatform, asked: Asked) -> Result<bool> {
    let answer = match platform.receipt(&asked.reference, db.clock.now()).await {
        Ok(answer) => answer,
        Err(error) => {
            tracing::warn!(reference = asked.reference, "the platform could not be asked: {error:#}");
            Receipt::NotPaid
        }
    };
    let partner = platform.partner.clone();
    db.write(&Actor::system(POLL_PAYMENTS), move |tx| {
        let found = match &answer {
            Receipt::NotPaid => false,
            Receipt::Paid(raw) => {
                let (outcome, _) = take_in(tx, &partner, Source::Query, raw)?;
                if !outcome.is_accepted() {
                    tracing::warn!(reference = asked.reference, ?outcome, "a payment cannot be booked");
                }
                outcome.is_accepted()
            }
        };
        put_off(tx, &asked)?;
        Ok(found)
    })
    .await
}

fn put_off(tx: &mut Tx, asked: &Asked) -> Result<()> {
    let asked_now = asked.before + 1;
    diesel::update(payment_order::table.find(asked.id))
        .set((
            payment_order::asked.eq(asked_now),
            payment_order::ask_at.eq(next(tx.now, asked_now).map(to_sql)),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// When to ask next, after so many questions; `None` = no more.
pub(super) fn next(now: Timestamp, asked: i32) -> Option<Timestamp> {
    let doublings = u32::try_from(asked.min(20)).ok().filter(|_| asked < QUESTIONS)?;
    let seconds = (FIRST_WAIT << doublings).min(LONGEST_WAIT);
    now.checked_add(SignedDuration::from_secs(seconds)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_then_stay_then_end() {
        let now: Timestamp = "2026-11-22T02:00:00Z".parse().unwrap();
        let wait = |asked| next(now, asked).map(|then| then.duration_since(now).as_secs());
        assert_eq!([0, 1, 2, 3].map(wait), [Some(30), Some(60), Some(120), Some(240)]);
        assert_eq!([10, QUESTIONS - 1].map(wait), [Some(LONGEST_WAIT), Some(LONGEST_WAIT)]);
        assert_eq!(wait(QUESTIONS), None);
    }
}
