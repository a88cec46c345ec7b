//! A document of the store takes the place of a paper in a filing.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::HELD_CHANGED;
use crate::auth::Actor;
use crate::db::{Tx, prepared, to_sql};
use crate::error::Result;

/// A component of a new dossier that a document takes the place of.
pub struct NewReuse<'a> {
    pub dossier: Uuid,
    /// The receiving unit.
    pub unit: Uuid,
    pub component: &'a str,
    pub document: Uuid,
    /// Who files.
    pub actor: &'a Actor,
    /// Why: the filing.
    pub purpose: String,
}

#[derive(QueryableByName)]
struct Written {
    #[diesel(sql_type = BigInt)]
    reused: i64,
}

/// Writes what a batch of filings reuses, and for each holder that it was: one statement. A
/// document that does not count any more by now fails the batch; alone, it fails its own filing.
pub fn reuse(tx: &mut Tx, all: &[NewReuse]) -> Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    let written: Written = prepared(include_str!("sql/reuse.sql"))
        .bind::<Array<SqlUuid>, _>(all.iter().map(|_| Uuid::now_v7()).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(all.iter().map(|new| new.dossier).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(all.iter().map(|new| new.unit).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(all.iter().map(|new| new.component).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(all.iter().map(|new| new.document).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(all.iter().map(|new| new.actor.key()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(all.iter().map(|new| new.actor.name()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(all.iter().map(|new| new.purpose.as_str()).collect::<Vec<_>>())
        .bind::<Timestamptz, _>(to_sql(tx.now))
        .bind::<Timestamptz, _>(to_sql(tx.now))
        .get_result(tx.conn)?;
    if usize::try_from(written.reused).unwrap_or_default() == all.len() {
        return Ok(());
    }
    Err(HELD_CHANGED.err())
}
