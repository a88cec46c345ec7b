//! Compares a day of a gateway: its newest file that can be read, with our book.
//!
//! A payment of ours that the file of its day has not may stand in the next one (it was made
//! around midnight): each new file therefore looks again at the days on which one is missing,
//! and at those whose file has a line that another day's has too.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date as SqlDate, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use jiff::civil::Date;
use uuid::Uuid;

use super::treasury::match_day;
use super::unmatched::{self, Found};
use crate::db::{Tx, date_to_sql, prepared, to_sql};
use crate::error::Result;
use crate::payments::gateway::settlement::Agreement;

/// What this comparison finds.
const FINDINGS: [&str; 8] = [
    "not_ours",
    "unknown_order",
    "other_amount",
    "duplicate_line",
    "missing_in_file",
    "refund_not_ours",
    "refund_not_confirmed",
    "refund_missing_in_file",
];

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Nullable<Text>)]
    finding: Option<String>,
    #[diesel(sql_type = Text)]
    number: String,
    #[diesel(sql_type = BigInt)]
    theirs: i64,
    #[diesel(sql_type = BigInt)]
    ours: i64,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    unit_id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    proposal: String,
}

/// Compares a day, and the others whose findings hang on its file; gives what our book
/// says of each transaction of the day.
pub(super) fn compare(tx: &mut Tx, gateway: &str, day: Date) -> Result<Vec<(String, Agreement)>> {
    // One comparison of a gateway at a time: each ends what it does not find any more.
    prepared("SELECT id FROM settlement_file WHERE gateway = ? ORDER BY id FOR NO KEY UPDATE")
        .bind::<Text, _>(gateway)
        .execute(tx.conn)?;
    let words = compare_day(tx, gateway, day)?;
    for other in unmatched::days_to_compare_again(tx.conn, gateway, day)? {
        if other != day {
            compare_day(tx, gateway, other)?;
        }
    }
    prepared("UPDATE settlement_file SET compared_at = ? WHERE gateway = ? AND day = ? AND flaw IS NULL")
        .bind::<Timestamptz, _>(to_sql(tx.now))
        .bind::<Text, _>(gateway)
        .bind::<SqlDate, _>(date_to_sql(day))
        .execute(tx.conn)?;
    match_day(tx, gateway, day)?;
    Ok(words)
}

fn compare_day(tx: &mut Tx, gateway: &str, day: Date) -> Result<Vec<(String, Agreement)>> {
    let rows: Vec<Row> = prepared(include_str!("sql/compare.sql"))
        .bind::<Text, _>(gateway)
        .bind::<SqlDate, _>(date_to_sql(day))
        .load(tx.conn)?;
    let words = rows.iter().map(|row| (row.number.clone(), agreement(row.finding.as_deref()))).collect();
    let found: Vec<Found> = rows.into_iter().filter_map(found).collect();
    unmatched::look_again(tx, gateway, day, &FINDINGS, &found)?;
    Ok(words)
}

fn found(row: Row) -> Option<Found> {
    let Row { finding, number, theirs, ours, unit_id, proposal } = row;
    finding.map(|kind| Found { kind, number, theirs, ours, unit_id, proposal })
}

/// What is told the gateway. Money without an order is money that we have.
fn agreement(finding: Option<&str>) -> Agreement {
    match finding {
        Some("not_ours" | "refund_not_ours" | "duplicate_line") => Agreement::OnlyTheirs,
        Some("other_amount") => Agreement::OtherAmount,
        Some("missing_in_file" | "refund_missing_in_file") => Agreement::OnlyOurs,
        _ => Agreement::Same,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finding_but_two_is_a_disagreement() {
        let same = FINDINGS.iter().filter(|finding| agreement(Some(finding)) == Agreement::Same);
        assert_eq!(same.collect::<Vec<_>>(), [&"unknown_order", &"refund_not_confirmed"]);
        assert_eq!(agreement(None), Agreement::Same);
    }
}
