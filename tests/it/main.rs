//! Integration tests, one binary; the folders mirror `src`.
mod db;
mod deploy;
mod national;
mod payments;
mod support;
