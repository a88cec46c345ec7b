//! A receipt ends: it is cancelled because its money went back, or another one stands in its
//! stead, over what is left or with what was wrong put right. Both name one another.
//!
//! What goes back is counted charge by charge over the whole dossier, not by payment: one refund
//! may give back what several payments paid. It is taken off the newest receipts first, as the
//! newest payments give it back first.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::issue::{Line, paid, write};
use super::issuer::{Issuers, Paper};
use super::show::Kind;
use crate::db::{Tx, prepared, to_sql};
use crate::error::{Code, Error, NOT_FOUND, Result};
use crate::http::Text as Words;

pub static RECEIPT_ENDED: Code = Code::new(
    409,
    "receipt_ended",
    "Biên lai đã bị hủy hoặc thay thế",
    "The receipt was cancelled or replaced before",
);

/// Who paid, as a receipt names it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Payer {
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    pub name: Words<200>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 500)]
    pub address: Option<Words<500>>,
}

/// A receipt that stands.
#[derive(Debug, QueryableByName)]
struct Standing {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    /// The order or application that it is for.
    #[diesel(sql_type = SqlUuid)]
    cause: Uuid,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = BigInt)]
    amount: i64,
    #[diesel(sql_type = Jsonb)]
    payer: Value,
}

/// A refund reached the payer: every receipt that it touches is replaced by one over what is
/// left, or cancelled when nothing is. Money that was on no receipt (paid twice, late, with its
/// paper elsewhere) changes none. The dossier's row is locked by the caller, or here.
pub fn given_back(tx: &mut Tx, refund_id: Uuid, reason: &str) -> Result<()> {
    let mut back: Vec<Back> = prepared(
        "SELECT r.dossier_id, l.charge_id, l.amount
           FROM refund r JOIN refund_line l ON l.refund_id = r.id
          WHERE r.id = ? AND r.dossier_id IS NOT NULL",
    )
    .bind::<SqlUuid, _>(refund_id)
    .load(tx.conn)?;
    let Some(dossier_id) = back.first().map(|line| line.dossier_id) else { return Ok(()) };
    for receipt in standing(tx.conn, dossier_id)? {
        let left = less(lines(tx.conn, receipt.id)?, &mut back);
        let remaining: i64 = left.iter().map(|line| line.amount).sum();
        if remaining == receipt.amount {
            continue;
        }
        let stead = match left.is_empty() {
            true => None,
            false => Some(instead(tx, &receipt, &left, &receipt.payer)?),
        };
        end(tx, receipt.id, receipt.amount - remaining, stead, reason)?;
    }
    Ok(())
}

/// What a refund gives back of a charge, and is on no receipt's account yet.
#[derive(Debug, Clone, QueryableByName)]
struct Back {
    #[diesel(sql_type = SqlUuid)]
    dossier_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    charge_id: Uuid,
    /// Đồng.
    #[diesel(sql_type = BigInt)]
    amount: i64,
}

/// A receipt named the wrong payer: another over the same money stands in its stead.
pub fn replace(tx: &mut Tx, receipt_id: Uuid, payer: &Payer, reason: &str) -> Result<Uuid> {
    let of: Option<Of> = prepared("SELECT dossier_id FROM receipt WHERE id = ?")
        .bind::<SqlUuid, _>(receipt_id)
        .get_result(tx.conn)
        .optional()?;
    let standing = standing(tx.conn, of.ok_or_else(|| NOT_FOUND.err())?.dossier_id)?;
    let receipt = standing.into_iter().find(|one| one.id == receipt_id).ok_or_else(|| RECEIPT_ENDED.err())?;
    let lines = lines(tx.conn, receipt_id)?;
    let stead = instead(tx, &receipt, &lines, &serde_json::to_value(payer)?)?;
    end(tx, receipt_id, 0, Some(stead), reason)?;
    tx.audit("replace_receipt", Some(receipt_id))?;
    Ok(stead)
}

#[derive(QueryableByName)]
struct Of {
    #[diesel(sql_type = SqlUuid)]
    dossier_id: Uuid,
}

/// The valid receipts of a dossier, the newest of each kind first, locked: two that end one
/// wait for one another.
fn standing(conn: &mut PgConnection, dossier_id: Uuid) -> Result<Vec<Standing>> {
    // First the dossier: a receipt that another one puts in this one's place would not be seen.
    prepared("SELECT FROM dossier WHERE id = ? FOR NO KEY UPDATE")
        .bind::<SqlUuid, _>(dossier_id)
        .execute(conn)?;
    Ok(prepared(
        "SELECT id, coalesce(order_id, application_id) AS cause, kind, amount, payer FROM receipt
          WHERE dossier_id = ? AND state = 'valid' ORDER BY kind, id DESC FOR UPDATE",
    )
    .bind::<SqlUuid, _>(dossier_id)
    .load(conn)?)
}

fn lines(conn: &mut PgConnection, receipt_id: Uuid) -> Result<Vec<Line>> {
    Ok(prepared(
        "SELECT l.charge_id, r.kind, l.fee_code, l.name, l.amount
           FROM receipt_line l JOIN receipt r ON r.id = l.receipt_id
          WHERE l.receipt_id = ? ORDER BY l.line",
    )
    .bind::<SqlUuid, _>(receipt_id)
    .load(conn)?)
}

/// What is left of the lines; what they give is taken from what goes back, so that it is given
/// once.
fn less(mut lines: Vec<Line>, back: &mut [Back]) -> Vec<Line> {
    for line in &mut lines {
        for part in back.iter_mut().filter(|part| part.charge_id == line.charge_id) {
            let off = part.amount.min(line.amount);
            (line.amount, part.amount) = (line.amount - off, part.amount - off);
        }
    }
    lines.retain(|line| line.amount > 0);
    lines
}

/// Writes the receipt that stands in another's stead, under a number of today's series.
fn instead(tx: &mut Tx, old: &Standing, lines: &[Line], payer: &Value) -> Result<Uuid> {
    let paid = paid(tx.conn, old.cause)?;
    let kind = Kind::of(&old.kind)?;
    let no_form = || Error::Internal(anyhow::anyhow!("{} issues no receipts any more", paid.unit_code));
    match Issuers::embedded()?.paper(&paid.unit_code) {
        Some(Paper::Receipt { letters, forms }) => {
            write(tx, &paid, (kind, forms.of(kind), letters), lines, payer, Some(old.id))
        }
        _ => Err(no_form()),
    }
}

fn end(tx: &mut Tx, id: Uuid, given_back: i64, stead: Option<Uuid>, reason: &str) -> Result<()> {
    let state = if stead.is_some() { "replaced" } else { "cancelled" };
    let ended_by = tx.actor.key();
    prepared(
        "UPDATE receipt SET state = ?, given_back = ?, replaced_by_id = ?, reason = ?, ended_at = ?, ended_by = ?
          WHERE id = ? AND state = 'valid'",
    )
    .bind::<Text, _>(state)
    .bind::<BigInt, _>(given_back)
    .bind::<Nullable<SqlUuid>, _>(stead)
    .bind::<Text, _>(reason)
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .bind::<Text, _>(ended_by)
    .bind::<SqlUuid, _>(id)
    .execute(tx.conn)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(charge: u128, amount: i64) -> Line {
        let text = String::new();
        let charge_id = Uuid::from_u128(charge);
        Line { charge_id, kind: text.clone(), fee_code: text.clone(), name: text, amount }
    }

    #[test]
    fn what_goes_back_is_taken_off_once() {
        let back =
            |charge, amount| Back { dossier_id: Uuid::nil(), charge_id: Uuid::from_u128(charge), amount };
        let mut back = [back(1, 50), back(2, 7)];
        let amounts = |lines: Vec<Line>| -> Vec<i64> { lines.iter().map(|line| line.amount).collect() };
        assert_eq!(amounts(less(vec![line(1, 30), line(3, 5)], &mut back)), [5]);
        assert_eq!(amounts(less(vec![line(1, 30), line(2, 10)], &mut back)), [10, 3]);
        assert_eq!(amounts(less(vec![line(1, 30), line(2, 10)], &mut back)), [30, 10]);
    }
}
