//! PURE: working time, deadlines, pauses, and the explanation of a due time.
mod term;

pub use term::{Term, TermUnit};
