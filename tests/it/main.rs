//! Integration tests, one binary; the folders mirror `src`.
mod db;
mod files;
mod jobs;
mod support;
