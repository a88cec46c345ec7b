//! Closing a day (khoá sổ): nothing is booked on it, or before it, any more.
//!
//! A booking that is under way is waited for and stands in the day; one that comes after the
//! close is booked on the first open day, whatever its clock says, so that no money is lost
//! over a close.

use diesel::prelude::*;
use diesel::sql_types::{Date as SqlDate, Text, Timestamptz};
use jiff::civil::Date;

use crate::db::{Tx, date_to_sql, prepared, to_sql};
use crate::error::Result;

/// Closes a day for the whole book; closed again, it stays closed. What is read after this is
/// final. Every booking waits for the end of the transaction: do nothing else in it.
pub fn close_day(tx: &mut Tx, day: Date) -> Result<()> {
    prepared("SELECT wait_for_bookings()").execute(tx.conn)?;
    prepared(
        "INSERT INTO closed_day (day, closed_at, closed_by) VALUES (?, ?, ?) ON CONFLICT (day) DO NOTHING",
    )
    .bind::<SqlDate, _>(date_to_sql(day))
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .bind::<Text, _>(tx.actor.key())
    .execute(tx.conn)?;
    Ok(())
}
