//! Giving money back: the order to do so, and the question what became of it.
//!
//! The bank-side specification of 2026 has a refund with the answers SUCCESS, PENDING and
//! FAILED, idempotent by the partner's request id. Its field names are not public: these are
//! motcua's own, in the manner of the messages that are, signed as they are.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Partner, SUCCESS, wire_time};

/// `LoaiBanTin` of the order and of the question.
const REFUND: &str = "RefundTrans";
const REFUND_QUERY: &str = "GetRefund";
const VERSION: &str = "1.0.0";

/// Money to be given back, in motcua's words.
#[derive(Debug, Clone)]
pub struct GiveBack {
    /// One id is one refund.
    pub id: String,
    /// Our reference of what was paid.
    pub reference: String,
    /// `MaGiaoDich` of the payment.
    pub transaction: String,
    /// Đồng.
    pub amount: i64,
    pub reason: String,
}

/// The message that orders a refund, or asks about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundMessage {
    #[serde(rename = "LoaiBanTin")]
    pub kind: String,
    #[serde(rename = "PhienBan")]
    pub version: String,
    #[serde(rename = "MaDoiTac")]
    pub partner: String,
    /// Ours: sent twice, it is one refund.
    #[serde(rename = "MaHoanTien")]
    pub id: String,
    #[serde(rename = "MaThamChieu")]
    pub reference: String,
    #[serde(rename = "MaGiaoDich")]
    pub transaction: String,
    /// Đồng.
    #[serde(rename = "SoTien")]
    pub amount: String,
    #[serde(rename = "LyDo")]
    pub reason: String,
    #[serde(rename = "ThoiGianGD")]
    pub time: String,
    #[serde(rename = "MaXacThuc")]
    pub digest: String,
}

impl RefundMessage {
    /// The order to give money back.
    pub fn order(partner: &Partner, refund: &GiveBack, now: Timestamp) -> Self {
        Self::new(REFUND, partner, refund, now)
    }

    /// The question what became of it.
    pub fn question(partner: &Partner, refund: &GiveBack, now: Timestamp) -> Self {
        Self::new(REFUND_QUERY, partner, refund, now)
    }

    fn new(kind: &str, partner: &Partner, refund: &GiveBack, now: Timestamp) -> Self {
        Self {
            kind: kind.to_owned(),
            version: VERSION.to_owned(),
            partner: partner.code.clone(),
            id: refund.id.clone(),
            reference: refund.reference.clone(),
            transaction: refund.transaction.clone(),
            amount: refund.amount.to_string(),
            // The sign between the values of the digest.
            reason: refund.reason.replace('|', "/"),
            time: wire_time(now),
            digest: String::new(),
        }
        .sign(partner)
    }
}

signed!(RefundMessage: kind, version, partner, id, reference, transaction, amount, reason, time);

/// How a refund stands, `TrangThai`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RefundWord {
    Success,
    Pending,
    Failed,
}

/// The answer to both messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundReply {
    #[serde(rename = "MaLoi")]
    pub error_code: String,
    #[serde(rename = "MoTaLoi")]
    pub description: String,
    #[serde(rename = "MaDoiTac")]
    pub partner: String,
    #[serde(rename = "MaHoanTien")]
    pub id: String,
    /// Empty without success.
    #[serde(rename = "TrangThai")]
    pub state: String,
    #[serde(rename = "MaXacThuc")]
    pub digest: String,
}

impl RefundReply {
    pub fn is_success(&self) -> bool {
        self.error_code == SUCCESS
    }
}

signed!(RefundReply: error_code, description, partner, id, state);
