//! Land e-tax: notices, their payment, the release of the dossier, and who sees what.
mod debt;
mod held;
mod inbound;
mod money;
mod random;
mod slips;
pub mod stage;
mod story;
mod together;
