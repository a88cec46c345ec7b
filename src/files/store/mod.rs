//! Where the bytes lie: a directory, or a bucket of an S3-compatible server.
//!
//! What comes in waits in a file of this machine until it is whole and was looked into; then it
//! becomes an object. So what is refused never reaches the store, a slow sender holds neither
//! memory nor a half-sent object at the server, and the key of an object can tell its content:
//! `ab/cd/<SHA-256>-<identifier>`.
//!
//! The key tells the content, and yet every upload has an object of its own. Equal uploads do
//! not share one: nobody then has to count who still needs it, a deletion races with no upload
//! of the same bytes, one person's file never goes with another's, and whether somebody else
//! has a paper cannot be told from how fast it is taken. Papers are scanned anew each time, so
//! hardly any two are equal.

mod s3;
mod waiting;

use std::fmt;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow};
use futures_util::TryStreamExt;
use object_store::client::HttpError;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{GetOptions, GetRange, GetResult, ObjectStore, ObjectStoreExt};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::{FILE_UNAVAILABLE, STORE_UNAVAILABLE};
use crate::config::{Config, StoreKind};
use crate::error::{Error, Result};

pub(super) use waiting::{Sealed, Writer};

/// The folder in which a directory store has what is not whole yet. What a crash leaves there
/// is listed like any object, and swept like one.
const WAITING: &str = "new";
/// Objects that are sent to a bucket at the same time: each needs the memory of a part.
const SENDING: usize = 4;

/// The object store.
#[derive(Debug, Clone)]
pub struct Store {
    pub(super) objects: Arc<dyn ObjectStore>,
    /// Where files wait until they are whole.
    waiting: PathBuf,
    place: Place,
    /// As an operator knows it.
    name: String,
}

#[derive(Debug, Clone)]
enum Place {
    /// Files and their directories are synced before a write is said to be done.
    Directory,
    /// A bucket, with turns for those who send.
    Bucket(Arc<Semaphore>),
}

/// Why a store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The settings are wrong, and stay so.
    #[error("{0} refuses us; look at [files] and [s3] of the settings: {1}")]
    Refused(String, String),
    /// It cannot be reached, or is ill: it may come back.
    #[error("{0} cannot be reached: {1}")]
    Away(String, String),
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Store {
    /// The store of the configuration.
    pub fn open(config: &Config) -> anyhow::Result<Self> {
        match config.files.store {
            StoreKind::Local => Self::local(&config.files_root()),
            StoreKind::S3 => {
                let waiting = config.data_dir.join("uploads");
                make(&waiting)?;
                let place = Place::Bucket(Arc::new(Semaphore::new(SENDING)));
                let objects = s3::open(&config.s3)?;
                let name = format!("the bucket {} at {}", config.s3.bucket, config.s3.place());
                Ok(Self { objects, waiting, place, name })
            }
        }
    }

    /// A directory, made when it is missing, that only this user can enter.
    pub fn local(root: &Path) -> anyhow::Result<Self> {
        make(root)?;
        let waiting = root.join(WAITING);
        make(&waiting)?;
        let objects = LocalFileSystem::new_with_prefix(root).with_context(|| root.display().to_string())?;
        let (objects, name) =
            (Arc::new(objects.with_fsync(true)), format!("the directory {}", root.display()));
        Ok(Self { objects, waiting, place: Place::Directory, name })
    }

    /// Does everything once that a portal does: writes, reads, lists and deletes.
    pub async fn try_out(&self) -> std::result::Result<(), Trouble> {
        let key = Key::from(format!("{WAITING}/{}", Uuid::now_v7().simple()));
        let tried = async {
            self.objects.put(&key, "motcua".into()).await?;
            self.objects.get_opts(&key, GetOptions::default()).await?.bytes().await?;
            self.objects.list(None).try_next().await?;
            self.objects.delete(&key).await
        };
        tried.await.map_err(|error| self.trouble(&error))
    }

    /// Opens an object, or a part of it.
    pub(super) async fn get(&self, key: &str, range: Option<GetRange>) -> Result<GetResult> {
        let options = GetOptions { range, ..GetOptions::default() };
        self.objects.get_opts(&Key::from(key), options).await.map_err(|error| {
            tracing::error!(key, %error, "a stored file cannot be read");
            FILE_UNAVAILABLE.err()
        })
    }

    pub(super) fn trouble(&self, error: &object_store::Error) -> Trouble {
        let (name, said) = (self.name.clone(), s3::words(error));
        let mut causes = std::iter::successors(Some(error as &dyn std::error::Error), |cause| cause.source());
        // The library keeps the status of an answer to itself, but for its text.
        if causes.any(|cause| cause.is::<HttpError>()) || said.contains("status code: 5") {
            Trouble::Away(name, said)
        } else {
            Trouble::Refused(name, said)
        }
    }

    pub(super) async fn delete(&self, key: &Key) -> Result<()> {
        match self.objects.delete(key).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(unavailable(anyhow!(error))),
        }
    }
}

/// Is this the key of an object that motcua wrote? Whatever else lies in a bucket is not ours
/// to remove.
pub(super) fn is_ours(key: &Key) -> bool {
    let hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase());
    let parts: Vec<&str> = key.as_ref().split('/').collect();
    match parts.as_slice() {
        [WAITING, name] => name.len() == 32 && hex(name),
        [first, second, name] => {
            let (content, id) = name.split_once('-').unwrap_or(("", name));
            let fan = [first, second].iter().all(|part| part.len() == 2 && hex(part));
            fan && id.len() == 32 && hex(id) && matches!(content.len(), 0 | 64) && hex(content)
        }
        _ => false,
    }
}

fn make(folder: &Path) -> anyhow::Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.with_context(|| format!("cannot use {} for uploaded files", folder.display()))
}

/// A store that does not answer, or a full disk: nothing is wrong with the request.
fn unavailable(error: impl Into<anyhow::Error>) -> Error {
    let error = error.into();
    tracing::error!(error = format!("{error:#}"), "the store of files failed");
    STORE_UNAVAILABLE.err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_we_wrote_is_ours() {
        let (id, sum) = ("0".repeat(32), "a".repeat(64));
        for ours in [format!("new/{id}"), format!("ab/12/{id}"), format!("aa/aa/{sum}-{id}")] {
            assert!(is_ours(&Key::from(ours.as_str())), "{ours}");
        }
        let others = [
            "readme.txt".to_owned(),
            format!("backup/{id}"),
            format!("ab/12/{sum}"),
            format!("ab/12/{id}-{id}"),
            format!("ab/12/x/{id}"),
            format!("AB/12/{id}"),
        ];
        for other in others {
            assert!(!is_ours(&Key::from(other.as_str())), "{other}");
        }
    }
}
