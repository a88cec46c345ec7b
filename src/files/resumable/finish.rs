//! An upload is whole: its parts are received as one file, which is looked at like any other.

use anyhow::anyhow;
use bytes::Bytes;
use diesel::prelude::*;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use uuid::Uuid;

use super::super::{
    FILE_EMPTY, FILE_UNAVAILABLE, FileOut, Files, Received, UPLOAD_INCOMPLETE, UPLOAD_TOO_SLOW,
};
use super::Upload;
use super::begin::forget_parts;
use crate::db::schema::{upload, upload_part};
use crate::db::{Db, Tx};
use crate::error::{Error, NOT_FOUND, Result};

/// What an upload became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made {
    /// This upload has become this file before.
    Before(Uuid),
    /// It is about to: the upload's row is locked.
    Now,
}

impl Files {
    /// Reads the parts of an upload as one, and looks into it.
    pub async fn assemble(&self, db: &Db, upload: &Upload) -> Result<Received> {
        let id = upload.id;
        let keys: Vec<String> = db
            .read(move |conn| {
                let parts = upload_part::table.filter(upload_part::upload_id.eq(id));
                Ok(parts.order(upload_part::start).select(upload_part::storage_key).load(conn)?)
            })
            .await?;
        self.receive(self.joined(keys), &upload.name).await.map_err(not_the_senders_fault)
    }

    fn joined(&self, keys: Vec<String>) -> BoxStream<'static, Result<Bytes>> {
        let store = self.store.clone();
        let parts = stream::iter(keys).then(move |key| {
            let store = store.clone();
            async move {
                let part = store.get(&key, None).await?.into_stream();
                Ok::<_, Error>(part.map_err(|error| Error::from(anyhow!(error))))
            }
        });
        parts.try_flatten().boxed()
    }

    /// Deletes the bytes of parts that no row names any more.
    pub async fn discard(&self, keys: &[String]) -> Result<()> {
        for key in keys {
            self.store.delete(&key.as_str().into()).await?;
        }
        Ok(())
    }
}

/// The bytes came from our store: that they are not there, or came slowly, says nothing about
/// the upload. Another request may be making it a file just now.
fn not_the_senders_fault(error: Error) -> Error {
    let ours = [&UPLOAD_INCOMPLETE, &UPLOAD_TOO_SLOW, &FILE_EMPTY];
    if ours.contains(&error.code()) { FILE_UNAVAILABLE.err() } else { error }
}

/// Locks an upload that is to become a file.
pub fn made(tx: &mut Tx, id: Uuid) -> Result<Made> {
    let file: Option<Option<Uuid>> =
        upload::table.find(id).select(upload::file_id).for_update().first(tx.conn).optional()?;
    Ok(file.ok_or_else(|| NOT_FOUND.err())?.map_or(Made::Now, Made::Before))
}

/// Says which file an upload became; gives the keys of its parts, which nobody needs now.
pub fn become_file(tx: &mut Tx, id: Uuid, out: &FileOut) -> Result<Vec<String>> {
    diesel::update(upload::table.find(id)).set(upload::file_id.eq(out.id)).execute(tx.conn)?;
    forget_parts(tx, id)
}
