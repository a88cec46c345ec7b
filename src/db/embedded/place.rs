//! Where the private data lie, and the lock that keeps a second motcua out.
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use super::account::Account;

/// Parent of the data of a root-owned checkout that PostgreSQL cannot enter.
const SYSTEM_PARENT: &str = "/var/lib/motcua";

/// The directory that holds `pg/`, `postgres.log` and `lock`.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) home: PathBuf,
    /// Said once, when the data had to go elsewhere.
    pub(super) notice: Option<String>,
}

impl Place {
    /// `data_dir` itself or, when PostgreSQL's account cannot go there, a
    /// directory below `/var/lib/motcua` that `<data_dir>/where` names.
    pub(super) fn resolve(data_dir: &Path, account: &Account) -> Result<Self> {
        std::fs::create_dir_all(data_dir).with_context(|| format!("cannot create {}", data_dir.display()))?;
        let data_dir = data_dir.canonicalize()?;
        let pointer = data_dir.join("where");
        let (home, notice) = match std::fs::read_to_string(&pointer) {
            Ok(named) => (PathBuf::from(named.trim()), None),
            Err(_) if account.can_enter(&data_dir) => (data_dir, None),
            Err(_) => {
                let home = unused(Path::new(SYSTEM_PARENT), &tag(&data_dir));
                let notice = format!(
                    "PostgreSQL's account cannot enter {}; the data go to {}",
                    data_dir.display(),
                    home.display()
                );
                std::fs::create_dir_all(&home)?;
                std::fs::write(&pointer, format!("{}\n", home.display()))?;
                (home, Some(notice))
            }
        };
        std::fs::create_dir_all(&home)?;
        Ok(Self { home, notice })
    }

    /// The data directory of PostgreSQL.
    pub(super) fn data(&self) -> PathBuf {
        self.home.join("pg")
    }

    /// The major version that wrote the data, or nothing when there are none.
    pub(super) fn version(&self) -> Result<Option<u32>> {
        let file = self.data().join("PG_VERSION");
        match std::fs::read_to_string(&file) {
            Ok(text) => Ok(Some(text.trim().parse().context("PG_VERSION is not a number")?)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", file.display())),
        }
    }
}

/// A short name for a directory, stable while its path is.
pub(super) fn tag(directory: &Path) -> String {
    hex::encode(&Sha256::digest(directory.as_os_str().as_encoded_bytes())[..6])
}

/// `parent/name`, or with a number after it while that is taken: whoever
/// removes `.motcua` gets a fresh database, and the old one is never lost.
fn unused(parent: &Path, name: &str) -> PathBuf {
    let numbered = (2..).map(|number| parent.join(format!("{name}-{number}")));
    std::iter::once(parent.join(name))
        .chain(numbered)
        .find(|path| !path.exists())
        .unwrap_or_else(|| parent.join(name))
}

/// Held while motcua runs; the kernel releases it however motcua ends.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes `<home>/lock` and writes our pid and address into it.
    pub(super) fn take(home: &Path, address: &str) -> Result<Self> {
        let path = home.join("lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .with_context(|| format!("cannot open {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                let mut holder = String::new();
                file.read_to_string(&mut holder)?;
                bail!(
                    "another motcua already uses {} ({}); stop it, or choose another data_dir",
                    home.display(),
                    holder.trim()
                );
            }
            Err(std::fs::TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {}", path.display()));
            }
        }
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "pid {}, {address}", std::process::id())?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_lock_names_the_first_holder() -> Result<()> {
        let home = std::env::temp_dir().join(format!("motcua-lock-{}", std::process::id()));
        std::fs::create_dir_all(&home)?;
        let first = Lock::take(&home, "http://127.0.0.1:8080")?;
        let refusal = Lock::take(&home, "http://127.0.0.1:9999").unwrap_err().to_string();
        assert_eq!(refusal.lines().count(), 1);
        assert!(refusal.contains(&format!("pid {}", std::process::id())), "{refusal}");
        assert!(refusal.contains("http://127.0.0.1:8080"), "{refusal}");
        drop(first);
        assert!(Lock::take(&home, "").is_ok());
        std::fs::remove_dir_all(&home)?;
        Ok(())
    }

    #[test]
    fn a_taken_name_is_numbered() -> Result<()> {
        let parent = std::env::temp_dir().join(format!("motcua-place-{}", std::process::id()));
        std::fs::create_dir_all(parent.join("abc"))?;
        assert_eq!(unused(&parent, "abc"), parent.join("abc-2"));
        assert_eq!(unused(&parent, "xyz"), parent.join("xyz"));
        std::fs::remove_dir_all(&parent)?;
        Ok(())
    }
}
