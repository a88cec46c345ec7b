//! Messages about dossiers: to whoever filed one and to the applicant, and to the leaders of
//! the unit that is late.
//!
//! A message is written in the transaction that finishes its job, so it is written once. It
//! can be read here at once; its delivery by VNeID, SMS and e-mail is a job of its own.

mod compose;
mod deliver;
mod list;
mod recipients;
mod taxpayer;
mod templates;

pub use compose::{escalate, notify};
pub use deliver::{DELIVER, deliver};
pub use taxpayer::tell_taxpayer;
pub use templates::Templates;

/// The operations of this folder.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(list::list_messages);
}
