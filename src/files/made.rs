//! Files that motcua itself made: forms and results. They take the way of every other file, so
//! that the store, its sweep and its checks know them; they belong to what names them.

use std::convert::Infallible;

use bytes::Bytes;
use diesel::prelude::*;
use futures_util::stream;
use uuid::Uuid;

use super::{FileRow, Files, Received};
use crate::db::schema::file;
use crate::db::{Tx, to_sql};
use crate::error::Result;

/// A document of motcua's own that lies in the store and that no row names yet.
#[derive(Debug, Clone)]
pub struct Made(Received);

impl Files {
    /// Keeps the bytes, durably. Like any other file they are looked into.
    pub async fn keep_made(&self, bytes: Vec<u8>, name: &str) -> Result<Made> {
        let whole = stream::iter([Ok::<_, Infallible>(Bytes::from(bytes))]);
        self.receive(whole, name).await.map(Made)
    }
}

/// Writes the row of a file that belongs to no draft and no dossier: whoever has its identifier
/// in a row of its own says who sees it.
pub fn record_made(tx: &mut Tx, made: &Made) -> Result<FileRow> {
    let received = &made.0;
    Ok(diesel::insert_into(file::table)
        .values((
            file::id.eq(Uuid::now_v7()),
            file::component.eq(""),
            file::purpose.eq("form"),
            file::name.eq(&received.name),
            file::media_type.eq(received.media_type),
            file::size.eq(i64::try_from(received.size).map_err(anyhow::Error::from)?),
            file::sha256.eq(&received.sha256),
            file::storage_key.eq(&received.key),
            file::uploaded_by.eq(tx.actor.key()),
            file::uploaded_at.eq(to_sql(tx.now)),
            file::findings.eq(Vec::<String>::new()),
            file::scan.eq(received.scan.word()),
        ))
        .returning(FileRow::as_returning())
        .get_result(tx.conn)?)
}

/// A document that motcua made and somebody signed becomes the result of a dossier.
pub fn give_to_dossier(tx: &mut Tx, id: Uuid, dossier: Uuid) -> Result<()> {
    diesel::update(file::table.find(id).filter(file::dossier_id.is_null()))
        .set((file::dossier_id.eq(dossier), file::purpose.eq("result")))
        .execute(tx.conn)?;
    Ok(())
}
