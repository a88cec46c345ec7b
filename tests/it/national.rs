//! The national side: its clients, and what the portal tells it.
mod messages;
mod payment_platform;
mod stage;
mod sync;
mod tax;
