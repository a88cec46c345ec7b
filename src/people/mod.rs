//! Citizens and organisations, who may act for whom, and their login by VNeID.

pub mod contact;
mod counter;
pub mod identity_no;
mod intake;
mod login;
mod mandate;
mod register;
pub mod tax_no;
pub mod vneid;

pub use counter::known;
pub use identity_no::{Gender, IdentityNo};
pub use intake::PersonOut;
pub use login::forget as forget_logins;
pub use tax_no::TaxNo;

/// The operations of this capability.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config
        .service(login::begin_login)
        .service(login::finish_login)
        .service(intake::register_person)
        .service(mandate::record_mandate)
        .service(mandate::list_mandates)
        .service(mandate::revoke_mandate);
}
