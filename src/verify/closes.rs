//! The daily closes: each is computed anew from the ledger, its hash and its chain too.

use std::collections::BTreeMap;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Binary, Bool, Date as SqlDate, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use jiff::civil::Date;
use uuid::Uuid;

use super::{Report, report_lines};
use crate::db::Db;
use crate::error::Result;
use crate::reconcile::close::{Figures, Head, Scope, Sums, balances, closing, lines, moved, sha256};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    agency_id: Uuid,
    #[diesel(sql_type = Text)]
    agency: String,
    #[diesel(sql_type = Bool)]
    whole: bool,
    #[diesel(sql_type = SqlDate)]
    day: jiff_diesel::Date,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    previous_id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    text: String,
    #[diesel(sql_type = Binary)]
    sha256: Vec<u8>,
    #[diesel(sql_type = Timestamptz)]
    closed_at: jiff_diesel::Timestamp,
    #[diesel(sql_type = Text)]
    closed_by: String,
}

/// What is known of the close before.
struct Before {
    id: Uuid,
    day: Date,
    hash: String,
    sums: Sums,
}

pub(super) fn check(db: &Db, report: &mut Report) -> Result<()> {
    let ids: Vec<Row> = db.read_blocking(|conn| {
        Ok(diesel::sql_query(
            "SELECT c.id, c.agency_id, a.code AS agency, a.parent_id IS NULL AND a.level = 'province' AS whole,
                    c.day, c.previous_id, c.text, c.sha256, c.closed_at, c.closed_by
               FROM day_close c JOIN agency a ON a.id = c.agency_id ORDER BY a.code, c.day",
        )
        .load(conn)?)
    })?;
    let mut before: BTreeMap<Uuid, Before> = BTreeMap::new();
    for row in &ids {
        let last = before.remove(&row.agency_id);
        let (found, next) = db.read_blocking(|conn| differences(conn, row, last.as_ref()))?;
        for difference in found {
            report.difference(&format!("close of {} by {}: {difference}", row.day.to_jiff(), row.agency));
        }
        before.insert(row.agency_id, next);
    }
    report_lines(db, report, include_str!("closes.sql"))
}

/// How a close differs from what it should be.
fn differences(conn: &mut PgConnection, row: &Row, last: Option<&Before>) -> Result<(Vec<String>, Before)> {
    let (day, scope): (Date, Scope) = (row.day.to_jiff(), (!row.whole).then_some(row.agency_id));
    let mut found = Vec::new();
    if sha256(&row.text)[..] != row.sha256[..] {
        found.push("its hash is not that of its text".to_owned());
    }
    if row.previous_id != last.map(|last| last.id)
        || last.is_some_and(|last| last.day.tomorrow().ok() != Some(day))
    {
        found.push("it does not follow the close of the day before".to_owned());
    }
    let opening = match last {
        Some(last) => last.sums.clone(),
        None => moved(conn, scope, None, day.yesterday().map_err(anyhow::Error::from)?)?,
    };
    let balances = balances(&opening, &moved(conn, scope, Some(day), day)?);
    let sums = closing(&balances);
    match Figures::read(&row.text) {
        Err(error) => found.push(format!("its text cannot be read: {error:#}")),
        Ok((head, told)) => {
            let previous = last.map(|last| last.hash.clone()).unwrap_or_default();
            if head != head_of(row, previous, head.agency_code.clone()) {
                found.push("its head is about something else".to_owned());
            }
            // What was unmatched then is told by nobody else: see closes.sql.
            let lines = lines(conn, scope, day)?;
            found.extend(compared(&told, &Figures { lines, balances, ..told.clone() }));
        }
    }
    Ok((found, Before { id: row.id, day, hash: hex::encode(&row.sha256), sums }))
}

fn head_of(row: &Row, previous: String, agency_code: String) -> Head {
    Head {
        agency_id: row.agency_id,
        agency_code,
        day: row.day.to_jiff(),
        previous,
        closed_at: row.closed_at.to_jiff(),
        closed_by: row.closed_by.clone(),
    }
}

/// The lines in which a close and what was computed anew differ; a line that the one repeats
/// oftener than the other is one of them.
fn compared(told: &Figures, computed: &Figures) -> Vec<String> {
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    for line in told.body() {
        *counts.entry(line).or_default() += 1;
    }
    for line in computed.body() {
        *counts.entry(line).or_default() -= 1;
    }
    let difference = |(line, count): (String, i64)| match count {
        0 => None,
        1.. => Some(format!("it says {line}, the ledger does not")),
        _ => Some(format!("the ledger says {line}, it does not")),
    };
    counts.into_iter().filter_map(difference).collect()
}
