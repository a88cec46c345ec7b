//! Uploaded files.

use serde::{Deserialize, Serialize};

/// Uploaded files.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Files {
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
}

/// What is done with a file that does something when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileRule {
    Refuse,
    /// The file is taken, and its row says what was found.
    Flag,
}
