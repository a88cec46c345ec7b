//! Citizens and organisations, who may act for whom, and their login by VNeID.

pub mod contact;
pub mod identity_no;
pub mod tax_no;

pub use identity_no::{Gender, IdentityNo};
pub use tax_no::TaxNo;
