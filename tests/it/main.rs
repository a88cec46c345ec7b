//! Integration tests, one binary; the folders mirror `src`.
mod agencies;
mod auth;
mod db;
mod people;
mod support;
