//! What a dossier owes: charges (phí, lệ phí), each with the rule that says so.
//!
//! A charge is written once and never changed: a later change of the fee rules changes
//! nothing that was charged.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Uuid as SqlUuid};
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
    let (now, dossier_id) = (to_sql(tx.now), debtor.dossier_id);
    let rows: Vec<_> = charges
        .iter()
        .map(|c| {
            (
                charge::id.eq(Uuid::now_v7()),
                charge::dossier_id.eq(dossier_id),
                charge::fee_code.eq(&c.fee_code),
                charge::name.eq(&c.name),
                charge::kind.eq(c.kind.word()),
                charge::amount.eq(c.amount),
                charge::refundable.eq(c.refundable),
                charge::explanation.eq(&c.explanation),
                charge::created_at.eq(now),
            )
        })
        .collect();
    let written: Vec<(Uuid, String, String, i64)> = diesel::insert_into(charge::table)
        .values(rows)
        .on_conflict((charge::dossier_id, charge::fee_code))
        .do_nothing()
        .returning((charge::id, charge::name, charge::kind, charge::amount))
        .get_results(tx.conn)?;
    let owed = written.into_iter().filter(|(.., amount)| *amount > 0);
    let entries = owed.map(|(id, name, kind, amount)| {
        let levy = ChargeKind::of(&kind)?.levy();
        let (debit, credit) =
            (Account::Receivable(debtor.payer), Account::Revenue { unit_id: debtor.unit_id, levy });
        let cause = Cause { kind: "charge", id };
        Ok(Entry::of(Kind::Charge, cause, &name, debit, credit, amount).about(Some(dossier_id), None))
    });
    ledger::book_all(tx, &entries.collect::<Result<Vec<_>>>()?)?;
    Ok(())
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
