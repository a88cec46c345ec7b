//! A broken promise, for the test that must notice it. There is none in a release build.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long a mutant's commit comes after its answer: a killer needs something to hit.
pub(super) const DELAY: Duration = Duration::from_millis(250);

static EARLY_ACK: AtomicBool = AtomicBool::new(false);

/// From now on a group commit answers before it commits. `motcua serve --mutant early-ack`
/// of a debug build; the crash test must turn red over it.
#[cfg(debug_assertions)]
pub fn acknowledge_early() {
    EARLY_ACK.store(true, Ordering::Relaxed);
}

pub(super) fn acknowledges_early() -> bool {
    cfg!(debug_assertions) && EARLY_ACK.load(Ordering::Relaxed)
}
