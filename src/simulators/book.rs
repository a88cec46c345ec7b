//! What a simulated gateway took and gave back: the truth that the portal's book is compared with.

use serde::{Deserialize, Serialize};

/// The book of a gateway; `GET /payment/book` and `GET /vnpay/book` show it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    pub payments: Vec<Taken>,
    pub refunds: Vec<Given>,
}

/// Money that a payer paid.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Taken {
    /// The portal's reference of the attempt.
    pub reference: String,
    /// The gateway's number of the payment.
    pub transaction: String,
    /// Đồng.
    pub amount: i64,
}

/// Money that was ordered back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Given {
    pub reference: String,
    /// The portal's id of the refund.
    pub id: String,
    /// Đồng.
    pub amount: i64,
    pub state: State,
}

/// How it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Done,
    UnderWay,
    Failed,
}
