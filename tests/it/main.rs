//! Integration tests, one binary; the folders mirror `src`.
mod catalogue;
mod cli;
mod data;
mod db;
mod deploy;
mod files;
mod http;
mod jobs;
mod matrix;
mod national;
mod openapi_judge;
mod payments;
mod procedures;
mod support;
mod workflows;
