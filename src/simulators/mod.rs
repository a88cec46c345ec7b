//! The national side itself, for demo and tests: real HTTP services with a fault dial.
pub mod payment_platform;
