//! Where the bytes lie: any object store behind one seam; today a directory.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow};
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{GetOptions, GetRange, GetResult, ObjectStore, ObjectStoreExt, WriteMultipart};
use uuid::Uuid;

use super::FILE_UNAVAILABLE;
use crate::error::{Error, Result};

/// Bytes written at once. A store over the network needs 5 MiB.
const CHUNK: usize = 1024 * 1024;
/// Chunks that may wait to be written; then the sender waits.
const IN_FLIGHT: usize = 2;

/// The object store.
#[derive(Debug, Clone)]
pub struct Store {
    pub(super) objects: Arc<dyn ObjectStore>,
    /// The directory, where the store is one.
    pub(super) root: Option<PathBuf>,
}

impl Store {
    /// A directory, made when it is missing, that only this user can enter. Files and their
    /// directories are synced before a write is said to be done.
    pub fn local(root: &Path) -> anyhow::Result<Self> {
        let context = || format!("cannot use {} for uploaded files", root.display());
        DirBuilder::new().recursive(true).mode(0o700).create(root).with_context(context)?;
        let objects = LocalFileSystem::new_with_prefix(root).with_context(context)?.with_fsync(true);
        Ok(Self { objects: Arc::new(objects), root: Some(root.to_owned()) })
    }

    /// Begins a new object. Its key is used once: deleting one file never takes away another's.
    pub(super) async fn begin(&self) -> Result<Writer> {
        let id = Uuid::now_v7().simple().to_string();
        // The last digits of a version 7 identifier are random: 65,536 even shares.
        let (fan, name) = (&id[28..], &id);
        let key = format!("{}/{}/{name}", &fan[..2], &fan[2..]);
        let upload = self.objects.put_multipart(&Key::from(key.as_str())).await.map_err(broken)?;
        Ok(Writer { key, upload: WriteMultipart::new_with_chunk_size(upload, CHUNK) })
    }

    /// Opens an object, or a part of it.
    pub(super) async fn get(&self, key: &str, range: Option<GetRange>) -> Result<GetResult> {
        let options = GetOptions { range, ..GetOptions::default() };
        self.objects.get_opts(&Key::from(key), options).await.map_err(|error| {
            tracing::error!(key, %error, "a stored file cannot be read");
            FILE_UNAVAILABLE.err()
        })
    }

    pub(super) async fn delete(&self, key: &Key) -> Result<()> {
        match self.objects.delete(key).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(broken(error)),
        }
    }
}

/// An object that is being written. Dropped without [`Writer::finish`], it leaves nothing.
pub(super) struct Writer {
    pub key: String,
    upload: WriteMultipart,
}

impl Writer {
    pub async fn write(&mut self, bytes: bytes::Bytes) -> Result<()> {
        self.upload.wait_for_capacity(IN_FLIGHT).await.map_err(broken)?;
        self.upload.put(bytes);
        Ok(())
    }

    /// Makes the object durable and readable under its key.
    pub async fn finish(self) -> Result<String> {
        self.upload.finish().await.map_err(broken)?;
        Ok(self.key)
    }

    pub async fn abort(self) {
        if let Err(error) = self.upload.abort().await {
            tracing::warn!(key = self.key, %error, "what was written of an upload stays until the sweep");
        }
    }
}

fn broken(error: object_store::Error) -> Error {
    Error::Internal(anyhow!(error).context("the store of files"))
}
