//! The lines of a result's history; one for each change of its state.

use diesel::prelude::*;
use diesel::sql_types::{Text, Timestamptz, Uuid as SqlUuid};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::register::ResultState;
use crate::db::schema::result_event;
use crate::db::{Tx, prepared, to_sql};
use crate::error::Result;

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ResultEvent {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub by: String,
    /// The state from then on.
    pub state: ResultState,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// Appends a line. The row of the result is locked, or new.
pub(super) fn append(tx: &mut Tx, id: Uuid, state: ResultState, reason: &str) -> Result<()> {
    prepared(
        "INSERT INTO result_event (result_id, seq, at, actor, actor_name, state, reason)
         SELECT one.id, coalesce(max(e.seq), 0) + 1, ?, ?, ?, ?, ?
           FROM (SELECT ?::uuid AS id) one LEFT JOIN result_event e ON e.result_id = one.id
          GROUP BY one.id",
    )
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .bind::<Text, _>(tx.actor.key())
    .bind::<Text, _>(tx.actor.name())
    .bind::<Text, _>(state.word())
    .bind::<Text, _>(reason)
    .bind::<SqlUuid, _>(id)
    .execute(tx.conn)?;
    Ok(())
}

/// The whole history, oldest first.
pub(super) fn of(conn: &mut PgConnection, id: Uuid) -> Result<Vec<ResultEvent>> {
    let rows: Vec<(jiff_diesel::Timestamp, String, String, String)> = result_event::table
        .filter(result_event::result_id.eq(id))
        .order(result_event::seq)
        .select((result_event::at, result_event::actor_name, result_event::state, result_event::reason))
        .load(conn)?;
    let line = |(at, by, state, reason): (jiff_diesel::Timestamp, String, String, String)| {
        let state = state.parse().map_err(anyhow::Error::from)?;
        Ok(ResultEvent { at: at.to_jiff(), by, state, reason })
    };
    rows.into_iter().map(line).collect()
}
