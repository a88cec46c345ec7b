//! The anchors of this portal and what is known about revocation, from a folder.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::verdict::{Anchors, Certificate, Evidence};
use crate::config::Trust;

/// Bytes of one file: lists of revocation of large authorities have some megabytes.
const FILE: u64 = 32 << 20;

/// Reads the folder of the configuration; nothing is configured = nothing is believed. A file
/// that cannot be read is an error: a missing anchor would make good signers unknown in silence.
pub fn load(trust: &Trust) -> Result<(Anchors, Evidence)> {
    let (mut anchors, mut evidence) = (Anchors::default(), Evidence::default());
    if trust.folder.is_empty() {
        return Ok((anchors, evidence));
    }
    let folder = Path::new(&trust.folder);
    let context = || format!("trust.folder: cannot read {}", folder.display());
    for entry in fs::read_dir(folder).with_context(context)? {
        let path = entry.with_context(context)?.path();
        let context = || format!("trust.folder: cannot use {}", path.display());
        let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        if !["pem", "crt", "cer", "crl"].contains(&extension.as_str()) {
            continue;
        }
        let size = fs::metadata(&path).with_context(context)?.len();
        anyhow::ensure!(size <= FILE, "{}: larger than {FILE} bytes", context());
        if extension == "crl" {
            evidence.crls.push(fs::read(&path).with_context(context)?);
        } else {
            let text = fs::read_to_string(&path).with_context(context)?;
            anchors.0.extend(Certificate::of_pem(&text).with_context(context)?);
        }
    }
    Ok((anchors, evidence))
}
