//! motcua ("một cửa", one door): the backend of a public-service portal.
//!
//! The map, one line a module. A module may use those above it in this list
//! (and nothing below): `tests/tidy.rs` checks it.
pub mod app;
pub mod auth;
pub mod calendar;
pub mod cli;
pub mod clock;
pub mod config;
pub mod db;
pub mod error;
pub mod files;
pub mod http;
pub mod jobs;
pub mod workflow;
