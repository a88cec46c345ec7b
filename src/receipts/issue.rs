//! Money was paid for a dossier: its payer gets a receipt for the phí and one for the lệ phí.
//!
//! Written in the transaction in which it counts as paid: an order is settled, or money that
//! came astray is applied. It covers the charges of its dossier in the order in which they were
//! charged, as far as no receipt has spoken of them yet.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Jsonb, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use serde_json::{Value, json};
use uuid::Uuid;

use super::issuer::{Issuers, Paper};
use super::number::take;
use super::show::Kind;
use crate::db::{Tx, prepared, to_sql};
use crate::error::Result;
use crate::ids::secret_word;

/// What was paid (a settled order, or an application of money that came astray), and what its
/// receipts say besides the money.
#[derive(Debug, Clone, QueryableByName)]
pub(super) struct Paid {
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub order_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub application_id: Option<Uuid>,
    #[diesel(sql_type = SqlUuid)]
    pub dossier_id: Uuid,
    /// Đồng.
    #[diesel(sql_type = BigInt)]
    pub amount: i64,
    #[diesel(sql_type = SqlUuid)]
    pub unit_id: Uuid,
    #[diesel(sql_type = Text)]
    pub unit_code: String,
    #[diesel(sql_type = Jsonb)]
    pub payer: Value,
}

/// A charge, as far as something pays for it.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Line {
    #[diesel(sql_type = SqlUuid)]
    pub charge_id: Uuid,
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = Text)]
    pub fee_code: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    /// Đồng.
    #[diesel(sql_type = BigInt)]
    pub amount: i64,
}

/// Issues the receipts of what was paid in this transaction: orders, or applications of money
/// that came astray, by their identifiers, each of a dossier of its own. Kind by kind, so that
/// all who take numbers take them in one order.
pub fn issue(tx: &mut Tx, causes: &[Uuid]) -> Result<()> {
    let mut covered = Vec::new();
    for cause in causes {
        let paid = paid(tx.conn, *cause)?;
        let lines = cover(uncovered(tx.conn, paid.dossier_id)?, paid.amount);
        let sum: i64 = lines.iter().map(|line| line.amount).sum();
        if sum != paid.amount {
            // The money is booked all the same; `motcua verify` names it.
            tracing::error!(%cause, covered = sum, paid = paid.amount, "a payment is for nothing that is owed");
        }
        match Issuers::embedded()?.paper(&paid.unit_code) {
            Some(Paper::Receipt { letters, forms }) => covered.push((paid, lines, letters, forms)),
            Some(Paper::Invoice) => elsewhere(tx, &paid, &lines)?,
            None => {
                return Err(anyhow::anyhow!("no rule says who issues receipts for {}", paid.unit_code).into());
            }
        }
    }
    for kind in [Kind::Charge, Kind::Fee] {
        for (paid, lines, letters, forms) in &covered {
            let own: Vec<Line> = lines.iter().filter(|line| line.kind == kind.word()).cloned().collect();
            if !own.is_empty() {
                write(tx, paid, (kind, forms.of(kind), letters), &own, &paid.payer, None)?;
            }
        }
    }
    Ok(())
}

/// What was paid, by the identifier of its order or application, with the dossier's unit and
/// applicant.
pub(super) fn paid(conn: &mut PgConnection, cause: Uuid) -> Result<Paid> {
    Ok(prepared(
        "SELECT p.order_id, p.application_id, p.dossier_id, p.amount, d.receiving_unit_id AS unit_id,
                a.code AS unit_code,
                jsonb_build_object('name', coalesce(d.applicant ->> 'name', ''),
                                   'address', coalesce(d.applicant ->> 'address', '')) AS payer
           FROM (SELECT id AS order_id, NULL::uuid AS application_id, dossier_id, amount
                   FROM payment_order WHERE id = ?
                 UNION ALL SELECT NULL, id, dossier_id, amount FROM suspense_application WHERE id = ?) AS p
           JOIN dossier d ON d.id = p.dossier_id
           JOIN agency a ON a.id = d.receiving_unit_id",
    )
    .bind::<SqlUuid, _>(cause)
    .bind::<SqlUuid, _>(cause)
    .get_result(conn)?)
}

/// The charges of a dossier, each with what no receipt has ever spoken of. What was given back
/// was paid all the same: a receipt that stands in another's stead speaks of no new money.
fn uncovered(conn: &mut PgConnection, dossier_id: Uuid) -> Result<Vec<Line>> {
    Ok(prepared(
        "SELECT c.id AS charge_id, c.kind, c.fee_code, c.name,
                c.amount
                - coalesce((SELECT sum(l.amount) FROM receipt_line l JOIN receipt r ON r.id = l.receipt_id
                             WHERE l.charge_id = c.id AND r.replaces_id IS NULL), 0)::bigint
                - coalesce((SELECT sum(e.amount) FROM receipt_elsewhere e WHERE e.charge_id = c.id), 0)::bigint
                AS amount
           FROM charge c WHERE c.dossier_id = ? AND c.amount > 0 ORDER BY c.id",
    )
    .bind::<SqlUuid, _>(dossier_id)
    .load(conn)?)
}

/// What so much money would pay for at a dossier now, as its receipts would say.
pub fn lines_for(conn: &mut PgConnection, dossier_id: Uuid, money: i64) -> Result<Vec<Line>> {
    Ok(cover(uncovered(conn, dossier_id)?, money))
}

/// As much of the charges as the money pays for.
fn cover(charges: Vec<Line>, money: i64) -> Vec<Line> {
    let mut left = money;
    let paid = charges.into_iter().map(|charge| {
        let amount = charge.amount.min(left);
        left -= amount.max(0);
        Line { amount, ..charge }
    });
    paid.filter(|line| line.amount > 0).collect()
}

/// Writes a receipt under the next number of its series; gives its identifier.
pub(super) fn write(
    tx: &mut Tx,
    paid: &Paid,
    (kind, form, letters): (Kind, &str, &str),
    lines: &[Line],
    payer: &Value,
    replaces: Option<Uuid>,
) -> Result<Uuid> {
    let id = Uuid::now_v7();
    let amount: i64 = lines.iter().map(|line| line.amount).sum();
    let (secret, issued_by) = (secret_word(), tx.actor.key());
    let taken = take(tx, paid.unit_id, kind, form, letters)?;
    prepared(
        "INSERT INTO receipt (id, series_id, number, kind, symbol, secret, unit_id, dossier_id, order_id,
                              application_id, payer, amount, issued_at, issued_by, replaces_id, state)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'valid')",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<SqlUuid, _>(taken.series_id)
    .bind::<diesel::sql_types::Integer, _>(taken.number)
    .bind::<Text, _>(kind.word())
    .bind::<Text, _>(taken.symbol)
    .bind::<Text, _>(secret)
    .bind::<SqlUuid, _>(paid.unit_id)
    .bind::<SqlUuid, _>(paid.dossier_id)
    .bind::<Nullable<SqlUuid>, _>(paid.order_id)
    .bind::<Nullable<SqlUuid>, _>(paid.application_id)
    .bind::<Jsonb, _>(json!({ "name": payer["name"], "address": payer["address"] }))
    .bind::<BigInt, _>(amount)
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .bind::<Text, _>(issued_by)
    .bind::<Nullable<SqlUuid>, _>(replaces)
    .execute(tx.conn)?;
    insert_lines(tx, id, lines)?;
    Ok(id)
}

fn insert_lines(tx: &mut Tx, receipt_id: Uuid, lines: &[Line]) -> Result<()> {
    let numbers: Vec<i16> = (1..).take(lines.len()).collect();
    prepared(
        "INSERT INTO receipt_line (receipt_id, line, charge_id, fee_code, name, amount)
         SELECT ?, one.* FROM unnest(?, ?, ?, ?, ?) AS one (line, charge_id, fee_code, name, amount)",
    )
    .bind::<SqlUuid, _>(receipt_id)
    .bind::<Array<SmallInt>, _>(numbers)
    .bind::<Array<SqlUuid>, _>(lines.iter().map(|line| line.charge_id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(lines.iter().map(|line| line.fee_code.clone()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(lines.iter().map(|line| line.name.clone()).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(lines.iter().map(|line| line.amount).collect::<Vec<_>>())
    .execute(tx.conn)?;
    Ok(())
}

/// The unit issues an e-invoice from a system of its own.
fn elsewhere(tx: &mut Tx, paid: &Paid, lines: &[Line]) -> Result<()> {
    prepared(
        "INSERT INTO receipt_elsewhere (id, order_id, application_id, charge_id, amount, reason, created_at)
         SELECT one.id, ?, ?, one.charge_id, one.amount, 'invoice', ?
           FROM unnest(?, ?, ?) AS one (id, charge_id, amount)",
    )
    .bind::<Nullable<SqlUuid>, _>(paid.order_id)
    .bind::<Nullable<SqlUuid>, _>(paid.application_id)
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .bind::<Array<SqlUuid>, _>(lines.iter().map(|_| Uuid::now_v7()).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(lines.iter().map(|line| line.charge_id).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(lines.iter().map(|line| line.amount).collect::<Vec<_>>())
    .execute(tx.conn)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(amount: i64) -> Line {
        let text = String::new();
        Line { charge_id: Uuid::nil(), kind: text.clone(), fee_code: text.clone(), name: text, amount }
    }

    #[test]
    fn money_covers_charges_in_their_order() {
        let amounts = |charges: &[i64], money| -> Vec<i64> {
            cover(charges.iter().map(|amount| line(*amount)).collect(), money)
                .iter()
                .map(|l| l.amount)
                .collect()
        };
        assert_eq!(amounts(&[5, 7], 12), [5, 7]);
        assert_eq!(amounts(&[0, 7], 7), [7], "what has its receipt is not covered again");
        assert_eq!(amounts(&[5, 7], 6), [5, 1]);
        assert_eq!(amounts(&[5], 9), [5]);
    }
}
