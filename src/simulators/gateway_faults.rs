//! What goes wrong between a payment gateway and the portal: one dial for each gateway.
//!
//! A payment is made once; how the news of it travels, and how questions are answered, is what
//! the faults disturb. Where only a share of the news suffers them, the seed says which.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::{HttpResponse, web};
use futures_util::future::{BoxFuture, join_all};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::faults::share;

/// Longest delay, in milliseconds.
const DELAY_LIMIT: u64 = 60_000;
/// Most extra copies of one notice.
const COPIES_LIMIT: u32 = 64;
/// Most notices that are held back.
const HELD_LIMIT: u32 = 1_000;
/// Waits before a notice that was not accepted is sent again, in seconds.
const RETRIES: [u64; 4] = [1, 5, 30, 120];

/// The fault dial; all zero and false: nothing goes wrong.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// Every answer and notice comes so much later, in milliseconds.
    pub delay_ms: u64,
    /// So many next requests are answered 500, and nothing is done.
    pub errors: u32,
    /// So many next requests are done, but answered 504.
    pub lose_answers: u32,
    /// Every request is answered 503, and no notice is sent.
    pub outage: bool,
    /// Notices are not sent.
    pub drop_callbacks: bool,
    /// Every notice is sent so many more times, all at once.
    pub duplicate: u32,
    /// So many notices are held back and then sent, the last one first; 0 and 1: none.
    pub reorder: u32,
    /// Added to the amount of notices, in đồng.
    pub wrong_amount: i64,
    /// Notices are signed with another key.
    pub forged: bool,
    /// Notices are about another partner.
    pub other_partner: bool,
    /// Notices are in another currency.
    pub other_currency: bool,
    /// A field is changed after signing.
    pub altered: bool,
    /// The gateway's clock goes wrong by so many seconds.
    pub clock_skew: i64,
    /// Refunds are PENDING for so many questions before they are done.
    pub refund_pending: u32,
    /// Refunds fail.
    pub refund_fails: bool,
    /// What is wrong with settlement files.
    pub file: Option<FileFault>,
    /// Share of the notices, from 0 to 1, that come as they should in spite of all this.
    pub spared: f64,
    /// Which ones those are.
    pub seed: u64,
}

/// What is wrong with a settlement file; its last line agrees with what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileFault {
    /// It ends in the middle.
    Cut,
    /// It is signed with another key.
    Forged,
    /// The first payment is one đồng more.
    OtherAmount,
    /// It has a payment that was never made.
    Unknown,
    /// The first payment is not in it.
    Missing,
    /// The first payment is in it twice.
    Twice,
}

/// The dial of one gateway.
#[derive(Debug, Default)]
pub struct Dial(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    faults: Faults,
    /// Notices since the dial was turned.
    told: u64,
    /// Notices held back.
    held: Vec<String>,
}

impl Dial {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn faults(&self) -> Faults {
        self.state().faults.clone()
    }

    /// Turns the dial; the sequence begins anew. What is held back stays held.
    pub fn turn(&self, mut faults: Faults) -> Faults {
        faults.delay_ms = faults.delay_ms.min(DELAY_LIMIT);
        faults.duplicate = faults.duplicate.min(COPIES_LIMIT);
        faults.reorder = faults.reorder.min(HELD_LIMIT);
        let mut state = self.state();
        (state.faults, state.told) = (faults.clone(), 0);
        faults
    }

    /// What the next notice suffers.
    pub fn of_next_notice(&self) -> Faults {
        let mut state = self.state();
        state.told += 1;
        if share(state.faults.seed, state.told) < state.faults.spared {
            return Faults::default();
        }
        state.faults.clone()
    }

    /// Waits out the delay; gives the answer when this request is to fail.
    pub async fn disturb(&self) -> Option<HttpResponse> {
        let delay = self.state().faults.delay_ms;
        if delay > 0 {
            tokio::time::sleep(Duration::from_millis(delay)).await;
        }
        let mut state = self.state();
        if state.faults.outage {
            return Some(HttpResponse::ServiceUnavailable().finish());
        }
        state.faults.errors = state.faults.errors.checked_sub(1)?;
        Some(HttpResponse::InternalServerError().finish())
    }

    /// The answer to a request that was done, unless it is lost.
    pub fn answered(&self, answer: HttpResponse) -> HttpResponse {
        let mut state = self.state();
        match state.faults.lose_answers.checked_sub(1) {
            None => answer,
            Some(left) => {
                state.faults.lose_answers = left;
                HttpResponse::GatewayTimeout().finish()
            }
        }
    }

    /// The notices to be sent now that this one is there.
    fn due(&self, notice: String, reorder: u32) -> Vec<String> {
        let mut state = self.state();
        state.held.push(notice);
        if state.held.len() < reorder as usize {
            return Vec::new();
        }
        let mut due = std::mem::take(&mut state.held);
        due.reverse();
        due
    }
}

/// A gateway that tells the portal of payments.
pub trait Teller: 'static {
    fn dial(&self) -> &Dial;

    /// Sends one copy: whether the portal accepted it, and its reply.
    fn send<'a>(&'a self, notice: &'a str) -> BoxFuture<'a, (bool, Value)>;
}

/// Sends a notice as well or badly as the faults say, and gives the portal's replies; one that
/// was not accepted is sent again in the background.
pub async fn deliver<T: Teller>(gateway: &web::Data<T>, notice: String, faults: &Faults) -> Vec<Value> {
    if faults.drop_callbacks || faults.outage {
        return Vec::new();
    }
    if faults.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(faults.delay_ms)).await;
    }
    let mut all = Vec::new();
    for notice in gateway.dial().due(notice, faults.reorder) {
        let replies = join_all((0..=faults.duplicate).map(|_| gateway.send(&notice))).await;
        if !replies.iter().any(|(accepted, _)| *accepted) {
            actix_web::rt::spawn(send_again(gateway.clone(), notice.clone()));
        }
        all.extend(replies.into_iter().map(|(_, reply)| reply));
    }
    all
}

async fn send_again<T: Teller>(gateway: web::Data<T>, notice: String) {
    for wait in RETRIES {
        tokio::time::sleep(Duration::from_secs(wait)).await;
        if gateway.send(&notice).await.0 {
            return;
        }
    }
}

/// The present faults.
pub async fn show<T: Teller>(gateway: web::Data<T>) -> web::Json<Faults> {
    web::Json(gateway.dial().faults())
}

/// Sets the faults; what is left out is switched off.
pub async fn set<T: Teller>(gateway: web::Data<T>, faults: web::Json<Faults>) -> web::Json<Faults> {
    web::Json(gateway.dial().turn(faults.into_inner()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spared(seed: u64) -> Vec<bool> {
        let dial = Dial::default();
        dial.turn(Faults { forged: true, spared: 0.5, seed, ..Faults::default() });
        (0..1000).map(|_| !dial.of_next_notice().forged).collect()
    }

    #[test]
    fn the_same_seed_spares_the_same_notices() {
        assert_eq!(spared(7), spared(7));
        assert_ne!(spared(7), spared(8));
        let count = spared(7).into_iter().filter(|spared| *spared).count();
        assert!((400..600).contains(&count), "{count} of 1000");
    }

    #[test]
    fn what_is_held_back_comes_in_reverse() {
        let dial = Dial::default();
        assert!(dial.due("1".to_owned(), 3).is_empty() && dial.due("2".to_owned(), 3).is_empty());
        assert_eq!(dial.due("3".to_owned(), 3), ["3", "2", "1"]);
        assert_eq!(dial.due("4".to_owned(), 0), ["4"]);
    }
}
