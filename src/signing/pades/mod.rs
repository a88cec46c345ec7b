//! Signatures in PDFs (PAdES baseline, ETSI EN 319 142-1). Pure: bytes in, bytes out.
//!
//! In this order: [`prepare`] appends a revision with room for the signature;
//! [`document_attributes`] over its digest is what a key signs; [`document_container`] makes
//! the signature (B-T with a [`Question`]'s time-stamp); [`Prepared::embed`] puts it into its
//! room; [`keep_evidence`] appends what makes it last (B-LT). A second signature begins anew
//! with the result of the first.

mod block;
mod container;
mod field;
mod key;
mod lasting;
mod revision;
mod stamp;

pub use container::{
    Parts, SIGNING_CERTIFICATE_V2, TIME_STAMP_TOKEN, container, document_attributes, document_container,
    signed_attributes,
};
pub use field::{Block, Field, Place, Prepared, prepare};
pub use key::{KeyKind, check_foreign, check_signature, hash_by, parse, sha256, sha256_algorithm};
pub use lasting::{Evidence, keep_evidence};
pub use stamp::{Question, Stamp, TST_INFO};
