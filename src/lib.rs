//! motcua ("một cửa", one door): the backend of a public-service portal.
//!
//! The map, one line a module. Dependencies run one way: the order of the modules
//! is in `tests/tidy.rs`, which checks it.
pub mod agencies;
pub mod app;
pub mod auth;
pub mod authenticity;
pub mod bench;
pub mod bootstrap;
pub mod calendar;
pub mod catalogue;
pub mod cli;
pub mod clock;
pub mod config;
pub mod db;
pub mod demo;
pub mod dossiers;
pub mod error;
pub mod files;
pub mod forms;
pub mod http;
pub mod ids;
pub mod jobs;
pub mod land_tax;
pub mod ledger;
pub mod national;
pub mod notices;
pub mod payments;
pub mod people;
pub mod qr;
pub mod receipts;
pub mod reconcile;
pub mod records;
pub mod reports;
pub mod results;
pub mod signing;
pub mod simulators;
pub mod sync;
pub mod verify;
pub mod worker;
pub mod workflow;
