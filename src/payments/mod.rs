//! Paying: charges, orders, attempts at gateways. Nothing here calls `dossiers`: money that
//! came goes up as the job [`FEE_PAID`].
//!
//! What is owed is data ([`charge`]); how it is demanded is an order ([`order`]) with its
//! attempts ([`attempt`]), each at a [`gateway`]. What a gateway says comes through one door
//! ([`inbox`]), whether it called us or answered when we asked ([`poll`]). Booking, refunds and
//! receipts hang on `inbox`.

pub mod attempt;
pub mod charge;
pub mod gateway;
pub mod inbox;
pub mod lookup;
pub mod order;
pub mod poll;
pub mod show;

pub use attempt::{OPEN_PAYMENT, run_open_payment};
pub use charge::{Balance, Charge, ChargeIn, ChargeKind, Debtor, balance, charges_of, write_charges};
pub use gateway::Gateways;
pub use inbox::{FEE_PAID, FeePaid};
pub use order::{Order, OrderState, cancel_order, open_order};
pub use poll::{POLL_EVERY, poll_payments};
pub use show::{PaymentOut, payment_of};

/// The operations of this capability.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.configure(gateway::routes).service(lookup::look_up_payment);
}
