//! The agencies of the administration at any depth, and who works in them as what.

mod closure;
pub mod import;
mod show;
mod words;

pub use show::{AgencyOut, Level, find};

/// The operations of this capability.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(show::list_agencies).service(show::show_agency);
}
