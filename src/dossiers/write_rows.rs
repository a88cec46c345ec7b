//! Writing dossiers and events: one statement for many rows, each column an array.

use diesel::prelude::*;
use diesel::sql_types::{Array, Integer, Jsonb, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::row::{DossierRow, EventRow, StateColumns};
use crate::db::{Tx, prepared};
use crate::error::Result;

/// One value of each row.
fn column<'r, Row, Value>(rows: &'r [Row], of: impl Fn(&'r Row) -> Value) -> Vec<Value> {
    rows.iter().map(of).collect()
}

/// Steps as one text, since an array of arrays loses where each ends. No step has a space.
fn joined(steps: &[String]) -> String {
    steps.join(" ")
}

/// Appends events to the history.
pub fn insert_events(tx: &mut Tx, rows: &[EventRow]) -> Result<()> {
    prepared(include_str!("sql/insert_events.sql"))
        .bind::<Array<SqlUuid>, _>(column(rows, |r| r.dossier_id))
        .bind::<Array<Integer>, _>(column(rows, |r| r.seq))
        .bind::<Array<Timestamptz>, _>(column(rows, |r| r.at))
        .bind::<Array<Text>, _>(column(rows, |r| &r.actor))
        .bind::<Array<Text>, _>(column(rows, |r| &r.actor_name))
        .bind::<Array<Nullable<Text>>, _>(column(rows, |r| r.on_behalf_of.as_ref()))
        .bind::<Array<Text>, _>(column(rows, |r| &r.action))
        .bind::<Array<Text>, _>(column(rows, |r| joined(&r.from_steps)))
        .bind::<Array<Text>, _>(column(rows, |r| joined(&r.to_steps)))
        .bind::<Array<SmallInt>, _>(column(rows, |r| r.status))
        .bind::<Array<Text>, _>(column(rows, |r| &r.note))
        .bind::<Array<Jsonb>, _>(column(rows, |r| &r.detail))
        .bind::<Array<Jsonb>, _>(column(rows, |r| &r.changes))
        .execute(tx.conn)?;
    Ok(())
}

/// Writes new dossiers.
pub fn insert_dossiers(tx: &mut Tx, rows: &[DossierRow]) -> Result<()> {
    prepared(include_str!("sql/insert_dossiers.sql"))
        .bind::<Array<SqlUuid>, _>(column(rows, |r| r.id))
        .bind::<Array<Text>, _>(column(rows, |r| &r.code))
        .bind::<Array<Text>, _>(column(rows, |r| &r.tracking_secret))
        .bind::<Array<SqlUuid>, _>(column(rows, |r| r.version_id))
        .bind::<Array<Text>, _>(column(rows, |r| &r.procedure_code))
        .bind::<Array<Text>, _>(column(rows, |r| &r.case_code))
        .bind::<Array<Text>, _>(column(rows, |r| &r.channel))
        .bind::<Array<Jsonb>, _>(column(rows, |r| &r.applicant))
        .bind::<Array<Nullable<SqlUuid>>, _>(column(rows, |r| r.applicant_person_id))
        .bind::<Array<Nullable<SqlUuid>>, _>(column(rows, |r| r.applicant_org_id))
        .bind::<Array<Text>, _>(column(rows, |r| &r.filed_by))
        .bind::<Array<Text>, _>(column(rows, |r| &r.return_by))
        .bind::<Array<Jsonb>, _>(column(rows, |r| &r.answers))
        .bind::<Array<SqlUuid>, _>(column(rows, |r| r.receiving_unit_id))
        .bind::<Array<Timestamptz>, _>(column(rows, |r| r.submitted_at))
        .bind::<Array<Jsonb>, _>(column(rows, |r| &r.receipt))
        .bind::<Array<Integer>, _>(column(rows, |r| r.seq))
        .bind::<Array<Text>, _>(column(rows, |r| joined(&r.marking)))
        .bind::<Array<SmallInt>, _>(column(rows, |r| r.status))
        .bind::<Array<SqlUuid>, _>(column(rows, |r| r.handling_unit_id))
        .bind::<Array<Nullable<SqlUuid>>, _>(column(rows, |r| r.holder_unit_id))
        .bind::<Array<Nullable<Text>>, _>(column(rows, |r| r.holder_role.as_ref()))
        .bind::<Array<Nullable<SqlUuid>>, _>(column(rows, |r| r.assignee_id))
        .bind::<Array<Nullable<Timestamptz>>, _>(column(rows, |r| r.clock_started_at))
        .bind::<Array<Timestamptz>, _>(column(rows, |r| r.due_at))
        .bind::<Array<Nullable<Timestamptz>>, _>(column(rows, |r| r.paused_since))
        .bind::<Array<Nullable<Timestamptz>>, _>(column(rows, |r| r.late_at))
        .bind::<Array<Nullable<Timestamptz>>, _>(column(rows, |r| r.closed_at))
        .bind::<Array<Jsonb>, _>(column(rows, |r| &r.progress))
        .execute(tx.conn)?;
    Ok(())
}

/// Writes the state of a dossier after an event.
pub fn update_state(tx: &mut Tx, id: Uuid, state: &StateColumns) -> Result<()> {
    prepared(include_str!("sql/update_state.sql"))
        .bind::<Integer, _>(state.seq)
        .bind::<Jsonb, _>(&state.answers)
        .bind::<Array<Text>, _>(&state.marking)
        .bind::<SmallInt, _>(state.status)
        .bind::<SqlUuid, _>(state.handling_unit_id)
        .bind::<Nullable<SqlUuid>, _>(state.holder_unit_id)
        .bind::<Nullable<Text>, _>(state.holder_role.as_ref())
        .bind::<Nullable<SqlUuid>, _>(state.assignee_id)
        .bind::<Nullable<Timestamptz>, _>(state.clock_started_at)
        .bind::<Timestamptz, _>(state.due_at)
        .bind::<Nullable<Timestamptz>, _>(state.paused_since)
        .bind::<Nullable<Timestamptz>, _>(state.late_at)
        .bind::<Nullable<Timestamptz>, _>(state.closed_at)
        .bind::<Jsonb, _>(&state.progress)
        .bind::<SqlUuid, _>(id)
        .execute(tx.conn)?;
    Ok(())
}
