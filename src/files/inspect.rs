//! Whether stored bytes are what their row says.

use std::fmt;

use futures_util::TryStreamExt;
use object_store::path::Path as Key;
use object_store::{Error as StoreError, GetOptions, ObjectStore, ObjectStoreExt};
use sha2::{Digest, Sha256};

use super::{Files, Trouble};

/// What a row says of its bytes.
#[derive(Debug, Clone)]
pub struct Expected {
    pub key: String,
    /// Bytes.
    pub size: i64,
    /// SHA-256, hex; `None` = the row does not say.
    pub sha256: Option<String>,
}

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

impl Files {
    /// What is wrong with stored bytes; `deep`: they are read and hashed too, piece by piece. An
    /// error where the store as a whole does not answer, or refuses us.
    pub async fn flaw(&self, expected: &Expected, deep: bool) -> Result<Option<Flaw>, Trouble> {
        let error = match self.sound(expected, deep).await {
            Ok(flaw) => return Ok(flaw),
            Err(StoreError::NotFound { .. }) => return Ok(Some(Flaw::Missing)),
            Err(error) => error,
        };
        let refused =
            matches!(error, StoreError::PermissionDenied { .. } | StoreError::Unauthenticated { .. });
        match self.store.trouble(&error) {
            away @ Trouble::Away(..) => Err(away),
            trouble if refused => Err(trouble),
            Trouble::Refused(_, why) => Ok(Some(Flaw::Unreadable(why))),
        }
    }

    async fn sound(&self, expected: &Expected, deep: bool) -> Result<Option<Flaw>, StoreError> {
        let key = Key::from(expected.key.as_str());
        let found = self.store.objects.head(&key).await?.size;
        if u64::try_from(expected.size) != Ok(found) {
            return Ok(Some(Flaw::Size(found)));
        }
        let Some(sha256) = expected.sha256.as_ref().filter(|_| deep) else { return Ok(None) };
        let mut bytes = self.store.objects.get_opts(&key, GetOptions::default()).await?.into_stream();
        let mut hash = Sha256::new();
        while let Some(chunk) = bytes.try_next().await? {
            hash.update(&chunk);
        }
        Ok((hex::encode(hash.finalize()) != *sha256).then_some(Flaw::Content))
    }
}
