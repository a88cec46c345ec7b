//! Paying at the counter, without cash: a transfer by QR code, which the bank confirms; a card,
//! whose slip the cashier records; cash paid in at a bank, whose slip is recorded too.
//!
//! Each is a kind of gateway: what is told of it goes through the inbox as everything does.

pub mod credit;
pub mod qr;
pub mod slip;

use std::sync::Arc;

use anyhow::anyhow;
use futures_util::FutureExt;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::attempt::{open_at, set_page};
use super::gateway::{
    Answer, Demand, Found, Gateway, Notice, Offer, Question, Refund, RefundState, Source, Words,
};
use super::order::choose;
use crate::db::Tx;
use crate::error::{BUSY, Result};
use crate::qr::draw;
use qr::{Payee, payload};

/// A transfer by QR code: the payer stands there, but a bank may be slow.
pub const VIETQR: Offer = at_counter("vietqr");
/// A card at the counter's terminal.
pub const CARD: Offer = at_counter("card");
/// Cash that was paid in at a bank.
pub const DEPOSIT: Offer = at_counter("deposit");

const fn at_counter(name: &'static str) -> Offer {
    Offer { name, lifetime: SignedDuration::from_hours(24), online: false }
}

/// Who collects at the counter, where a gateway is asked for: nobody who could be asked. What
/// is to be given back of it, a person transfers; so an order to do it fails and is listed.
#[derive(Debug, Clone, Copy)]
struct Collector(Offer);

pub(super) fn collector(offer: Offer) -> Arc<dyn Gateway> {
    Arc::new(Collector(offer))
}

/// Where the bank calls us.
pub(super) fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(credit::receive_bank_credit);
}

impl Words for Collector {
    fn gateway(&self) -> &'static str {
        self.0.name
    }

    fn read(&self, _: Source, _: &[u8]) -> Notice {
        Notice::malformed(None)
    }
}

impl Gateway for Collector {
    fn words(&self) -> Arc<dyn Words> {
        Arc::new(*self)
    }

    fn open<'a>(&'a self, _: &'a Demand, _: Timestamp) -> Answer<'a, String> {
        async { Err(anyhow!("the counter has no page")) }.boxed()
    }

    fn query<'a>(&'a self, _: &'a Question, _: Timestamp) -> Answer<'a, Found> {
        async { Ok(Found::NotPaid) }.boxed()
    }

    fn refund<'a>(&'a self, _: &'a Refund, _: Timestamp) -> Answer<'a, RefundState> {
        async { Ok(RefundState::Failed) }.boxed()
    }

    fn refund_state<'a>(&'a self, _: &'a Refund, _: Timestamp) -> Answer<'a, RefundState> {
        async { Ok(RefundState::Failed) }.boxed()
    }
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
