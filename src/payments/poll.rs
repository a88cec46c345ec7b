//! Asks the gateways about attempts whose notice did not come.
//!
//! Each open attempt is asked about from half a minute after its opening, less and less often,
//! until it is paid or, after its end, denied: also when its order is settled or given up,
//! since money may come all the same. A payment found so is taken in through the same door as
//! a notice. Meant to be run every few seconds
//! (`payment.ask_every_seconds`); two runs at once do no harm.

use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};

use super::attempt::{self, Attempt};
use super::gateway::{Found, Gateways, Question, Source};
use super::inbox::take_in;
use crate::auth::Actor;
use crate::db::{Db, Tx};
use crate::error::Result;

/// Name under which the polling acts.
pub const POLL_PAYMENTS: &str = "poll_payments";

/// Attempts, or refunds, of one round, and how many are asked about at once.
pub(super) const ROUND: i64 = 200;
pub(super) const AT_ONCE: usize = 8;
/// Seconds until the first question; each next wait is twice as long.
const FIRST_WAIT: i64 = 30;
/// Longest wait, in seconds: six hours.
const LONGEST_WAIT: i64 = 6 * 3600;

/// Asks about every attempt that is due, round by round: after an outage many are. Gives how
/// many payments were found.
pub async fn poll_payments(db: &Db, gateways: &Gateways) -> Result<usize> {
    in_rounds(|| poll_round(db, gateways)).await
}

/// Round by round until one was not full: of a round, how many were asked about and how many
/// came to something. Gives how many did in all.
pub(super) async fn in_rounds<R: Future<Output = Result<(usize, usize)>>>(
    round: impl Fn() -> R,
) -> Result<usize> {
    let mut all = 0;
    loop {
        let (asked, by_now) = round().await?;
        all += by_now;
        if asked < ROUND as usize {
            return Ok(all);
        }
    }
}

/// One round: how many were asked about, and how many payments were found. Each is put off or
/// ends, so the next round finds others.
async fn poll_round(db: &Db, gateways: &Gateways) -> Result<(usize, usize)> {
    let now = db.clock.now();
    let due = db.read(move |conn| attempt::due(conn, now, ROUND)).await?;
    let asked = due.len();
    let answers =
        stream::iter(due).map(|(attempt, asked)| ask(db, gateways, attempt, asked)).buffer_unordered(AT_ONCE);
    let found: Vec<Result<bool>> = answers.collect().await;
    let found: Result<Vec<bool>> = found.into_iter().collect();
    Ok((asked, found?.into_iter().filter(|found| *found).count()))
}

/// Asks about one attempt that was asked about so often before. Only an answer can close it: a
/// gateway that does not answer is asked again later.
async fn ask(db: &Db, gateways: &Gateways, attempt: Attempt, asked: i32) -> Result<bool> {
    let gateway = gateways.named(&attempt.gateway)?;
    let question = Question { reference: attempt.reference.clone(), opened_at: attempt.opened_at };
    let answer = gateway.query(&question, db.clock.now()).await;
    if let Err(error) = &answer {
        tracing::warn!(reference = attempt.reference, "the gateway could not be asked: {error:#}");
    }
    let (answer, words) = (answer.ok(), gateway.words());
    let (id, reference) = (attempt.id, attempt.reference.clone());
    let actor = Actor::system(POLL_PAYMENTS);
    let taken = db.write(&actor, move |tx| {
        let ended = tx.now >= attempt.expires_at;
        let mut found = false;
        match &answer {
            Some(Found::Paid(raw)) => {
                let outcome = take_in(tx, &*words, Source::Query, raw)?.outcome;
                if !outcome.is_accepted() {
                    tracing::warn!(reference = attempt.reference, ?outcome, "a payment settles nothing");
                }
                found = outcome.is_accepted();
            }
            Some(Found::Denied) => attempt::close(tx, &attempt)?,
            Some(Found::NotPaid | Found::Unknown) if ended => attempt::close(tx, &attempt)?,
            Some(Found::NotPaid | Found::Unknown) | None => {}
        }
        // Last: a callback locks the order before its attempt, too.
        attempt::put_off(tx, attempt.id, asked + 1)?;
        Ok(found)
    });
    match taken.await {
        Ok(found) => Ok(found),
        // One that cannot be taken in must not keep the others of the round waiting.
        Err(error) => {
            tracing::error!(reference, %error, "what the gateway answered could not be taken in");
            let put_off = move |tx: &mut Tx| attempt::put_off(tx, id, asked + 1);
            db.write(&actor, put_off).await.map(|()| false)
        }
    }
}

/// When to ask next, after so many questions.
pub(super) fn next(now: Timestamp, asked: i32) -> Timestamp {
    let seconds = (FIRST_WAIT << asked.clamp(0, 20)).min(LONGEST_WAIT);
    now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_then_stay() {
        let now: Timestamp = "2026-11-22T02:00:00Z".parse().unwrap();
        let wait = |asked| next(now, asked).duration_since(now).as_secs();
        assert_eq!([0, 1, 2, 3].map(wait), [30, 60, 120, 240]);
        assert_eq!([10, 1000].map(wait), [LONGEST_WAIT, LONGEST_WAIT]);
    }
}
