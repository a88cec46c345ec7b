//! The job that takes the bytes of destroyed documents away. They are gone when its lines say
//! so; a process that ends in between does it again.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::db::schema::{record_destruction, record_destruction_line};
use crate::db::to_sql;
use crate::error::Result;
use crate::jobs::{JobContext, Outcome};

/// Kind of the job.
pub const ERASE: &str = "records.erase";

/// Of which batch.
#[derive(Debug, Serialize, Deserialize)]
pub struct Erase {
    pub batch: Uuid,
}

/// Erases the bytes of an approved batch.
pub async fn run(context: JobContext) -> Result<Outcome> {
    let Erase { batch } = context.job.payload()?;
    let keys = context.db.read(move |conn| {
        let found: Vec<String> = record_destruction_line::table
            .inner_join(
                record_destruction::table.on(record_destruction::id.eq(record_destruction_line::batch_id)),
            )
            .filter(record_destruction_line::batch_id.eq(batch))
            .filter(record_destruction::state.eq("approved"))
            .filter(record_destruction_line::spared.is_null())
            .filter(record_destruction_line::erased_at.is_null())
            .select(record_destruction_line::storage_key.assume_not_null())
            .filter(record_destruction_line::storage_key.is_not_null())
            .load(conn)?;
        Ok(found)
    });
    for key in keys.await? {
        context.app.files.erase(&key).await?;
    }
    context
        .finish_with(move |tx| {
            let mine = record_destruction_line::table
                .filter(record_destruction_line::batch_id.eq(batch))
                .filter(record_destruction_line::spared.is_null())
                .filter(record_destruction_line::erased_at.is_null());
            diesel::update(mine)
                .set(record_destruction_line::erased_at.eq(Some(to_sql(tx.now))))
                .execute(tx.conn)?;
            Ok(())
        })
        .await
}
