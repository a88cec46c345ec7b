//! Figures over many dossiers: what a payer owes and paid, what a cashier took in, how much is
//! paid without cash and online, how much is digitised. Each starts from the one predicate of who sees a dossier.

mod cashless;
mod digitisation;
mod digitisation_rows;
mod intake;
mod own_payments;
mod papers_avoided;

/// The operations of this folder.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config
        .service(own_payments::list_own_payments)
        .service(intake::read_intake)
        .service(cashless::read_cashless_share)
        .service(digitisation::read_digitisation_figures)
        .service(digitisation_rows::list_digitisation_rows)
        .service(papers_avoided::read_papers_avoided)
        .service(papers_avoided::list_papers_avoided);
}
