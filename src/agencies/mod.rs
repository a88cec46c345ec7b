//! The agencies of the administration at any depth, and who works in them as what.

mod closure;
mod edit;
mod enrol;
pub mod import;
mod machine_client;
mod serving;
mod show;
mod staff;
mod substitution;
pub mod words;

pub use enrol::{Enrolment, enrol};
pub use serving::serving;
pub use show::{AgencyOut, Level, find};

/// The operations of this capability.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config
        .service(show::list_agencies)
        .service(show::show_agency)
        .service(edit::create_agency)
        .service(edit::change_agency)
        .service(staff::create_staff)
        .service(staff::give_position)
        .service(staff::end_position)
        .service(staff::list_agency_staff)
        .service(substitution::order_substitution)
        .service(substitution::end_substitution)
        .service(substitution::list_substitutions)
        .service(machine_client::create_machine_client);
}
