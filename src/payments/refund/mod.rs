//! Refunds (hoàn tiền): money goes back by the way it came, in whole or in part.
//!
//! requested → pending → succeeded | failed, and failed → requested when it is tried again, or
//! failed → succeeded when a person has given the money back by hand ([`by_hand`]).
//! Requesting (`request`) takes the money from the revenue and owes it to the payer, under a
//! lock on the payments, so that never more is given back than was paid; sending (`send`) is
//! a job and tells the gateway, as often as it needs, of one attempt. Each step is booked.
//! A refund that failed is owed on: its amount stays taken until an attempt succeeds.

pub mod allocate;
pub mod by_hand;
pub mod operate;
mod request;
mod send;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::{Code, Error, Result};

pub(super) use request::request_unapplied;
pub use request::{again, refund_claimed, request};
pub use send::{poll_refunds, run_send_refund};

/// Job: tell the gateway of an attempt at a refund. Payload [`RefundJob`], subject: the refund.
pub const SEND_REFUND: &str = "send_refund";

pub static REFUND_TOO_LARGE: Code = Code::new(
    409,
    "refund_exceeds_payment",
    "Số tiền vượt quá số còn có thể hoàn",
    "More than can still be given back",
);

pub static REFUND_NOT_FAILED: Code = Code::new(
    409,
    "refund_not_failed",
    "Chỉ thử lại được khoản hoàn đã thất bại",
    "Only a refund that failed can be tried again",
);

/// Payload of [`SEND_REFUND`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RefundJob {
    pub attempt_id: Uuid,
}

/// Where a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefundStage {
    /// Owed to the payer; the gateway is to be told.
    Requested,
    /// The gateway is told and has not given its last word.
    Pending,
    /// The money is back.
    Succeeded,
    /// The gateway could not; still owed to the payer.
    Failed,
}

impl RefundStage {
    fn of(word: &str) -> Result<Self> {
        match word {
            "requested" => Ok(Self::Requested),
            "pending" => Ok(Self::Pending),
            "succeeded" => Ok(Self::Succeeded),
            "failed" => Ok(Self::Failed),
            other => Err(Error::Internal(anyhow::anyhow!("unknown state of a refund: {other}"))),
        }
    }
}
