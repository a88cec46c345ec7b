//! Integration tests, one binary; the folders mirror `src`.
mod db;
mod deploy;
mod payments;
mod support;
