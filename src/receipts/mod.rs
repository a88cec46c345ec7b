//! Electronic receipts (biên lai điện tử): what a payer gets for what was paid.
//!
//! A settled order, or money in suspense that is applied to a dossier, gives one receipt for its
//! phí and one for its lệ phí, in the transaction in which it counts ([`issue()`]). What a receipt says never changes: a wrong one is replaced, and
//! one whose money went back is cancelled or replaced by one over what is left ([`end`]). XML
//! and PDF are made when they are asked for, never inside a transaction ([`mod@document`]).
//!
//! Here nobody asks who may see a receipt: `dossiers` does, since it goes by the dossier.
//! Only the look-up with the secret is public ([`look_up`]).

pub mod document;
pub mod end;
pub mod in_words;
pub mod issue;
pub mod issuer;
pub mod look_up;
mod number;
mod pdf;
pub mod show;
mod xml;

pub use document::{Format, document};
pub use end::{Payer, given_back, replace};
pub use issue::{Line, issue, lines_for};
pub use show::{ReceiptOut, find, of_dossier};

/// The operations of this capability.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(look_up::look_up_receipt);
}
