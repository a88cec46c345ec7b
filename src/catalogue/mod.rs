//! The catalogue of procedures ("thủ tục hành chính"): what can be filed, by whom, with
//! which papers, in which time and for which money.
//!
//! Its pure half: the definition, its conditions, and the check before publishing. The
//! other half publishes, closes, finds and shows.
mod answers;
pub mod cache;
pub mod check;
mod check_draft;
mod close;
pub mod condition;
pub mod definition;
pub mod documents;
pub mod embedded;
pub mod entry;
pub mod fee_def;
mod fields;
mod figures;
mod fold;
pub mod form;
pub mod import;
pub mod in_force;
pub mod procedure;
pub mod publish;
mod quote;
mod relief;
mod revision;
mod rule_words;
pub mod rules;
pub mod scenario;
pub mod scenario_def;
mod search;
pub mod seed;
mod shapes;
mod show;
pub mod tariff;
#[cfg(test)]
mod tests_rules;
pub mod words_of;

pub use cache::{Catalogue, Version, takes_filings};
pub use entry::Closure;

/// The operations of the catalogue.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config
        .service(search::search_procedures)
        .service(import::import_procedures)
        .service(check_draft::check_procedure_definition)
        .service(show::read_procedure)
        .service(quote::quote_fees)
        .service(publish::publish_procedure_version)
        .service(close::close_procedure)
        .service(fields::list_fields)
        .service(figures::read_service_level_figures);
}
