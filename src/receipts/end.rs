//! A receipt ends: it is cancelled because its money went back, or another one stands in its
//! stead, over what is left or with what was wrong put right. Both name one another.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::issue::{Line, settled, write};
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
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = BigInt)]
    amount: i64,
    #[diesel(sql_type = Jsonb)]
    payer: Value,
}

/// All money of an order goes back: its receipts are cancelled. Gives how many were.
pub fn cancel(tx: &mut Tx, order_id: Uuid, reason: &str) -> Result<usize> {
    let standing = standing(tx.conn, order_id)?;
    for receipt in &standing {
        end(tx, receipt.id, receipt.amount, None, reason)?;
    }
    Ok(standing.len())
}

/// A part of the money of an order goes back, charge by charge (đồng of each): every receipt
/// that it touches is replaced by one over what is left, or cancelled when nothing is. What no
/// valid receipt speaks of is passed over; gives the đồng that were taken off receipts.
pub fn adjust(tx: &mut Tx, order_id: Uuid, back: &[(Uuid, i64)], reason: &str) -> Result<i64> {
    let mut taken_off = 0;
    for receipt in standing(tx.conn, order_id)? {
        let lines = lines(tx.conn, receipt.id)?;
        let left = less(&lines, back);
        let remaining: i64 = left.iter().map(|line| line.amount).sum();
        if remaining == receipt.amount {
            continue;
        }
        let stead = match left.is_empty() {
            true => None,
            false => Some(instead(tx, order_id, &receipt, &left, &receipt.payer)?),
        };
        end(tx, receipt.id, receipt.amount - remaining, stead, reason)?;
        taken_off += receipt.amount - remaining;
    }
    Ok(taken_off)
}

/// A refund reached the payer: the receipts of what it gives back are adjusted. Money that was
/// on no receipt (paid twice, late) changes none.
pub fn given_back(tx: &mut Tx, refund_id: Uuid, reason: &str) -> Result<()> {
    let lines: Vec<Back> = prepared(
        "SELECT a.order_id, l.charge_id, l.amount
           FROM refund r
           JOIN gateway_payment p ON p.id = r.payment_id
           JOIN payment_attempt a ON a.id = p.attempt_id
           JOIN refund_line l ON l.refund_id = r.id
          WHERE r.id = ? AND p.outcome = 'settled'",
    )
    .bind::<SqlUuid, _>(refund_id)
    .load(tx.conn)?;
    let Some(order_id) = lines.first().map(|line| line.order_id) else { return Ok(()) };
    let back: Vec<(Uuid, i64)> = lines.iter().map(|line| (line.charge_id, line.amount)).collect();
    adjust(tx, order_id, &back, reason).map(drop)
}

/// What a refund gives back of a charge.
#[derive(QueryableByName)]
struct Back {
    #[diesel(sql_type = SqlUuid)]
    order_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    charge_id: Uuid,
    /// Đồng.
    #[diesel(sql_type = BigInt)]
    amount: i64,
}

/// A receipt named the wrong payer: another over the same money stands in its stead.
pub fn replace(tx: &mut Tx, receipt_id: Uuid, payer: &Payer, reason: &str) -> Result<Uuid> {
    let order_id: Option<Order> = prepared("SELECT order_id FROM receipt WHERE id = ?")
        .bind::<SqlUuid, _>(receipt_id)
        .get_result(tx.conn)
        .optional()?;
    let order_id = order_id.ok_or_else(|| NOT_FOUND.err())?.order_id;
    let standing = standing(tx.conn, order_id)?;
    let receipt = standing.into_iter().find(|one| one.id == receipt_id).ok_or_else(|| RECEIPT_ENDED.err())?;
    let lines = lines(tx.conn, receipt_id)?;
    let stead = instead(tx, order_id, &receipt, &lines, &serde_json::to_value(payer)?)?;
    end(tx, receipt_id, 0, Some(stead), reason)?;
    tx.audit("replace_receipt", Some(receipt_id))?;
    Ok(stead)
}

#[derive(QueryableByName)]
struct Order {
    #[diesel(sql_type = SqlUuid)]
    order_id: Uuid,
}

/// The valid receipts of an order, locked: two that end one wait for one another.
fn standing(conn: &mut PgConnection, order_id: Uuid) -> Result<Vec<Standing>> {
    // First the order: a receipt that another one puts in this one's place would not be seen.
    prepared("SELECT FROM payment_order WHERE id = ? FOR UPDATE")
        .bind::<SqlUuid, _>(order_id)
        .execute(conn)?;
    Ok(prepared(
        "SELECT id, kind, amount, payer FROM receipt WHERE order_id = ? AND state = 'valid' ORDER BY kind, id FOR UPDATE",
    )
    .bind::<SqlUuid, _>(order_id)
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

/// What is left of the lines.
fn less(lines: &[Line], back: &[(Uuid, i64)]) -> Vec<Line> {
    let off = |charge: Uuid| -> i64 { back.iter().filter(|(id, _)| *id == charge).map(|(_, off)| off).sum() };
    let left = |line: &Line| Line {
        amount: line.amount - off(line.charge_id).clamp(0, line.amount),
        ..line.clone()
    };
    lines.iter().map(left).filter(|line| line.amount > 0).collect()
}

/// Writes the receipt that stands in another's stead, under a number of today's series.
fn instead(tx: &mut Tx, order_id: Uuid, old: &Standing, lines: &[Line], payer: &Value) -> Result<Uuid> {
    let order = settled(tx.conn, order_id)?;
    let kind = Kind::of(&old.kind)?;
    let no_form = || Error::Internal(anyhow::anyhow!("{} issues no receipts any more", order.unit_code));
    match Issuers::embedded()?.paper(&order.unit_code) {
        Some(Paper::Receipt { letters, forms }) => {
            write(tx, &order, (kind, forms.of(kind), letters), lines, payer, Some(old.id))
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
