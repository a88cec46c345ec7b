//! Asks the platform about an order whose callback did not come.
//!
//! Polling starts with the pay page and goes on, less and less often, until the order is
//! settled or cancelled. A payment found so is taken in through the same door as a callback.

use anyhow::Context;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::inbox::{Source, take_in};
use super::order::{OrderState, by_id};
use crate::auth::Actor;
use crate::db::{Db, Tx};
use crate::error::Result;
use crate::jobs;
use crate::national::payment_platform::{PaymentPlatform, Receipt};

/// Job: ask the platform about an order. Payload [`PollJob`], subject: the order.
pub const POLL_PAYMENT: &str = "poll_payment";

/// Seconds until the first question; each next wait is twice as long.
const FIRST_WAIT: i64 = 30;
/// Longest wait, in seconds: six hours.
const LONGEST_WAIT: i64 = 6 * 3600;
/// Questions about one order. About 30 days; what is paid later comes by its callback.
const ROUNDS: u32 = 130;

/// Payload of [`POLL_PAYMENT`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PollJob {
    pub order_id: Uuid,
    /// 0 for the first question.
    pub round: u32,
}

/// Writes the next question about an order.
pub fn schedule(tx: &mut Tx, order_id: Uuid, round: u32) -> Result<()> {
    if round >= ROUNDS {
        return Ok(());
    }
    let payload = json!({ "order_id": order_id, "round": round });
    let dedup = format!("poll:{order_id}:{round}");
    jobs::enqueue_at(tx, next(tx.now, round), POLL_PAYMENT, Some(order_id), payload, Some(dedup))
}

fn next(now: Timestamp, round: u32) -> Timestamp {
    let seconds = FIRST_WAIT.checked_shl(round.min(20)).map_or(LONGEST_WAIT, |s| s.min(LONGEST_WAIT));
    now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(now)
}

/// Runs [`POLL_PAYMENT`].
pub async fn run_poll_payment(db: &Db, platform: &PaymentPlatform, payload: Value) -> Result<()> {
    let PollJob { order_id, round } = serde_json::from_value(payload)?;
    let order = db.read(move |conn| by_id(conn, order_id)).await?;
    let Some(order) = order.filter(|order| order.state == OrderState::Open) else {
        return Ok(());
    };
    let receipt = platform.receipt(&order.reference, db.clock.now()).await;
    let receipt = receipt.context("the platform could not be asked about a payment")?;
    let partner = platform.partner.clone();
    db.write(&Actor::system(POLL_PAYMENT), move |tx| match &receipt {
        Receipt::NotPaid => schedule(tx, order_id, round + 1),
        Receipt::Paid(raw) => {
            let (outcome, reference) = take_in(tx, &partner, Source::Query, raw)?;
            if !outcome.is_accepted() {
                tracing::warn!(?outcome, ?reference, "a payment that was asked for cannot be booked");
            }
            Ok(())
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_then_stay() {
        let now: Timestamp = "2026-11-22T02:00:00Z".parse().unwrap();
        let waits: Vec<i64> = (0..12).map(|round| next(now, round).duration_since(now).as_secs()).collect();
        assert_eq!(waits[..4], [30, 60, 120, 240]);
        assert_eq!(waits[10..], [LONGEST_WAIT, LONGEST_WAIT]);
        assert_eq!(next(now, u32::MAX).duration_since(now).as_secs(), LONGEST_WAIT);
    }
}
