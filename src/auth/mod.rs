//! Who somebody is: sessions, tokens, actors.

pub mod actor;

pub use actor::{Actor, CitizenActor, MachineActor, Mandate, Position, StaffActor, Who};
