//! Integration tests.
mod data;
