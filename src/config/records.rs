//! Settings of the stores of documents.

use serde::{Deserialize, Serialize};

/// Stores of documents.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Records {
    /// The program that recognises characters; empty: pictures have no text.
    pub ocr_program: String,
    pub ocr_languages: String,
    pub ocr_seconds: u32,
}
