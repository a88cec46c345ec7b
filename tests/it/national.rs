//! The national side: its clients, and what the portal tells it.
mod messages;
mod payment_platform;
pub mod stage;
mod sync;
mod tax;
