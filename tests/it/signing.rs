//! Signatures: officials and agencies sign what was ordered, others judge what comes out.
mod faults;
mod judged;
pub mod stage;
mod tray;
