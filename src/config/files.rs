//! Uploaded files, and the bucket where they may lie.

use std::path::PathBuf;

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use super::Secret;

/// Uploaded files.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Files {
    pub store: StoreKind,
    /// Empty: below `data_dir`; see [`Config::files_root`](super::Config::files_root).
    pub root: String,
    pub max_bytes: u64,
    pub max_dossier_bytes: u64,
    pub max_files_per_dossier: u32,
    pub allowed_types: Vec<String>,
    /// Pages of a PDF.
    pub max_pages: usize,
    /// Width times height of a picture.
    pub max_pixels: u64,
    /// Bytes of the parts of a package (docx, xlsx) when they are unpacked.
    pub max_unpacked_bytes: u64,
    pub scripts: FileRule,
    pub launches: FileRule,
    pub attachments: FileRule,
    pub external_content: FileRule,
    /// `unix:/path` or `tcp:host:port`; empty: none.
    pub clamav: String,
    pub clamav_seconds: u64,
}

/// Where uploaded files lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StoreKind {
    /// In a directory.
    Local,
    /// In a bucket of an S3-compatible server; see [`S3`].
    S3,
}

/// A bucket of an S3-compatible server.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct S3 {
    /// Empty: that of the region at Amazon.
    pub endpoint: String,
    pub region: String,
    pub bucket: String,
    pub access_key: Secret<String>,
    pub secret_key: Secret<String>,
    /// The bucket stands in the path of an address, not before its host.
    pub path_style: bool,
}

impl S3 {
    /// The server, as an operator knows it.
    pub fn place(&self) -> String {
        if self.endpoint.is_empty() { format!("Amazon's {}", self.region) } else { self.endpoint.clone() }
    }

    /// Refuses what cannot be the settings of a bucket.
    pub(super) fn validate(&self) -> Result<()> {
        let (access, secret) = (self.access_key.expose(), self.secret_key.expose());
        for (key, value) in [
            ("bucket", &self.bucket),
            ("region", &self.region),
            ("access_key", access),
            ("secret_key", secret),
        ] {
            if value.is_empty() {
                bail!("s3.{key} is not set, and files.store is \"s3\"");
            }
        }
        if !self.endpoint.is_empty() && !["http://", "https://"].iter().any(|s| self.endpoint.starts_with(s))
        {
            bail!("s3.endpoint must begin with https:// or http://");
        }
        Ok(())
    }
}

/// What is done with a file that does something when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileRule {
    Refuse,
    /// The file is taken, and its row says what was found.
    Flag,
}

/// Forms and results as documents.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Forms {
    /// Empty: this binary.
    pub program: PathBuf,
}
