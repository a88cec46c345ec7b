//! Reconciliation (đối soát) three ways: our book, the gateways' settlement files, the treasury's
//! statement. Nothing here is called by `payments` or the ledger.
//!
//! A gateway's file of a day is fetched when the day has ended (`files`); what only it tells
//! of is taken in through the inbox of payments; then the whole day is compared in one query.
//! What does not agree is `unmatched`: listed with a proposal until a person resolves it, or
//! the two agree.

mod compare;
mod fetch;
mod files;
mod list;
mod resolve;
mod unmatched;

pub use fetch::{LOOK_FOR_FILES_EVERY, look_for_files};
pub use files::{FETCH_SETTLEMENT, Imported, import, run_fetch_settlement};

/// The operations of this capability.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(fetch::fetch_settlement).service(list::list_unmatched).service(resolve::resolve_unmatched);
}

/// Name under which reconciliation acts.
const RECONCILE: &str = "reconcile";
