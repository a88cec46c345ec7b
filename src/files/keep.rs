//! Files that belong to a document of a store, and to no draft or dossier.

use diesel::prelude::*;
use uuid::Uuid;

use super::{Files, Received};
use crate::db::schema::file;
use crate::db::{Tx, to_sql};
use crate::error::Result;

/// Writes the row of a received file; whose it is, the caller's row says.
pub fn keep(tx: &mut Tx, received: &Received) -> Result<Uuid> {
    let id = Uuid::now_v7();
    diesel::insert_into(file::table)
        .values((
            file::id.eq(id),
            file::component.eq(""),
            file::purpose.eq("component"),
            file::name.eq(&received.name),
            file::media_type.eq(received.media_type),
            file::size.eq(i64::try_from(received.size).map_err(anyhow::Error::from)?),
            file::sha256.eq(&received.sha256),
            file::storage_key.eq(&received.key),
            file::uploaded_by.eq(tx.actor.key()),
            file::uploaded_at.eq(to_sql(tx.now)),
            file::findings.eq(received.findings.iter().map(|finding| finding.word()).collect::<Vec<_>>()),
            file::scan.eq(received.scan.word()),
        ))
        .execute(tx.conn)?;
    Ok(id)
}

/// Takes a file out for ever: its row stays, its bytes are to be erased.
pub fn discard(tx: &mut Tx, id: Uuid) -> Result<()> {
    diesel::update(file::table.find(id)).set(file::deleted_at.eq(Some(to_sql(tx.now)))).execute(tx.conn)?;
    Ok(())
}

impl Files {
    /// Takes the bytes under a key away; that they are gone already is well.
    pub async fn erase(&self, key: &str) -> Result<()> {
        self.store.delete(&key.into()).await
    }
}
