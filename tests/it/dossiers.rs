//! Dossiers over HTTP, on a real PostgreSQL with all procedures and agencies.
mod acting;
mod astray;
mod bounds;
mod budget;
mod charged;
mod clocks;
mod counter;
mod lifecycles;
mod once;
pub mod play;
mod privacy;
mod racing;
mod reading;
mod requiring;
mod rework;
mod submitting;
mod traces;
mod uploading;
