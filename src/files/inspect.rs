//! Whether the bytes of a file are what its row says.

use std::fmt;

use futures_util::TryStreamExt;
use object_store::path::Path as Key;
use object_store::{GetOptions, ObjectStore, ObjectStoreExt};
use sha2::{Digest, Sha256};

use super::{FileRow, Files};

/// What is wrong with stored bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    Missing,
    /// Bytes that are there.
    Size(u64),
    Content,
    Unreadable(String),
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => write!(f, "its bytes are missing"),
            Self::Size(found) => write!(f, "{found} bytes are stored, its row says otherwise"),
            Self::Content => write!(f, "its bytes have another SHA-256"),
            Self::Unreadable(why) => write!(f, "its bytes cannot be read: {why}"),
        }
    }
}

impl From<object_store::Error> for Flaw {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Self::Missing,
            error => Self::Unreadable(error.to_string()),
        }
    }
}

impl Files {
    /// What is wrong with the bytes of a file; `deep`: they are read and hashed too.
    pub async fn flaw(&self, row: &FileRow, deep: bool) -> Option<Flaw> {
        self.sound(row, deep).await.err()
    }

    async fn sound(&self, row: &FileRow, deep: bool) -> Result<(), Flaw> {
        let key = Key::from(row.storage_key.as_str());
        let found = self.store.objects.head(&key).await?.size;
        if u64::try_from(row.size) != Ok(found) {
            return Err(Flaw::Size(found));
        }
        if !deep {
            return Ok(());
        }
        let mut bytes = self.store.objects.get_opts(&key, GetOptions::default()).await?.into_stream();
        let mut hash = Sha256::new();
        while let Some(chunk) = bytes.try_next().await? {
            hash.update(&chunk);
        }
        if hex::encode(hash.finalize()) == row.sha256 { Ok(()) } else { Err(Flaw::Content) }
    }
}
