//! A file on its way: it waits on this machine's disk until it is whole and was looked into,
//! then it becomes an object.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use bytes::Bytes;
use object_store::path::Path as Key;
use object_store::{MultipartUpload, ObjectStoreExt};
use sha2::{Digest, Sha256};
use tokio::fs::OpenOptions;
use tokio::io::{AsyncWriteExt, BufWriter};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::{Place, Store, WAITING, unavailable};
use crate::error::Result;

/// Bytes that are gathered before they go to the disk.
const BUFFER: usize = 256 * 1024;
/// Bytes that a bucket is sent at once; an object of no more is sent whole. S3 wants 5 MiB at
/// least and takes 10,000 parts.
const PART: u64 = 8 * 1024 * 1024;
/// How long is waited for a turn to send.
const TURN: Duration = Duration::from_secs(60);

/// A file that is being written. Dropped without [`Sealed::keep`], it leaves nothing.
pub(in super::super) struct Writer {
    store: Store,
    name: Name,
    file: BufWriter<tokio::fs::File>,
    hash: Sha256,
    size: u64,
}

impl Store {
    /// Begins a new object.
    pub(in super::super) async fn begin(&self) -> Result<Writer> {
        let id = Uuid::now_v7().simple().to_string();
        let mut name = Name { path: Some(self.waiting.join(&id)), id };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true).mode(0o600);
        let file = options.open(name.path.as_deref().unwrap_or(&self.waiting)).await.map_err(unavailable)?;
        if matches!(self.place, Place::Bucket(_)) {
            // It needs no name: the system forgets it with its last reader.
            name.forget();
        }
        let file = BufWriter::with_capacity(BUFFER, file);
        Ok(Writer { store: self.clone(), name, file, hash: Sha256::new(), size: 0 })
    }
}

impl Writer {
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.hash.update(bytes);
        self.size += bytes.len() as u64;
        self.file.write_all(bytes).await.map_err(unavailable)
    }

    /// All is there; it can be looked into, and nobody can read it yet.
    pub async fn seal(self) -> Result<Sealed> {
        let Self { store, name, mut file, hash, size } = self;
        file.flush().await.map_err(unavailable)?;
        let file = Arc::new(file.into_inner().into_std().await);
        Ok(Sealed { store, name, file, size, sha256: hex::encode(hash.finalize()) })
    }
}

/// A whole file that is no object yet.
pub(in super::super) struct Sealed {
    store: Store,
    name: Name,
    file: Arc<File>,
    /// Bytes.
    pub size: u64,
    /// SHA-256, hex.
    pub sha256: String,
}

impl Sealed {
    /// Its bytes from a place on, at most so many.
    pub async fn bytes(&self, from: u64, count: u64) -> Result<Bytes> {
        self.read(from, count).await.map_err(unavailable)
    }

    async fn read(&self, from: u64, count: u64) -> io::Result<Bytes> {
        let count = usize::try_from(count.min(self.size.saturating_sub(from))).unwrap_or(usize::MAX);
        let file = self.file.clone();
        let read = move || {
            let mut bytes = vec![0; count];
            file.read_exact_at(&mut bytes, from)?;
            Ok(Bytes::from(bytes))
        };
        tokio::task::spawn_blocking(read).await?
    }

    /// Makes it an object, durable and readable; gives its key. It is done to its end, also
    /// when whoever waits for it goes away.
    pub async fn keep(self) -> Result<String> {
        let kept = tokio::spawn(async move {
            let (fan, sum) = (&self.sha256[..4], &self.sha256);
            let key = format!("{}/{}/{sum}-{}", &fan[..2], &fan[2..], self.name.id);
            self.become_object(&Key::from(key.as_str())).await.map(|()| key)
        });
        kept.await.map_err(anyhow::Error::from)?.map_err(unavailable)
    }

    async fn become_object(mut self, key: &Key) -> anyhow::Result<()> {
        let turns = match &self.store.place {
            Place::Bucket(turns) => turns.clone(),
            Place::Directory => {
                let file = self.file.clone();
                tokio::task::spawn_blocking(move || file.sync_all()).await??;
                let waits = Key::from(format!("{WAITING}/{}", self.name.id));
                self.store.objects.rename(&waits, key).await?;
                self.name.path = None;
                return Ok(());
            }
        };
        self.send(key, &turns).await
    }

    async fn send(&self, key: &Key, turns: &Semaphore) -> anyhow::Result<()> {
        let turn = tokio::time::timeout(TURN, turns.acquire()).await;
        let _turn = turn.map_err(|_| anyhow!("too many wait to be sent to the bucket"))??;
        if self.size <= PART {
            let bytes = self.read(0, PART).await?;
            self.store.objects.put(key, bytes.into()).await?;
            return Ok(());
        }
        let mut upload = self.store.objects.put_multipart(key).await?;
        let sent = self.send_parts(upload.as_mut()).await;
        if sent.is_err()
            && let Err(error) = upload.abort().await
        {
            tracing::warn!(%key, %error, "the parts of an object stay until the bucket forgets them");
        }
        sent
    }

    async fn send_parts(&self, upload: &mut dyn MultipartUpload) -> anyhow::Result<()> {
        let mut at = 0;
        while at < self.size {
            let bytes = self.read(at, PART).await?;
            at += bytes.len() as u64;
            upload.put_part(bytes.into()).await?;
        }
        upload.complete().await?;
        Ok(())
    }
}

/// The name under which a file waits; it goes with this value.
struct Name {
    id: String,
    path: Option<PathBuf>,
}

impl Name {
    fn forget(&mut self) {
        if let Some(path) = self.path.take()
            && let Err(error) = std::fs::remove_file(&path)
        {
            tracing::warn!(path = %path.display(), %error, "what was refused stays until the sweep");
        }
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        self.forget();
    }
}
