//! Integration tests, one binary; the folders mirror `src`.
mod catalogue;
mod cli;
mod data;
mod db;
mod deploy;
mod jobs;
mod payments;
mod procedures;
mod support;
mod workflows;
