//! Paying at the counter, without cash: a transfer by QR code, which the bank confirms; a card,
//! whose slip the cashier records; cash paid in at a bank, whose slip is recorded too.
//!
//! Each is a kind of gateway: what is told of it goes through the inbox as everything does.

pub mod credit;
pub mod qr;
pub mod slip;

use jiff::SignedDuration;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::attempt::{open_at, set_page};
use super::gateway::Offer;
use super::order::choose;
use crate::db::Tx;
use crate::error::{BUSY, Result};
use qr::{Payee, draw, payload};

/// A transfer by QR code: the payer stands there, but a bank may be slow.
pub const VIETQR: Offer = at_counter("vietqr");
/// A card at the counter's terminal.
pub const CARD: Offer = at_counter("card");
/// Cash that was paid in at a bank.
pub const DEPOSIT: Offer = at_counter("deposit");

const fn at_counter(name: &'static str) -> Offer {
    Offer { name, lifetime: SignedDuration::from_hours(24), online: false }
}

/// A QR code to pay by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct QrOut {
    /// The reference that comes back with the money.
    #[schema(max_length = 20)]
    pub reference: String,
    /// Đồng.
    #[schema(minimum = 1)]
    pub amount: i64,
    /// The code's text (EMVCo).
    pub payload: String,
    /// The code drawn, as SVG.
    pub svg: String,
}

/// The QR code of what a dossier owes; asked for again, it is the same one.
pub fn show_qr(tx: &mut Tx, dossier_id: Uuid, payee: &Payee) -> Result<QrOut> {
    let order = choose(tx, dossier_id, VIETQR)?;
    let attempt = open_at(tx.conn, order.id, VIETQR.name)?.ok_or_else(|| BUSY.err())?;
    let payload = attempt.page.unwrap_or_else(|| payload(payee, order.amount, &attempt.reference));
    set_page(tx, attempt.id, &payload)?;
    Ok(QrOut { reference: attempt.reference, amount: order.amount, svg: draw(&payload)?, payload })
}
