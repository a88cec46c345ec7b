//! The least speed of a body. The framework has no limit of the time that a body may take:
//! one byte a second would be accepted for as long as somebody likes to send it.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

/// How slow a sender may be: it has the patience and a second for each `floor` bytes that
/// came, and may never be silent for longer than the patience.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    begun: Instant,
    /// Bytes a second; 0 = no floor.
    floor: u64,
    patience: Duration,
}

impl Pace {
    pub fn begin(floor: u64, patience: Duration) -> Self {
        Self { begun: Instant::now(), floor, patience }
    }

    /// Waits for what comes next after so many bytes; `None` when it does not come in time.
    pub async fn wait_for<T>(&self, bytes: u64, next: impl Future<Output = T>) -> Option<T> {
        if self.floor == 0 {
            return Some(next.await);
        }
        let earned = Duration::from_millis(bytes.saturating_mul(1000) / self.floor);
        let silence_ends = Instant::now() + self.patience;
        let deadline = silence_ends.min(self.begun + self.patience + earned);
        timeout_at(deadline, next).await.ok()
    }
}
