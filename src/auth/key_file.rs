//! A private key in a file of its own, made at the first start.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use uuid::Uuid;

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
    match put(path, &pem) {
        Ok(()) => Ok(pem),
        // Another process was faster: its key counts.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(fs::read_to_string(path)?),
        Err(error) => Err(error.into()),
    }
}

/// Writes a file that is not there: it appears whole or not at all, so that whoever reads it at
/// the same time, or after this process was killed, never finds half of a key.
fn put(path: &Path, text: &str) -> std::io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}", Uuid::now_v7()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    let linked = file
        .write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        // Unlike a renaming, a link does not take the place of what is there.
        .and_then(|()| fs::hard_link(&beside, path));
    fs::remove_file(&beside)?;
    linked?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
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

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    // Mutant: write the file in its place.
    #[test]
    fn who_starts_at_the_same_moment_finds_the_same_key_and_a_whole_one() {
        let folder = std::env::temp_dir().join(format!("motcua-key-{}", Uuid::now_v7()));
        for round in 0..50 {
            let path = folder.join(format!("{round}.pem"));
            let starts: Vec<_> = (0..8)
                .map(|_| {
                    let path = path.clone();
                    thread::spawn(move || read_or_create(&path).unwrap_or_default())
                })
                .collect();
            let keys: Vec<String> =
                starts.into_iter().map(|start| start.join().unwrap_or_default()).collect();
            assert!(der_of(&keys[0]).and_then(|der| pair_of(&der)).is_ok(), "{keys:?}");
            assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
        }
        let left = fs::read_dir(&folder).map_or(0, Iterator::count);
        assert_eq!(left, 50, "nothing lies beside the keys");
        fs::remove_dir_all(&folder).ok();
    }
}
