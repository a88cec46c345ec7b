//! Integration tests.
mod data;
mod procedures;
mod workflows;
