//! Integration tests, one binary; the folders mirror `src`.
mod agencies;
mod auth;
mod catalogue;
mod cli;
mod crash;
mod data;
mod db;
mod demo;
mod deploy;
mod files;
mod jobs;
mod national;
mod payments;
mod people;
mod procedures;
mod support;
mod workflows;
