//! Integration tests, one binary; the folders mirror `src`.
mod catalogue;
mod cli;
mod data;
mod db;
mod deploy;
mod dossiers;
mod files;
mod jobs;
mod national;
mod payments;
mod procedures;
mod support;
mod workflows;
