//! The fault dial of the tax office: what goes wrong between it and the portal.
//!
//! What the office says is said until it is acknowledged; the faults disturb how it travels, or
//! send something false before it. Where only a share suffers them, the seed says which.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::TaxSimulator;
use crate::simulators::faults::share;

/// Longest delay, in milliseconds.
const DELAY_LIMIT: u64 = 60_000;
/// Most extra copies of one message.
const COPIES_LIMIT: u32 = 64;

/// The dial; all zero and false: nothing goes wrong.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// The first so many sendings of each message are lost on the way.
    pub lost: u32,
    /// So many of the portal's answers to each message are lost on the way back.
    pub lose_answers: u32,
    /// Every message is sent so many more times, all at once.
    pub twice: u32,
    /// Messages wait until so many are there, and then go the last one first.
    pub reorder: u32,
    /// The notice is there before the acknowledgement of the slip.
    pub early: bool,
    /// The notices of a slip come, or come again, after it was recalled.
    pub after_cancellation: bool,
    /// A copy about somebody else goes before each message.
    pub wrong_taxpayer: bool,
    /// A copy about a dossier that nobody has.
    pub unknown_dossier: bool,
    /// A copy with another key.
    pub wrong_key: bool,
    /// Half of the message.
    pub truncated: bool,
    /// A copy of ten million bytes and more.
    pub huge: bool,
    /// A copy with entities that swell.
    pub entity_bomb: bool,
    /// So many working days beyond what is allowed.
    pub late_days: u32,
    /// Every request and every message takes so much longer, in milliseconds.
    pub slow_ms: u64,
    /// Every request is answered 503, and nothing is sent.
    pub down: bool,
    /// Share of the messages, from 0 to 1, that travel as they should in spite of all this.
    pub spared: f64,
    /// Which ones those are.
    pub seed: u64,
}

/// The dial with what it has counted.
#[derive(Debug, Default)]
pub(super) struct Dial(Mutex<(Faults, u64)>);

impl Dial {
    fn state(&self) -> MutexGuard<'_, (Faults, u64)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn faults(&self) -> Faults {
        self.state().0.clone()
    }

    /// Turns the dial; the sequence begins anew.
    fn turn(&self, mut faults: Faults) -> Faults {
        faults.slow_ms = faults.slow_ms.min(DELAY_LIMIT);
        faults.twice = faults.twice.min(COPIES_LIMIT);
        *self.state() = (faults.clone(), 0);
        faults
    }

    /// What the next message suffers.
    pub(super) fn of_next_message(&self) -> Faults {
        let mut state = self.state();
        state.1 += 1;
        if share(state.0.seed, state.1) < state.0.spared {
            return Faults { slow_ms: state.0.slow_ms, down: state.0.down, ..Faults::default() };
        }
        state.0.clone()
    }

    /// Waits out the slowness; gives the answer when nobody is there.
    pub(super) async fn disturb(&self) -> Option<HttpResponse> {
        let Faults { slow_ms, down, .. } = self.faults();
        if slow_ms > 0 {
            tokio::time::sleep(Duration::from_millis(slow_ms)).await;
        }
        down.then(|| HttpResponse::ServiceUnavailable().finish())
    }
}

pub(super) async fn show(office: web::Data<TaxSimulator>) -> web::Json<Faults> {
    web::Json(office.dial.faults())
}

/// Sets the faults; what is left out is switched off.
pub(super) async fn set(office: web::Data<TaxSimulator>, faults: web::Json<Faults>) -> web::Json<Faults> {
    let turned = office.dial.turn(faults.into_inner());
    super::outbox::start(&office);
    web::Json(turned)
}
