//! How components came, digitising them, and the figures of it; the stores of documents: whose
//! they are, who may look, and what they save people.
mod digitising;
mod figures;
mod keeping;
mod kept;
mod papers;
mod reusing;
mod scans;
mod searching;
mod sharing;
pub mod stage;
mod store;
