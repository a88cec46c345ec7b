//! Signatures on electronic documents (ký số): officials sign remotely, agencies seal.
//!
//! Whoever has a document orders its signature ([`order`]) and hears by a job when it has
//! ended. The official finds it in the tray ([`tray`]), looks at it and signs, alone or with
//! others at once ([`sign`]): the PIN goes straight to the trust service and is kept nowhere;
//! what comes back is an authorisation for exactly these hashes, once, for minutes. Jobs do
//! the rest ([`make`], [`complete`]), so that a slow or dead service holds up nobody.
//!
//! A document is signed once: a part of it (`official`, `seal`) has one signature that
//! counts, by a unique index, and it becomes part of the stored document by compare-and-set.
//! Where it is not known whether the service signed (its answer was lost), the authorisation
//! is used up, the signature is void, and the official confirms again.

pub mod anchors;
pub mod complete;
pub mod csc;
mod document;
pub mod local;
pub mod make;
pub mod pades;
mod record;
pub mod request;
pub mod revocation;
pub mod seal;
pub mod sign;
pub mod tray;
mod trust;
pub mod verdict;

pub use record::Part as SignaturePart;
pub use request::{Ended, Order, Outcome, cancel, order, outcome, subject};
pub use trust::{SIGNING_NOT_CONFIGURED, SIGNING_UNAVAILABLE, Trust, TrustService, anchors};

/// The operations of this capability.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config
        .service(tray::list_signing_requests)
        .service(tray::show_signing_request)
        .service(tray::download_signing_document)
        .service(tray::refuse_signature)
        .service(sign::sign_documents);
}
