//! Citizens and organisations, who may act for whom, and their login by VNeID.

pub mod contact;
mod counter;
pub mod identity_no;
pub mod tax_no;

pub use counter::known;
pub use identity_no::{Gender, IdentityNo};
pub use tax_no::TaxNo;
