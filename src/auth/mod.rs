//! Who somebody is: sessions, tokens, actors.

pub mod actor;
mod extract;
pub mod session;
pub mod tokens;

pub use actor::{Actor, CitizenActor, MachineActor, Mandate, Position, StaffActor, Who};
pub use extract::LiveSession;
