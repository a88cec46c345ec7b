//! What a dossier owes: charges (phí, lệ phí), each with the rule that says so.
//!
//! A charge is written once and never changed: a later change of the fee rules changes
//! nothing that was charged.

use std::collections::HashSet;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Jsonb, Text, Timestamptz, Uuid as SqlUuid};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::schema::charge;
use crate::db::{Tx, prepared, to_sql};
use crate::error::{Error, Result};
use crate::ledger::{self, Account, Cause, Entry, Kind, Levy, Payer};

/// Phí pays for a service, lệ phí is a levy; receipts keep them apart (Luật Phí và lệ phí).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChargeKind {
    /// Phí.
    Charge,
    /// Lệ phí.
    Fee,
}

impl ChargeKind {
    fn word(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Fee => "fee",
        }
    }

    /// The account of the unit on which it is booked.
    pub(super) fn levy(self) -> Levy {
        match self {
            Self::Charge => Levy::Charge,
            Self::Fee => Levy::Fee,
        }
    }

    pub(super) fn of(word: &str) -> Result<Self> {
        match word {
            "charge" => Ok(Self::Charge),
            "fee" => Ok(Self::Fee),
            other => Err(Error::Internal(anyhow::anyhow!("unknown kind of charge: {other}"))),
        }
    }
}

/// An amount to be owed.
#[derive(Debug, Clone, PartialEq)]
pub struct ChargeIn {
    /// Fee of the procedure version.
    pub fee_code: String,
    pub name: String,
    pub kind: ChargeKind,
    /// Đồng; zero is written too, since its explanation says why.
    pub amount: i64,
    pub refundable: bool,
    /// The rule, the clause, the numbers.
    pub explanation: Value,
}

/// An amount that is owed.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Charge {
    /// Fee of the procedure version.
    pub fee_code: String,
    pub name: String,
    pub kind: ChargeKind,
    /// Đồng.
    #[schema(minimum = 0)]
    pub amount: i64,
    /// May it be given back when the dossier is refused.
    pub refundable: bool,
    /// The rule, the clause, the numbers; why it is zero.
    #[schema(value_type = Object)]
    pub explanation: Value,
}

/// Whose charges they are. The dossier's row may not be there yet: a group commit writes it last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Debtor {
    pub dossier_id: Uuid,
    pub payer: Payer,
    /// The unit that received the dossier, and whose revenue it is.
    pub unit_id: Uuid,
}

/// Writes charges of a dossier and books them: the payer owes, the unit earned. One that was
/// charged before stands as it is: a workflow may pass the step that computes the fees again,
/// and the dossier owes each of them once. What costs nothing is not booked.
pub fn write_charges(tx: &mut Tx, debtor: &Debtor, charges: &[ChargeIn]) -> Result<()> {
    write_all_charges(tx, &[(*debtor, charges)])
}

/// The same for many dossiers in two statements, one for the charges and one for the book: there
/// every account is named once, in one order for all transactions, so that two batches never
/// wait for each other in a circle.
pub fn write_all_charges(tx: &mut Tx, all: &[(Debtor, &[ChargeIn])]) -> Result<()> {
    let rows: Vec<(Uuid, Debtor, &ChargeIn)> = all
        .iter()
        .flat_map(|(debtor, charges)| charges.iter().map(|charge| (Uuid::now_v7(), *debtor, charge)))
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let written = insert(tx, &rows)?;
    let owed = rows.iter().filter(|(id, _, charge)| charge.amount > 0 && written.contains(id));
    let entry = |(id, debtor, charge): &(Uuid, Debtor, &ChargeIn)| {
        let (debit, levy) = (Account::Receivable(debtor.payer), charge.kind.levy());
        let credit = Account::Revenue { unit_id: debtor.unit_id, levy };
        let cause = Cause { kind: "charge", id: *id };
        let entry = Entry::of(Kind::Charge, cause, &charge.name, debit, credit, charge.amount);
        entry.about(Some(debtor.dossier_id), None)
    };
    ledger::book_all(tx, &owed.map(entry).collect::<Vec<_>>()).map(drop)
}

#[derive(QueryableByName)]
struct Written {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// Writes charges; gives those that were not there before.
fn insert(tx: &mut Tx, rows: &[(Uuid, Debtor, &ChargeIn)]) -> Result<HashSet<Uuid>> {
    let of = |text: fn(&ChargeIn) -> &str| rows.iter().map(|(.., charge)| text(charge)).collect::<Vec<_>>();
    let written: Vec<Written> = prepared(
        "INSERT INTO charge (id, dossier_id, fee_code, name, kind, amount, refundable, explanation, created_at)
         SELECT new.*, ?::timestamptz FROM unnest(?, ?, ?, ?, ?, ?, ?, ?) AS new
         ON CONFLICT (dossier_id, fee_code) DO NOTHING
         RETURNING id",
    )
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|(id, ..)| *id).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|(_, debtor, _)| debtor.dossier_id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(of(|charge| &charge.fee_code))
    .bind::<Array<Text>, _>(of(|charge| &charge.name))
    .bind::<Array<Text>, _>(of(|charge| charge.kind.word()))
    .bind::<Array<BigInt>, _>(rows.iter().map(|(.., charge)| charge.amount).collect::<Vec<_>>())
    .bind::<Array<Bool>, _>(rows.iter().map(|(.., charge)| charge.refundable).collect::<Vec<_>>())
    .bind::<Array<Jsonb>, _>(rows.iter().map(|(.., charge)| &charge.explanation).collect::<Vec<_>>())
    .load(tx.conn)?;
    Ok(written.into_iter().map(|row| row.id).collect())
}

/// The charges of a dossier, in the order of writing.
pub fn charges_of(conn: &mut PgConnection, dossier_id: Uuid) -> Result<Vec<Charge>> {
    type Row = (String, String, String, i64, bool, Value);
    let rows: Vec<Row> = charge::table
        .filter(charge::dossier_id.eq(dossier_id))
        .order(charge::id)
        .select((
            charge::fee_code,
            charge::name,
            charge::kind,
            charge::amount,
            charge::refundable,
            charge::explanation,
        ))
        .load(conn)?;
    rows.into_iter()
        .map(|(fee_code, name, kind, amount, refundable, explanation)| {
            let kind = ChargeKind::of(&kind)?;
            Ok(Charge { fee_code, name, kind, amount, refundable, explanation })
        })
        .collect()
}

/// What was charged to a dossier and what it paid, in đồng.
#[derive(Debug, Clone, Copy, QueryableByName)]
pub struct Balance {
    #[diesel(sql_type = BigInt)]
    pub charged: i64,
    /// Sum of its paid orders, and of what came astray and was applied to it. What was given
    /// back was paid all the same, and is not owed again.
    #[diesel(sql_type = BigInt)]
    pub paid: i64,
}

impl Balance {
    /// What it still owes.
    pub fn due(self) -> i64 {
        self.charged - self.paid
    }
}

/// What a dossier owes by its charges, as SQL about the dossier of an expression.
macro_rules! charged {
    ($dossier:literal) => {
        concat!("(SELECT coalesce(sum(amount), 0)::bigint FROM charge WHERE dossier_id = ", $dossier, ")")
    };
}

/// What a dossier paid, see [`Balance::paid`], as SQL about the dossier of an expression.
macro_rules! paid {
    ($dossier:literal) => {
        concat!(
            "((SELECT coalesce(sum(amount), 0) FROM payment_order WHERE dossier_id = ",
            $dossier,
            " AND state = 'paid') + (SELECT coalesce(sum(amount), 0) FROM suspense_application WHERE dossier_id = ",
            $dossier,
            "))::bigint"
        )
    };
}

/// Whether money is still asked for a dossier, as SQL about a row of `dossier`: one that was
/// refused, withdrawn or stopped (statuses 3, 7 and 8) owes nothing more, paid or not.
macro_rules! still_asked {
    ($dossier:literal) => {
        concat!($dossier, ".status NOT IN (3, 7, 8)")
    };
}
pub(crate) use {charged, paid, still_asked};

/// The balance of a dossier.
pub fn balance(conn: &mut PgConnection, dossier_id: Uuid) -> Result<Balance> {
    Ok(prepared(concat!("SELECT ", charged!("?"), " AS charged, ", paid!("?"), " AS paid"))
        .bind::<SqlUuid, _>(dossier_id)
        .bind::<SqlUuid, _>(dossier_id)
        .bind::<SqlUuid, _>(dossier_id)
        .get_result(conn)?)
}
