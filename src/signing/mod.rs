//! Signatures on electronic documents.

pub mod pades;
