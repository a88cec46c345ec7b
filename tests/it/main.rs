//! Integration tests.
mod data;
mod workflows;
