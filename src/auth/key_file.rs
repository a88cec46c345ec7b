//! A private key in a file of its own, made at the first start.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The key's text; a missing key is made, readable by its owner only.
pub fn read_or_create(path: &Path) -> Result<String> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        found => return Ok(found?),
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let pem = new_pem()?;
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(file) => write_durably(file, &pem).map(|()| pem),
        // Another process was faster: its key counts.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(fs::read_to_string(path)?),
        Err(error) => Err(error.into()),
    }
}

fn write_durably(mut file: File, text: &str) -> Result<()> {
    file.write_all(text.as_bytes())?;
    Ok(file.sync_all()?)
}

/// A new Ed25519 key as PEM (PKCS#8, RFC 8410).
pub fn new_pem() -> Result<String> {
    let pair = Ed25519KeyPair::generate().map_err(|_| anyhow!("no randomness for a key"))?;
    let der = pair.to_pkcs8v1().map_err(|_| anyhow!("the new key cannot be written"))?;
    let body = STANDARD.encode(der.as_ref());
    Ok(format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"))
}

/// The bytes inside a PEM text.
pub fn der_of(pem: &str) -> Result<Vec<u8>> {
    let body: String = pem.lines().map(str::trim).filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(body).context("the key is not a PEM text")
}

/// The key of a PEM text.
pub fn pair_of(der: &[u8]) -> Result<Ed25519KeyPair> {
    Ed25519KeyPair::from_pkcs8(der).map_err(|reason| anyhow!("not an Ed25519 private key: {reason}"))
}
