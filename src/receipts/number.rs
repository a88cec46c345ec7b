//! The next number of a series, without gap and without double.
//!
//! The number is the row of the series, raised by one: whoever raises it holds the row until
//! the transaction ends. So two never take one number, and a number that was taken by a
//! transaction that failed was never taken. Every unit, year and kind has its own row; a
//! receipt is the last thing that a settlement writes, so that the row is held shortly.

use diesel::prelude::*;
use diesel::sql_types::{Integer, SmallInt, Text, Uuid as SqlUuid};
use uuid::Uuid;

use super::issuer::symbol;
use super::show::Kind;
use crate::clock::day_of;
use crate::db::{Tx, prepared};
use crate::error::Result;

/// A number that was taken.
#[derive(Debug, QueryableByName)]
pub(super) struct Taken {
    #[diesel(sql_type = SqlUuid)]
    pub series_id: Uuid,
    #[diesel(sql_type = Text)]
    pub symbol: String,
    #[diesel(sql_type = Integer)]
    pub number: i32,
}

/// Takes the next number of the unit's series of this year.
pub(super) fn take(tx: &mut Tx, unit_id: Uuid, kind: Kind, form: &str, letters: &str) -> Result<Taken> {
    let year = day_of(tx.now).year();
    Ok(prepared(
        "INSERT INTO receipt_series (id, unit_id, year, kind, form, symbol, last) VALUES (?, ?, ?, ?, ?, ?, 1)
         ON CONFLICT (unit_id, year, kind, form, symbol)
         DO UPDATE SET last = receipt_series.last + 1
         RETURNING id AS series_id, symbol, last AS number",
    )
    .bind::<SqlUuid, _>(Uuid::now_v7())
    .bind::<SqlUuid, _>(unit_id)
    .bind::<SmallInt, _>(year)
    .bind::<Text, _>(kind.word())
    .bind::<Text, _>(form)
    .bind::<Text, _>(symbol(letters, year))
    .get_result(tx.conn)?)
}
