//! Figures over many dossiers: what a payer owes and paid, what a cashier took in, how much is
//! paid without cash and online. Each starts from the one predicate of who sees a dossier.

mod cashless;
mod intake;
mod own_payments;

/// The operations of this folder.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config
        .service(own_payments::list_own_payments)
        .service(intake::read_intake)
        .service(cashless::read_cashless_share);
}
