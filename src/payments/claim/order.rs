//! Demanding a claim: an order over what is still owed, or over a part of it.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::lock_claim;
use crate::db::schema::payment_order;
use crate::db::{Tx, prepared, to_sql};
use crate::error::{BUSY, Result};
use crate::payments::attempt::{self, Attempt};
use crate::payments::charge::ChargeKind;
use crate::payments::gateway::{Budget, Demand, DemandLine, Offer};
use crate::payments::order::{COLUMNS, Demanded, NOTHING_DUE, Row, cancel, from_row};
use crate::payments::show::{OrderOut, order_out};
use crate::payments::suspense::MORE_THAN_DUE;

/// Opens an order over an amount of a claim in đồng, over all that is owed where none is given,
/// with an attempt at a gateway. One that is open over another amount is given up.
pub fn order_claim(tx: &mut Tx, claim: Uuid, amount: Option<i64>, offer: Offer) -> Result<OrderOut> {
    let due = lock_claim(tx, claim)?.remaining();
    if due <= 0 {
        return Err(NOTHING_DUE.err());
    }
    let amount = amount.unwrap_or(due);
    if amount > due {
        return Err(MORE_THAN_DUE.because(format!("còn phải nộp {due} đồng"), format!("{due} đồng are due")));
    }
    let mut open = open_of(tx.conn, claim)?;
    if let Some(other) = open.take_if(|order| order.amount != amount) {
        cancel(tx, other.id)?;
    }
    let order = match open {
        Some(order) => order,
        None => {
            insert(tx, claim, amount)?;
            open_of(tx.conn, claim)?.ok_or_else(|| BUSY.err())?
        }
    };
    // What the order's first attempt is known by is the order's own number.
    let first = attempt::attempts_of(tx.conn, order.id)?.is_empty();
    let reference = if first { order.reference.clone() } else { attempt::new_reference(tx) };
    attempt::begin(tx, order.id, offer, reference)?;
    tx.audit("order_claim", Some(order.id))?;
    order_out(tx.conn, order)
}

fn insert(tx: &mut Tx, claim: Uuid, amount: i64) -> Result<()> {
    prepared(
        "INSERT INTO payment_order (id, claim_id, reference, amount, state, opened_at)
         VALUES (?, ?, ?, ?, 'open', ?)",
    )
    .bind::<SqlUuid, _>(Uuid::now_v7())
    .bind::<SqlUuid, _>(claim)
    .bind::<Text, _>(attempt::new_reference(tx))
    .bind::<BigInt, _>(amount)
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .execute(tx.conn)?;
    Ok(())
}

/// The open order of a claim.
pub(super) fn open_of(conn: &mut PgConnection, claim: Uuid) -> Result<Option<Demanded>> {
    payment_order::table
        .filter(payment_order::claim_id.eq(claim))
        .filter(payment_order::state.eq("open"))
        .select(COLUMNS)
        .first::<Row>(conn)
        .optional()?
        .map(from_row)
        .transpose()
}

/// The newest order of a claim, as its payer sees it.
pub fn order_of_claim(conn: &mut PgConnection, claim: Uuid) -> Result<Option<OrderOut>> {
    let row = payment_order::table
        .filter(payment_order::claim_id.eq(claim))
        .order(payment_order::id.desc())
        .select(COLUMNS)
        .first::<Row>(conn)
        .optional()?;
    row.map(|row| order_out(conn, from_row(row)?)).transpose()
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    debtor_name: String,
    #[diesel(sql_type = Text)]
    debtor_no: String,
    #[diesel(sql_type = Text)]
    treasury: String,
    #[diesel(sql_type = Text)]
    budget_account: String,
    #[diesel(sql_type = Text)]
    dossier_code: String,
    #[diesel(sql_type = Text)]
    procedure_code: String,
    #[diesel(sql_type = Text)]
    procedure_name: String,
    #[diesel(sql_type = Text)]
    agency_code: String,
    #[diesel(sql_type = Text)]
    agency_name: String,
}

/// What a gateway must know of an attempt at a claim's order. The debtor is named, whoever pays.
pub(in crate::payments) fn demand(conn: &mut PgConnection, attempt: Attempt, claim: Uuid) -> Result<Demand> {
    let named: Named = prepared(
        "SELECT c.code, c.name, c.debtor_name, c.debtor_no, c.treasury, c.budget_account,
                d.code AS dossier_code, p.code AS procedure_code,
                p.name AS procedure_name, a.code AS agency_code, a.name AS agency_name
           FROM claim c JOIN dossier d ON d.id = c.dossier_id JOIN procedure p ON p.code = d.procedure_code
           JOIN agency a ON a.id = d.receiving_unit_id WHERE c.id = ?",
    )
    .bind::<SqlUuid, _>(claim)
    .get_result(conn)?;
    let amount = attempt.order.amount;
    let line = DemandLine { kind: ChargeKind::Fee, code: named.code, name: named.name, amount };
    Ok(Demand {
        reference: attempt.reference,
        amount,
        opened_at: attempt.opened_at,
        expires_at: attempt.expires_at,
        dossier_code: named.dossier_code,
        procedure_code: named.procedure_code,
        procedure_name: named.procedure_name,
        agency_code: named.agency_code,
        agency_name: named.agency_name,
        payer_name: named.debtor_name,
        payer_identity_no: named.debtor_no,
        payer_address: String::new(),
        lines: vec![line],
        budget: Some(Budget { treasury: named.treasury, account: named.budget_account }),
    })
}
