//! A trust service to play and test against: a test authority with its signers, its answers
//! about revocation, and time-stamps.

pub mod authority;
mod certificates;
mod keys;

pub use keys::Key;
