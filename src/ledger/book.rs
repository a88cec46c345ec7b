//! Booking: one statement, however many transfers and accounts.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Date, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::Account;
use crate::clock::day_of;
use crate::db::{Tx, date_to_sql, prepared, to_sql};
use crate::error::{Error, Result};

/// What a transfer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Somebody owes.
    Charge,
    /// Money came for what was owed.
    Payment,
    /// Money came, or moved, that belonged to nobody yet.
    Suspense,
    /// Money goes back.
    Refund,
    /// A gateway or bank handed money on.
    Settlement,
    /// A mistake is set right.
    Correction,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Payment => "payment",
            Self::Suspense => "suspense",
            Self::Refund => "refund",
            Self::Settlement => "settlement",
            Self::Correction => "correction",
        }
    }
}

/// The fact that is booked. The same fact is booked once, however often it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cause {
    /// A word for the kind of fact, such as `charge` or `refund_sent`.
    pub kind: &'static str,
    /// The row that it is about.
    pub id: Uuid,
}

/// One line of a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub account: Account,
    /// Đồng; positive is a debit (nợ), negative a credit (có), zero is not written.
    pub amount: i64,
}

/// A transfer to be booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub kind: Kind,
    pub cause: Cause,
    pub dossier_id: Option<Uuid>,
    pub order_id: Option<Uuid>,
    /// For who reads the book.
    pub reason: String,
    pub lines: Vec<Line>,
}

impl Entry {
    /// An amount in đồng that moves from the credited account to the debited one.
    pub fn of(kind: Kind, cause: Cause, reason: &str, debit: Account, credit: Account, amount: i64) -> Self {
        let lines = vec![Line { account: debit, amount }, Line { account: credit, amount: -amount }];
        Self { kind, cause, dossier_id: None, order_id: None, reason: reason.to_owned(), lines }
    }

    /// Names the dossier and, where there is one, the order it is about.
    pub fn about(self, dossier_id: Option<Uuid>, order_id: Option<Uuid>) -> Self {
        Self { dossier_id, order_id, ..self }
    }
}

/// Books a transfer; `false`: this fact was booked before, and nothing is written.
pub fn book(tx: &mut Tx, entry: &Entry) -> Result<bool> {
    Ok(book_all(tx, std::slice::from_ref(entry))? > 0)
}

/// Books transfers in one statement and gives the number of postings. A fact that was booked
/// before is left out. Unequal sums are refused here, and again by the database at the commit.
pub fn book_all(tx: &mut Tx, entries: &[Entry]) -> Result<usize> {
    if let Some(wrong) = entries.iter().find(|entry| !is_sound(entry)) {
        return Err(Error::Internal(anyhow::anyhow!("a transfer does not balance: {wrong:?}")));
    }
    if entries.is_empty() {
        return Ok(0);
    }
    let ids: Vec<Uuid> = entries.iter().map(|_| Uuid::now_v7()).collect();
    let lines: Vec<(Uuid, i16, &Line)> = ids
        .iter()
        .zip(entries)
        .flat_map(|(id, entry)| {
            let written = entry.lines.iter().filter(|line| line.amount != 0);
            (1..).zip(written).map(|(number, line)| (*id, number, line))
        })
        .collect();
    let side = |line: &Line| if line.amount > 0 { "debit" } else { "credit" };
    Ok(prepared(include_str!("sql/book.sql"))
        .bind::<Timestamptz, _>(to_sql(tx.now))
        .bind::<Array<SqlUuid>, _>(lines.iter().map(|(.., line)| line.account.id()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(lines.iter().map(|(.., line)| line.account.kind()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(lines.iter().map(|(.., line)| line.account.owner()).collect::<Vec<_>>())
        .bind::<Date, _>(date_to_sql(day_of(tx.now)))
        .bind::<Timestamptz, _>(to_sql(tx.now))
        .bind::<Text, _>(tx.actor.key())
        .bind::<Array<SqlUuid>, _>(&ids)
        .bind::<Array<Text>, _>(entries.iter().map(|entry| entry.kind.word()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(entries.iter().map(|entry| entry.cause.kind).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(entries.iter().map(|entry| entry.cause.id).collect::<Vec<_>>())
        .bind::<Array<Nullable<SqlUuid>>, _>(entries.iter().map(|entry| entry.dossier_id).collect::<Vec<_>>())
        .bind::<Array<Nullable<SqlUuid>>, _>(entries.iter().map(|entry| entry.order_id).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(entries.iter().map(|entry| &entry.reason).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(lines.iter().map(|(id, ..)| *id).collect::<Vec<_>>())
        .bind::<Array<SmallInt>, _>(lines.iter().map(|(_, number, _)| *number).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(lines.iter().map(|(.., line)| line.account.id()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(lines.iter().map(|(.., line)| side(line)).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(
            lines.iter().map(|(.., line)| line.amount.saturating_abs()).collect::<Vec<_>>(),
        )
        .execute(tx.conn)?)
}

/// Something moves, and the sum is zero.
fn is_sound(entry: &Entry) -> bool {
    let sum: i128 = entry.lines.iter().map(|line| i128::from(line.amount)).sum();
    sum == 0 && entry.lines.iter().any(|line| line.amount != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(amounts: &[i64]) -> Entry {
        let line = |amount: &i64| Line { account: Account::Suspense("x".to_owned()), amount: *amount };
        let cause = Cause { kind: "test", id: Uuid::nil() };
        let lines = amounts.iter().map(line).collect();
        Entry { kind: Kind::Charge, cause, dossier_id: None, order_id: None, reason: String::new(), lines }
    }

    #[test]
    fn only_what_sums_to_zero_and_moves_something_is_booked() {
        for (amounts, sound) in [
            (&[7, -7][..], true),
            (&[7, -5, -2, 0], true),
            (&[7, -6], false),
            (&[], false),
            (&[0, 0], false),
            (&[i64::MAX, i64::MAX, 2], false),
        ] {
            assert_eq!(is_sound(&entry(amounts)), sound, "{amounts:?}");
        }
    }
}
