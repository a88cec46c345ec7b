//! Paying: charges, orders, attempts at gateways. Nothing here calls `dossiers`: money that
//! came goes up as the job [`FEE_PAID`].
//!
//! What is owed is data ([`charge`]); how it is demanded is an order ([`order`]), or a [`joint`]
//! one over several, or what the state budget is owed by a claim ([`claim`]), with its attempts ([`attempt`]), each at a [`gateway`]. What a gateway says comes through one door
//! ([`inbox`]), whether it called us or answered when we asked ([`poll`]). What it does to the
//! book is in `booking`; money that settles nothing waits in [`suspense`]; [`refund`] gives back.

pub mod attempt;
mod booking;
pub mod charge;
pub mod claim;
pub mod counter;
pub mod gateway;
pub mod inbox;
pub mod joint;
pub mod lookup;
pub mod order;
pub mod poll;
pub mod refund;
pub mod show;
pub mod suspense;
pub mod till;

pub use attempt::{OPEN_PAYMENT, run_open_payment};
pub use charge::{
    Balance, Charge, ChargeIn, ChargeKind, Debtor, balance, charges_of, write_all_charges, write_charges,
};
pub use claim::{
    CLAIM_PAID, ClaimIn, ClaimPaid, close_claim, count_elsewhere, open_claim, order_claim, order_of_claim,
};
pub use counter::{QrOut, show_qr};
pub use gateway::Gateways;
pub use inbox::{FEE_PAID, FeePaid};
pub use order::{Order, OrderState, cancel_order, choose, open_order};
pub use poll::poll_payments;
pub use refund::{SEND_REFUND, poll_refunds, refund_claimed, run_send_refund};
pub use show::{PaymentOut, payment_of};
pub use till::Till;

/// The operations of this capability.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config
        .configure(gateway::routes)
        .service(lookup::look_up_payment)
        .service(suspense::list_suspense)
        .service(suspense::move_suspense)
        .service(refund::operate::request_refund)
        .service(refund::operate::list_refunds)
        .service(refund::operate::retry_refund)
        .service(refund::by_hand::record_refund_transfer);
}
