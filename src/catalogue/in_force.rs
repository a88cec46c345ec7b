//! Which version of a procedure lists show, and how it changes when a day comes.
//!
//! Filings never go by it: they ask for the version of their own day. It only saves the
//! lists from looking at every version.

use diesel::prelude::*;
use diesel::sql_types::{Date as SqlDate, Jsonb, Uuid as SqlUuid};
use diesel::upsert::excluded;
use serde_json::Value;
use uuid::Uuid;

use super::definition::ProcedureDef;
use super::{fold, revision};
use crate::auth::Actor;
use crate::clock::day_of;
use crate::db::schema::procedure;
use crate::db::{Db, Tx, date_to_sql, to_sql};
use crate::error::Result;
use crate::workflow::Channel;

/// What lists show of a procedure.
#[derive(Insertable)]
#[diesel(table_name = procedure)]
pub(super) struct Header {
    pub code: String,
    pub name: String,
    pub field_code: String,
    pub field_name: String,
    pub levels: Vec<&'static str>,
    pub decision: String,
    pub online: bool,
    pub folded: String,
    pub folded_name: String,
    pub current_version_id: Option<Uuid>,
    pub updated_at: jiff_diesel::Timestamp,
}

impl Header {
    fn of(definition: &ProcedureDef, version: Option<Uuid>, now: jiff::Timestamp) -> Self {
        let ProcedureDef { code, name, field, .. } = definition;
        Self {
            code: code.clone(),
            name: name.clone(),
            field_code: field.code.clone(),
            field_name: field.name.clone(),
            levels: definition.levels.iter().map(|level| level.word()).collect(),
            decision: definition.decision.clone(),
            online: definition.channels.contains(&Channel::Online),
            folded: fold::haystack(code, name, &field.name),
            folded_name: fold::name(name),
            current_version_id: version,
            updated_at: to_sql(now),
        }
    }
}

/// Makes procedures known that nobody has heard of yet.
pub(super) fn announce<'d>(tx: &mut Tx, definitions: impl Iterator<Item = &'d ProcedureDef>) -> Result<()> {
    let headers: Vec<Header> = definitions.map(|definition| Header::of(definition, None, tx.now)).collect();
    diesel::insert_into(procedure::table).values(headers).on_conflict_do_nothing().execute(tx.conn)?;
    Ok(())
}

#[derive(QueryableByName)]
struct Due {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Jsonb)]
    definition: Value,
}

/// Points every procedure to its version of today. A version that comes into force opens
/// a closed procedure again. Returns how many procedures changed.
pub(super) fn bring_into_force(tx: &mut Tx) -> Result<usize> {
    let due: Vec<Due> = diesel::sql_query(
        "SELECT best.id, best.definition
         FROM (SELECT DISTINCT ON (procedure_code) procedure_code, id, definition
               FROM procedure_version WHERE effective_from <= $1
               ORDER BY procedure_code, effective_from DESC, version DESC) best
         JOIN procedure p ON p.code = best.procedure_code
         WHERE p.current_version_id IS DISTINCT FROM best.id",
    )
    .bind::<SqlDate, _>(date_to_sql(day_of(tx.now)))
    .load(tx.conn)?;
    let mut headers = Vec::with_capacity(due.len());
    for Due { id, definition } in due {
        headers.push(Header::of(&serde_json::from_value(definition)?, Some(id), tx.now));
    }
    let changed = diesel::insert_into(procedure::table)
        .values(headers)
        .on_conflict(procedure::code)
        .do_update()
        .set((
            procedure::name.eq(excluded(procedure::name)),
            procedure::field_code.eq(excluded(procedure::field_code)),
            procedure::field_name.eq(excluded(procedure::field_name)),
            procedure::levels.eq(excluded(procedure::levels)),
            procedure::decision.eq(excluded(procedure::decision)),
            procedure::online.eq(excluded(procedure::online)),
            procedure::folded.eq(excluded(procedure::folded)),
            procedure::folded_name.eq(excluded(procedure::folded_name)),
            procedure::current_version_id.eq(excluded(procedure::current_version_id)),
            procedure::closed_since.eq(excluded(procedure::closed_since)),
            procedure::closed_until.eq(excluded(procedure::closed_until)),
            procedure::closed_reason.eq(excluded(procedure::closed_reason)),
            procedure::updated_at.eq(excluded(procedure::updated_at)),
        ))
        .execute(tx.conn)?;
    Ok(changed)
}

/// For the start of the portal and for every midnight: brings into force what is due.
pub fn turn_of_day(db: &Db) -> Result<usize> {
    db.write_blocking(&Actor::system("catalogue_turn_of_day"), |tx| {
        let changed = bring_into_force(tx)?;
        if changed > 0 {
            revision::advance(tx)?;
        }
        Ok(changed)
    })
}
