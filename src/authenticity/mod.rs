//! Anyone can check: a word printed on a document, mostly as a QR code, opens what the register
//! says of it now. No login, and no more about people than stands on the document itself.

mod compare;
mod document;
mod page;
mod show;

/// The operations of this capability.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(show::verify_document).service(compare::compare_document);
}
