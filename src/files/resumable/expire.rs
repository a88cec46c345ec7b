//! Uploads that nobody went on with are forgotten.

use std::time::Duration;

use diesel::prelude::*;
use uuid::Uuid;

use super::super::Files;
use super::begin::forget_parts;
use crate::auth::Actor;
use crate::db::schema::upload;
use crate::db::{Db, Tx, to_sql};
use crate::error::Result;

/// How often it is looked for them.
pub const EXPIRE_UPLOADS_EVERY: Duration = Duration::from_secs(600);
/// Uploads that one transaction forgets at most.
const ROUND: i64 = 200;

impl Files {
    /// Forgets what has expired, bytes and rows; tells how many uploads that were.
    pub async fn expire_uploads(&self, db: &Db) -> Result<usize> {
        let mut all = 0;
        loop {
            let (count, keys) = db.write(&Actor::system("expire_uploads"), expire).await?;
            self.discard(&keys).await?;
            all += count;
            if (count as i64) < ROUND {
                return Ok(all);
            }
        }
    }
}

fn expire(tx: &mut Tx) -> Result<(usize, Vec<String>)> {
    let ids: Vec<Uuid> = upload::table
        .filter(upload::expires_at.le(to_sql(tx.now)))
        .order(upload::expires_at)
        .limit(ROUND)
        .select(upload::id)
        .for_update()
        .skip_locked()
        .load(tx.conn)?;
    let mut keys = Vec::new();
    for id in &ids {
        keys.extend(forget_parts(tx, *id)?);
    }
    diesel::delete(upload::table.filter(upload::id.eq_any(&ids))).execute(tx.conn)?;
    Ok((ids.len(), keys))
}
