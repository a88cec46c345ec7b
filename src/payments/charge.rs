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

    fn of(word: &str) -> Result<Self> {
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

/// Writes charges of a dossier. One that was charged before stands as it is: a workflow may
/// pass the step that computes the fees again, and the dossier owes each of them once.
pub fn write_charges(tx: &mut Tx, dossier_id: Uuid, charges: &[ChargeIn]) -> Result<()> {
    let now = to_sql(tx.now);
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
    diesel::insert_into(charge::table)
        .values(rows)
        .on_conflict((charge::dossier_id, charge::fee_code))
        .do_nothing()
        .execute(tx.conn)?;
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
    /// Sum of its paid orders.
    #[diesel(sql_type = BigInt)]
    pub paid: i64,
}

impl Balance {
    /// What it still owes.
    pub fn due(self) -> i64 {
        self.charged - self.paid
    }
}

/// The balance of a dossier.
pub fn balance(conn: &mut PgConnection, dossier_id: Uuid) -> Result<Balance> {
    Ok(prepared(
        "SELECT (SELECT coalesce(sum(amount), 0)::bigint FROM charge WHERE dossier_id = ?) AS charged,
                (SELECT coalesce(sum(amount), 0)::bigint FROM payment_order
                  WHERE dossier_id = ? AND state = 'paid') AS paid",
    )
    .bind::<SqlUuid, _>(dossier_id)
    .bind::<SqlUuid, _>(dossier_id)
    .get_result(conn)?)
}
