//! Paying, in its first form: charges, one open order a dossier, the national payment
//! platform. Nothing here calls `dossiers`: money that came goes up as the job [`FEE_PAID`].
//!
//! What is owed is data ([`charge`]); how it is demanded is an order ([`order`]); what the
//! platform says comes through one door ([`inbox`]), whether it called us ([`callback`]) or
//! answered when we asked ([`poll`]). A ledger, refunds and receipts will hang on `inbox`.

pub mod callback;
pub mod charge;
pub mod inbox;
pub mod lookup;
pub mod order;
pub mod poll;
pub mod show;

pub use charge::{Balance, Charge, ChargeIn, ChargeKind, Debtor, balance, charges_of, write_charges};
pub use inbox::{FEE_PAID, FeePaid};
pub use order::{OPEN_PAYMENT, Order, OrderState, cancel_order, open_order, run_open_payment};
pub use poll::{POLL_EVERY, poll_payments};
pub use show::{PaymentOut, payment_of};

/// The operations of this capability.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(callback::receive_payment_callback).service(lookup::look_up_payment);
}
