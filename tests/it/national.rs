//! The clients of the national side.
mod payment_platform;
