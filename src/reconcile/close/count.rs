//! What a close counts. The lines and the movements of a day are read from the ledger alone, so
//! that they can be read again, to the đồng, as long as the ledger stands.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Date as SqlDate, Nullable, Text, Uuid as SqlUuid};
use jiff::civil::Date;
use uuid::Uuid;

use super::figures::{CloseLine, CloseUnmatched, Sums};
use crate::db::{date_to_sql, prepared};
use crate::error::Result;
use crate::payments::gateway::with_settlement_files;

/// What a close is about: the dossiers that a unit received, or (`None`) the whole book.
pub type Scope = Option<Uuid>;

/// The transfers of a day by kind, cause, gateway and channel.
pub fn lines(conn: &mut PgConnection, scope: Scope, day: Date) -> Result<Vec<CloseLine>> {
    let mut lines: Vec<CloseLine> = prepared(include_str!("../sql/close_lines.sql"))
        .bind::<SqlDate, _>(date_to_sql(day))
        .bind::<Nullable<SqlUuid>, _>(scope)
        .load(conn)?;
    lines.sort();
    Ok(lines)
}

#[derive(QueryableByName)]
struct SumRow {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    owner: String,
    #[diesel(sql_type = BigInt)]
    amount: i64,
}

/// What moved on the accounts from a day (or from the beginning) to another, both included.
pub fn moved(conn: &mut PgConnection, scope: Scope, from: Option<Date>, to: Date) -> Result<Sums> {
    let rows: Vec<SumRow> = prepared(include_str!("../sql/close_sums.sql"))
        .bind::<Nullable<SqlDate>, _>(from.map(date_to_sql))
        .bind::<SqlDate, _>(date_to_sql(to))
        .bind::<Nullable<SqlUuid>, _>(scope)
        .load(conn)?;
    Ok(rows.into_iter().map(|row| ((row.kind, row.owner), row.amount)).collect())
}

/// What does not agree now, of this day or earlier.
pub fn unmatched(conn: &mut PgConnection, scope: Scope, day: Date) -> Result<Vec<CloseUnmatched>> {
    Ok(prepared(
        "SELECT id, kind, gateway, day, theirs, ours FROM unmatched
          WHERE ended_at IS NULL AND day <= ? AND coalesce(unit_id = ?::uuid, ?::uuid IS NULL)
          ORDER BY id",
    )
    .bind::<SqlDate, _>(date_to_sql(day))
    .bind::<Nullable<SqlUuid>, _>(scope)
    .bind::<Nullable<SqlUuid>, _>(scope)
    .load(conn)?)
}

#[derive(QueryableByName)]
struct NameRow {
    #[diesel(sql_type = Text)]
    name: String,
}

/// The gateways that were in use by then and whose settlement file of the day was not compared.
pub fn missing_files(conn: &mut PgConnection, day: Date) -> Result<Vec<String>> {
    let rows: Vec<NameRow> = prepared(
        "SELECT g.name FROM unnest(?) AS g (name) CROSS JOIN (SELECT ?::date AS day) AS asked
          WHERE EXISTS (SELECT FROM payment_attempt a
                         WHERE a.gateway = g.name
                           AND a.opened_at < (asked.day + 1)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh')
            AND NOT EXISTS (SELECT FROM settlement_file f
                             WHERE f.gateway = g.name AND f.day = asked.day AND f.compared_at IS NOT NULL)
          ORDER BY 1",
    )
    .bind::<Array<Text>, _>(with_settlement_files().collect::<Vec<_>>())
    .bind::<SqlDate, _>(date_to_sql(day))
    .load(conn)?;
    Ok(rows.into_iter().map(|row| row.name).collect())
}
