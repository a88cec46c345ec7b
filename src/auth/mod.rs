//! Who somebody is: sessions, tokens, actors.

pub mod actor;
mod extract;

pub use actor::{Actor, CitizenActor, MachineActor, Mandate, Position, StaffActor, Who};
