//! Integration tests, one binary; the folders mirror `src`.
mod catalogue;
mod cli;
mod data;
mod db;
mod deploy;
mod files;
mod jobs;
mod payments;
mod support;
mod procedures;
mod workflows;
