//! The gateways of payments, and the account of the counter.
use serde::{Deserialize, Serialize};

use super::Secret;

/// The payment platform.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Payment {
    /// Among which a payer may choose.
    pub gateways: Vec<String>,
    /// Empty: the simulator; see [`super::Config::payment_gateway`].
    pub gateway_url: String,
    pub partner_code: String,
    pub secret_key: Secret<String>,
    pub previous_key: Secret<String>,
    pub beneficiary_account: String,
    pub beneficiary_bank: String,
    pub beneficiary_name: String,
    /// The fields of a line of the settlement file, in their order.
    pub settlement_fields: Vec<String>,
    pub timeout_seconds: u64,
    /// Of every gateway: payments and refunds that are due to be asked about.
    pub ask_every_seconds: u32,
}

/// VNPAY, a second gateway.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Vnpay {
    /// Empty: the simulator; see [`super::Config::vnpay_url`].
    pub url: String,
    pub merchant_code: String,
    pub secret_key: Secret<String>,
    pub previous_key: Secret<String>,
    pub timeout_seconds: u64,
}

/// The account of transfers by QR code at the counter.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Counter {
    pub bank_bin: String,
    pub account: String,
}
