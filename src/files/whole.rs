//! A stored file as bytes, for whoever works on it: signs it, reads it, prints it.

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::{FILE_UNAVAILABLE, FileRow, Files};
use crate::error::Result;

impl Files {
    /// All bytes of a file, when they are those that its row tells of. What the virus scanner has
    /// not found clean is refused, as it is for whoever wants to download it.
    pub async fn whole(&self, row: &FileRow) -> Result<Vec<u8>> {
        self.check_scan(row)?;
        let bytes = self.store.get(&row.storage_key, None).await?.bytes().await;
        let bytes = bytes.map_err(|error| {
            tracing::error!(file = %row.id, %error, "a stored file cannot be read");
            FILE_UNAVAILABLE.err()
        })?;
        if hex::encode(Sha256::digest(&bytes)) != row.sha256 {
            tracing::error!(file = %row.id, key = row.storage_key, "a stored file was changed");
            return Err(FILE_UNAVAILABLE.err());
        }
        Ok(bytes.to_vec())
    }

    /// Gives the bytes of a row to `look`, on a thread of its own and within the room for
    /// looks that go on at the same time. Bytes that are not those of the row are 503.
    pub async fn look_into<T: Send + 'static>(
        &self,
        row: &FileRow,
        look: impl FnOnce(&Bytes) -> T + Send + 'static,
    ) -> Result<T> {
        self.take_apart(row, |_| 0, look).await
    }

    /// The same for a look that makes more of the bytes than they are: it waits until there is
    /// room for the bytes of memory that it `needs` for these.
    pub async fn take_apart<T: Send + 'static>(
        &self,
        row: &FileRow,
        needs: impl FnOnce(&Bytes) -> u64 + Send + 'static,
        look: impl FnOnce(&Bytes) -> T + Send + 'static,
    ) -> Result<T> {
        // What is refused waits for no room.
        self.check_scan(row)?;
        let size = u64::try_from(row.size).map_err(anyhow::Error::from)?;
        let held = self.room.hold(size).await?;
        let bytes = Bytes::from(self.whole(row).await?);
        let first = bytes.clone();
        let need = tokio::task::spawn_blocking(move || needs(&first)).await.map_err(anyhow::Error::from)?;
        let apart = self.room.apart(need).await?;
        let looked = tokio::task::spawn_blocking(move || {
            let _room = (held, apart);
            look(&bytes)
        });
        Ok(looked.await.map_err(anyhow::Error::from)?)
    }
}
