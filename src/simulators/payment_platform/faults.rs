//! What goes wrong between the platform and the portal.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::PaymentSimulator;

/// Longest delay, in milliseconds.
const DELAY_LIMIT: u64 = 60_000;
/// Most extra copies of one callback.
const COPIES_LIMIT: u32 = 64;

/// The fault dial; all zero and false: nothing goes wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// Every answer and callback comes so much later, in milliseconds.
    pub delay_ms: u64,
    /// So many next requests are answered 500.
    pub errors: u32,
    /// Callbacks are not sent.
    pub drop_callbacks: bool,
    /// Every callback is sent so many more times, all at once.
    pub duplicate: u32,
    /// Added to the amount of callbacks, in đồng.
    pub wrong_amount: i64,
    /// Callbacks are signed with another key.
    pub forged: bool,
    /// Callbacks are about another partner.
    pub other_partner: bool,
    /// Callbacks are in another currency.
    pub other_currency: bool,
    /// A field is changed after signing.
    pub altered: bool,
}

/// The present faults.
pub async fn show(platform: web::Data<PaymentSimulator>) -> web::Json<Faults> {
    web::Json(platform.faults().clone())
}

/// Sets the faults; what is left out is switched off.
pub async fn set(platform: web::Data<PaymentSimulator>, faults: web::Json<Faults>) -> web::Json<Faults> {
    let mut faults = faults.into_inner();
    faults.delay_ms = faults.delay_ms.min(DELAY_LIMIT);
    faults.duplicate = faults.duplicate.min(COPIES_LIMIT);
    *platform.faults() = faults.clone();
    web::Json(faults)
}

/// Waits out the delay; gives the answer when this request is to fail.
pub async fn disturb(platform: &PaymentSimulator) -> Option<HttpResponse> {
    let delay = platform.faults().delay_ms;
    if delay > 0 {
        tokio::time::sleep(Duration::from_millis(delay)).await;
    }
    let mut faults = platform.faults();
    faults.errors = faults.errors.checked_sub(1)?;
    Some(HttpResponse::InternalServerError().finish())
}
