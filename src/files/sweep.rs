//! Removing bytes that no row needs: of uploads whose request died before the row was written,
//! and of files that were taken out of their draft.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use anyhow::anyhow;
use diesel::prelude::*;
use futures_util::TryStreamExt;
use jiff::{SignedDuration, Timestamp};
use object_store::path::Path as Key;

use super::Files;
use super::store::is_ours;
use crate::db::schema::{file, upload_part};
use crate::db::{Db, to_sql};
use crate::error::Result;

/// Keys that are looked up at once.
const BATCH: usize = 500;
/// So many orphans at once, and more than half of the store: rather another database than so
/// many uploads that broke off.
const SUSPICIOUS: usize = 100;

impl Files {
    /// Deletes what has lain without a living row for longer than `grace`, and tells how many
    /// that were. Nothing younger is touched: its row may be about to be written. Keys are
    /// never used twice, so what is an orphan after the grace stays one. When most of the store
    /// seems to be orphans, nothing is deleted: the portal was given another database.
    pub async fn sweep_orphans(&self, db: &Db, grace: Duration) -> Result<usize> {
        let oldest = SystemTime::now().checked_sub(grace).unwrap_or(SystemTime::UNIX_EPOCH);
        let limit = Timestamp::try_from(oldest).map_err(anyhow::Error::from)?.as_second();
        let (mut seen, mut orphans) = (0, Vec::new());
        let old = self.store.objects.list(None).map_ok(|object| {
            let is_old = object.last_modified.timestamp() < limit;
            (is_old && is_ours(&object.location)).then_some(object.location)
        });
        let mut batches = old.try_chunks(BATCH);
        while let Some(keys) = batches.try_next().await.map_err(|error| anyhow!(error))? {
            seen += keys.len();
            orphans.extend(self.unneeded(db, keys.into_iter().flatten().collect(), grace).await?);
        }
        if orphans.len() > SUSPICIOUS && orphans.len() * 2 > seen {
            let orphans = orphans.len();
            return Err(anyhow!(
                "{orphans} of {seen} stored files have no row: is it this database's store?"
            )
            .into());
        }
        for key in &orphans {
            self.store.delete(key).await?;
        }
        Ok(orphans.len())
    }

    /// Those of the keys that no row names, or only one that was deleted before the grace.
    async fn unneeded(&self, db: &Db, keys: Vec<Key>, grace: Duration) -> Result<Vec<Key>> {
        let names: Vec<String> = keys.iter().map(Key::to_string).collect();
        let grace = SignedDuration::try_from(grace).map_err(anyhow::Error::from)?;
        let since = db.clock.now().checked_sub(grace).map_err(anyhow::Error::from)?;
        let needed: HashSet<String> = db
            .read(move |conn| {
                let found: Vec<String> = file::table
                    .filter(file::storage_key.eq_any(&names))
                    .filter(file::deleted_at.is_null().or(file::deleted_at.ge(to_sql(since))))
                    .select(file::storage_key)
                    .load(conn)?;
                let parts: Vec<String> = upload_part::table
                    .filter(upload_part::storage_key.eq_any(&names))
                    .select(upload_part::storage_key)
                    .load(conn)?;
                Ok(found.into_iter().chain(parts).collect())
            })
            .await?;
        Ok(keys.into_iter().filter(|key| !needed.contains(key.as_ref())).collect())
    }
}
