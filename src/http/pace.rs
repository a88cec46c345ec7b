//! The least speed of a body. The framework has no limit of the time that a body may take:
//! one byte a second would be accepted for as long as somebody likes to send it.

use std::time::Duration;

use tokio::time::{Instant, timeout};

/// How slow a sender may be: it has the patience and a second for each `floor` bytes that
/// came, and may never be silent for longer than the patience.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    begun: Instant,
    /// How long the sender was waited for.
    waited: Duration,
    /// Bytes a second; 0 = no floor.
    floor: u64,
    patience: Duration,
}

impl Pace {
    pub fn begin(floor: u64, patience: Duration) -> Self {
        Self { begun: Instant::now(), waited: Duration::ZERO, floor, patience }
    }

    /// Waits for what comes next after so many bytes; `None` when it does not come in time. Only
    /// the waits count: while what came is written to a slow disk, the sender cannot go on.
    pub async fn wait<T>(&mut self, bytes: u64, next: impl Future<Output = T>) -> Option<T> {
        if self.floor == 0 {
            return Some(next.await);
        }
        let earned = Duration::from_millis(bytes.saturating_mul(1000) / self.floor);
        let left = (self.patience + earned).saturating_sub(self.waited);
        let begun = Instant::now();
        let came = timeout(left.min(self.patience), next).await.ok();
        self.waited += begun.elapsed();
        came
    }

    /// The same for who cannot keep count of the waits: all the time since the beginning counts.
    pub async fn wait_for<T>(&self, bytes: u64, next: impl Future<Output = T>) -> Option<T> {
        Self { waited: self.begun.elapsed(), ..*self }.wait(bytes, next).await
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;

    const PATIENCE: Duration = Duration::from_millis(600);

    #[tokio::test]
    async fn what_the_receiver_does_meanwhile_is_not_the_senders_time() {
        let mut pace = Pace::begin(1_000, PATIENCE);
        for bytes in 0..3 {
            assert_eq!(pace.wait(bytes, sleep(Duration::from_millis(5))).await, Some(()));
            sleep(PATIENCE / 2).await;
        }
        assert!(pace.begun.elapsed() > PATIENCE);
        assert_eq!(pace.wait(3, sleep(Duration::from_millis(5))).await, Some(()));
        assert_eq!(pace.wait_for(4, sleep(Duration::from_millis(5))).await, None);
    }

    #[tokio::test]
    async fn the_waits_are_added_up_and_none_is_longer_than_the_patience() {
        let mut slow = Pace::begin(1_000, PATIENCE);
        let mut bytes = 0;
        while slow.wait(bytes, sleep(PATIENCE * 2 / 5)).await.is_some() {
            bytes += 1;
        }
        assert!(bytes <= 2, "{bytes}");
        let mut much = Pace::begin(1_000, PATIENCE);
        assert_eq!(much.wait(1_000_000, sleep(PATIENCE * 2)).await, None);
        let mut free = Pace::begin(0, Duration::ZERO);
        assert_eq!(free.wait(0, sleep(Duration::from_millis(5))).await, Some(()));
    }
}
