//! A claim (khoản phải nộp ngân sách): what somebody owes the state budget through a dossier,
//! such as an instalment of a tax notice.
//!
//! It never changes: another amount is another claim, to which what was paid is carried. Money
//! is counted entry by entry, wherever it was paid, under the claim's lock: an order of ours
//! and a payment elsewhere meet here, so that it is never met twice. What comes beyond what is
//! owed is not counted, and said.

mod order;
mod settle;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::booking::{self, Money};
use super::order::cancel;
use super::refund::request_unapplied;
use crate::db::{Tx, prepared, to_sql};
use crate::error::{NOT_FOUND, Result};

pub(super) use order::demand;
pub use order::{order_claim, order_of_claim};
pub(super) use settle::settle;
pub use settle::{CLAIM_PAID, ClaimPaid};

/// Why money of a claim goes back.
const LESS_OWED: &str = "Số đã nộp vượt quá số phải nộp theo thông báo thay thế";

/// A claim to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimIn {
    pub dossier_id: Uuid,
    /// Sub-item of the budget (tiểu mục).
    pub code: String,
    pub name: String,
    pub debtor_name: String,
    pub debtor_no: String,
    /// Code of the treasury (SHKB).
    pub treasury: String,
    /// Account of the state budget (loại tài khoản NSNN); empty: none was told.
    pub budget_account: String,
    /// Đồng, more than 0.
    pub amount: i64,
}

/// How much of a claim is owed and paid, in đồng.
#[derive(Debug, Clone, QueryableByName)]
pub struct Standing {
    #[diesel(sql_type = SqlUuid)]
    pub dossier_id: Uuid,
    #[diesel(sql_type = Text)]
    pub code: String,
    #[diesel(sql_type = Text)]
    pub treasury: String,
    #[diesel(sql_type = BigInt)]
    pub amount: i64,
    #[diesel(sql_type = BigInt)]
    pub paid: i64,
    #[diesel(sql_type = Bool)]
    pub closed: bool,
}

impl Standing {
    /// What is still owed: nothing, once it was given up.
    pub fn remaining(&self) -> i64 {
        if self.closed { 0 } else { (self.amount - self.paid).max(0) }
    }
}

/// What was paid for the claim of an expression, as SQL.
macro_rules! claim_paid {
    ($claim:literal) => {
        concat!(
            "((SELECT coalesce(sum(amount), 0) FROM claim_entry WHERE claim_id = ",
            $claim,
            ") - (SELECT coalesce(sum(amount), 0) FROM claim_entry WHERE from_claim_id = ",
            $claim,
            "))::bigint"
        )
    };
}
pub(crate) use claim_paid;

/// Opens a claim and books it: the debtor owes, and it is for the state budget.
pub fn open_claim(tx: &mut Tx, claim: &ClaimIn) -> Result<Uuid> {
    let id = Uuid::now_v7();
    prepared(
        "INSERT INTO claim (id, dossier_id, code, name, debtor_name, debtor_no, treasury, budget_account,
                            amount, opened_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<SqlUuid, _>(claim.dossier_id)
    .bind::<Text, _>(&claim.code)
    .bind::<Text, _>(&claim.name)
    .bind::<Text, _>(&claim.debtor_name)
    .bind::<Text, _>(&claim.debtor_no)
    .bind::<Text, _>(&claim.treasury)
    .bind::<Text, _>(&claim.budget_account)
    .bind::<BigInt, _>(claim.amount)
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .execute(tx.conn)?;
    let opened = standing(tx.conn, id)?;
    booking::claimed(tx, id, &opened)?;
    Ok(id)
}

/// How a claim stands.
pub fn standing(conn: &mut PgConnection, id: Uuid) -> Result<Standing> {
    let found: Option<Standing> = prepared(concat!(
        "SELECT dossier_id, code, treasury, amount, ",
        claim_paid!("claim.id"),
        " AS paid, closed_at IS NOT NULL AS closed FROM claim WHERE id = ?"
    ))
    .bind::<SqlUuid, _>(id)
    .get_result(conn)
    .optional()?;
    found.ok_or_else(|| NOT_FOUND.err())
}

/// The same, locked: its open order first, as a payment locks them.
pub fn lock_claim(tx: &mut Tx, id: Uuid) -> Result<Standing> {
    prepared("SELECT FROM payment_order WHERE claim_id = ? AND state = 'open' FOR NO KEY UPDATE")
        .bind::<SqlUuid, _>(id)
        .execute(tx.conn)?;
    // A statement of its own: what whoever held the lock wrote is seen by the next one.
    prepared("SELECT FROM claim WHERE id = ? FOR NO KEY UPDATE").bind::<SqlUuid, _>(id).execute(tx.conn)?;
    standing(tx.conn, id)
}

/// What was made of money that was paid elsewhere, in đồng.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    pub counted: i64,
    /// Beyond what is owed: whoever has it must give it back.
    pub over: i64,
}

/// Counts money that was paid elsewhere, and gives up an open order over what it met: money
/// that still comes for that is late, and waits in suspense.
pub fn count_elsewhere(tx: &mut Tx, id: Uuid, amount: i64) -> Result<Counted> {
    let claim = lock_claim(tx, id)?;
    let counted = amount.min(claim.remaining());
    if counted > 0 {
        give_up_order(tx, id)?;
        let row = Row { kind: "elsewhere", claim: Some(id), amount: counted, ..Row::default() };
        let entry = write(tx, &row)?;
        booking::counted_elsewhere(tx, entry, id, &Standing { amount: counted, ..claim })?;
    }
    Ok(Counted { counted, over: amount - counted })
}

/// Gives a claim up, since another stands in its stead or nothing is owed: what was paid is
/// carried to that as far as it is owed there, and the rest goes back. Gives what was carried
/// and what went back out of a gateway's payment and elsewhere, in đồng.
pub fn close_claim(tx: &mut Tx, id: Uuid, instead: Option<Uuid>) -> Result<Moved> {
    let claim = lock_claim(tx, id)?;
    if claim.closed {
        return Ok(Moved::default());
    }
    give_up_order(tx, id)?;
    prepared("UPDATE claim SET closed_at = ? WHERE id = ?")
        .bind::<Timestamptz, _>(to_sql(tx.now))
        .bind::<SqlUuid, _>(id)
        .execute(tx.conn)?;
    booking::claim_closed(tx, id, &claim)?;
    let mut moved = Moved::default();
    if let Some(other) = instead {
        let room = lock_claim(tx, other)?.remaining();
        let amount = claim.paid.min(room);
        if amount > 0 {
            moved.carried = amount;
            let row = Row { kind: "carried", claim: Some(other), from: Some(id), amount, ..Row::default() };
            let entry = write(tx, &row)?;
            booking::carried(tx, entry, (id, other), &Standing { amount, ..claim.clone() })?;
        }
    }
    give_back(tx, id, &claim, claim.paid - moved.carried, &mut moved)?;
    Ok(moved)
}

/// What became of the money of a claim that was given up, in đồng.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moved {
    pub carried: i64,
    /// Refunds at the gateways are under way.
    pub refunded: i64,
    /// It was paid elsewhere: whoever has it gives it back.
    pub elsewhere: i64,
}

#[derive(QueryableByName)]
struct Fund {
    #[diesel(sql_type = SqlUuid)]
    payment_id: Uuid,
    #[diesel(sql_type = Text)]
    gateway: String,
    #[diesel(sql_type = BigInt)]
    left: i64,
}

/// The gateways' payments of a claim, and of those whose money was carried to it, the newest
/// first, with what was not given back.
const FUNDS: &str = "WITH RECURSIVE source AS (
        SELECT ?::uuid AS id
        UNION SELECT e.from_claim_id FROM claim_entry e JOIN source ON e.claim_id = source.id WHERE e.kind = 'carried')
    SELECT p.id AS payment_id, p.gateway,
           (e.amount - coalesce((SELECT sum(r.amount) FROM claim_entry r WHERE r.payment_id = p.id), 0))::bigint
           AS \"left\"
      FROM claim_entry e
      JOIN source ON source.id = e.claim_id
      JOIN payment_order o ON o.id = e.order_id
      JOIN gateway_payment p ON (p.gateway, p.transaction) = (o.gateway, o.gateway_txn)
     WHERE e.kind = 'order' ORDER BY e.id DESC";

/// Gives money of a closed claim back: through the gateways what came through them.
fn give_back(tx: &mut Tx, id: Uuid, claim: &Standing, amount: i64, moved: &mut Moved) -> Result<()> {
    if amount <= 0 {
        return Ok(());
    }
    let funds: Vec<Fund> = prepared(FUNDS).bind::<SqlUuid, _>(id).load(tx.conn)?;
    let mut wanted = amount;
    for fund in funds {
        let part = fund.left.min(wanted);
        if part <= 0 {
            continue;
        }
        wanted -= part;
        moved.refunded += part;
        let row = Row {
            kind: "returned",
            from: Some(id),
            amount: part,
            payment: Some(fund.payment_id),
            ..Row::default()
        };
        let entry = write(tx, &row)?;
        let money = Money { payment_id: fund.payment_id, gateway: &fund.gateway, amount: part };
        booking::claim_returned(tx, entry, id, claim.dossier_id, &money)?;
        request_unapplied(tx, &money, LESS_OWED)?;
    }
    if wanted > 0 {
        moved.elsewhere = wanted;
        let row = Row { kind: "returned", from: Some(id), amount: wanted, ..Row::default() };
        let entry = write(tx, &row)?;
        booking::returned_elsewhere(tx, entry, id, &Standing { amount: wanted, ..claim.clone() })?;
    }
    Ok(())
}

/// Gives up the open order of a claim.
fn give_up_order(tx: &mut Tx, id: Uuid) -> Result<()> {
    if let Some(order) = order::open_of(tx.conn, id)? {
        cancel(tx, order.id)?;
    }
    Ok(())
}

/// An entry to be written.
#[derive(Debug, Default)]
struct Row {
    kind: &'static str,
    claim: Option<Uuid>,
    from: Option<Uuid>,
    amount: i64,
    order: Option<Uuid>,
    payment: Option<Uuid>,
}

fn write(tx: &mut Tx, row: &Row) -> Result<Uuid> {
    let id = Uuid::now_v7();
    prepared(
        "INSERT INTO claim_entry (id, kind, claim_id, from_claim_id, amount, order_id, payment_id, at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<Text, _>(row.kind)
    .bind::<Nullable<SqlUuid>, _>(row.claim)
    .bind::<Nullable<SqlUuid>, _>(row.from)
    .bind::<BigInt, _>(row.amount)
    .bind::<Nullable<SqlUuid>, _>(row.order)
    .bind::<Nullable<SqlUuid>, _>(row.payment)
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .execute(tx.conn)?;
    Ok(id)
}
