//! Clients of the national side: one file (or folder) a system, its wire types only there.
pub mod payment_platform;
