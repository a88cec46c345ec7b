//! What the treasury should have got of a gateway's day, and what it got.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Date as SqlDate, Text};
use jiff::civil::Date;

use super::super::RECONCILE;
use super::super::unmatched::{self, Found};
use crate::auth::Actor;
use crate::clock::day_of;
use crate::db::{Db, Tx, date_to_sql, prepared};
use crate::error::Result;
use crate::payments::gateway::{has_settlement_files, is_online};

const FINDINGS: [&str; 3] = ["treasury_short", "treasury_over", "treasury_missing"];

/// Compares what the treasury got of a gateway's day with what it should have got.
pub fn match_day(tx: &mut Tx, gateway: &str, day: Date) -> Result<()> {
    let found: Vec<Found> = prepared(include_str!("../sql/treasury_due.sql"))
        .bind::<Text, _>(gateway)
        .bind::<SqlDate, _>(date_to_sql(day))
        .bind::<Bool, _>(has_settlement_files(gateway))
        .bind::<Bool, _>(is_online(gateway))
        .bind::<SqlDate, _>(date_to_sql(day_of(tx.now)))
        .load(tx.conn)?;
    unmatched::look_again(tx, gateway, day, &FINDINGS, &found)
}

#[derive(QueryableByName)]
struct DayRow {
    #[diesel(sql_type = Text)]
    gateway: String,
    #[diesel(sql_type = SqlDate)]
    day: jiff_diesel::Date,
}

/// Looks again at the days of the last month, for lumps that are overdue.
pub async fn look_for_lumps(db: &Db) -> Result<()> {
    let today = day_of(db.clock.now());
    for row in db.read(move |conn| days(conn, today)).await? {
        let (gateway, day) = (row.gateway, row.day.to_jiff());
        db.write(&Actor::system(RECONCILE), move |tx| match_day(tx, &gateway, day)).await?;
    }
    Ok(())
}

fn days(conn: &mut PgConnection, today: Date) -> Result<Vec<DayRow>> {
    Ok(prepared(
        "SELECT DISTINCT p.gateway, (coalesce(p.paid_at, p.told_at) AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS day
           FROM gateway_payment p CROSS JOIN (SELECT ?::date AS today) AS asked
          WHERE coalesce(p.paid_at, p.told_at) >= (today - 31)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh'
            AND coalesce(p.paid_at, p.told_at) < (today - 2)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh'
          ORDER BY 1, 2",
    )
    .bind::<SqlDate, _>(date_to_sql(today))
    .load(conn)?)
}
