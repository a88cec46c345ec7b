//! Requests refunds: lock, decide how much of which payment, write and book.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Text, Uuid as SqlUuid};
use serde_json::json;
use uuid::Uuid;

use super::allocate::{Charged, Fund, Part, allocate, refundable};
use super::{REFUND_NOT_FAILED, REFUND_TOO_LARGE, SEND_REFUND};
use crate::db::schema::{refund, refund_attempt, refund_line};
use crate::db::{Tx, prepared, to_sql};
use crate::error::Result;
use crate::jobs;
use crate::ledger::{Account, Line, debtor_of};
use crate::payments::attempt::new_reference;
use crate::payments::booking::{self, Back, Money};
use crate::payments::charge::ChargeKind;

/// Why a paid fee goes back by itself.
const NOT_BEGUN: &str = "Hồ sơ không được tiếp nhận hoặc được rút trước khi giải quyết";

/// The work on a dossier never began: everything goes back that may. Fees that are not
/// refundable stay; where nothing was paid, nothing happens.
pub fn refund_claimed(tx: &mut Tx, dossier_id: Uuid) -> Result<()> {
    request(tx, dossier_id, None, NOT_BEGUN).map(drop)
}

/// Requests an amount in đồng back, or all that can be given back; gives the refunds, one for
/// each payment it comes from. More than can be given back is refused.
pub fn request(tx: &mut Tx, dossier_id: Uuid, amount: Option<i64>, reason: &str) -> Result<Vec<Uuid>> {
    let locked = lock(tx, dossier_id)?;
    let (funds, charges) = (funds(tx, dossier_id, &locked)?, charges(tx, dossier_id)?);
    let most = refundable(&charges, &funds);
    let amount = amount.unwrap_or(most);
    if amount > most {
        return Err(
            REFUND_TOO_LARGE.because(format!("còn hoàn được {most} đồng"), format!("{most} đồng are left"))
        );
    }
    let parts = allocate(amount, &charges, &funds);
    parts.iter().map(|part| write(tx, dossier_id, part, reason)).collect()
}

/// Requests money back that never paid for anything; its payment is locked by the caller.
pub fn request_unapplied(tx: &mut Tx, money: &Money, reason: &str) -> Result<Uuid> {
    let id = insert(tx, money, None, reason)?;
    let back = Back { refund_id: id, money: *money, dossier_id: None };
    booking::requested(tx, &back, Vec::new(), reason)?;
    Ok(id)
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// The payments of a dossier, under lock.
const PAYMENTS_LOCKED: &str = "SELECT id FROM gateway_payment
          WHERE id IN (SELECT p.id FROM payment_order o
                         JOIN gateway_payment p ON (p.gateway, p.transaction) = (o.gateway, o.gateway_txn)
                        WHERE o.dossier_id = ? AND o.state = 'paid'
                       UNION SELECT payment_id FROM suspense_application WHERE dossier_id = ?)
          ORDER BY id FOR UPDATE";

/// Locks the payments of a dossier: who comes second waits here, and then sees what the first took.
fn lock(tx: &mut Tx, dossier_id: Uuid) -> Result<Vec<Uuid>> {
    let locked: Vec<Id> = prepared(PAYMENTS_LOCKED)
        .bind::<SqlUuid, _>(dossier_id)
        .bind::<SqlUuid, _>(dossier_id)
        .load(tx.conn)?;
    Ok(locked.into_iter().map(|row| row.id).collect())
}

#[derive(QueryableByName)]
struct FundRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    gateway: String,
    #[diesel(sql_type = BigInt)]
    remaining: i64,
}

/// What each payment still holds for a dossier, the newest first: of a joint order's payment
/// its share only.
fn funds(tx: &mut Tx, dossier_id: Uuid, locked: &[Uuid]) -> Result<Vec<Fund>> {
    let rows: Vec<FundRow> = prepared(
        "SELECT p.id, p.gateway,
                (coalesce((SELECT sum(amount) FROM payment_order
                            WHERE dossier_id = ? AND state = 'paid'
                              AND (gateway, gateway_txn) = (p.gateway, p.transaction)), 0)
                 + coalesce((SELECT sum(amount) FROM suspense_application
                              WHERE payment_id = p.id AND dossier_id = ?), 0)
                 - coalesce((SELECT sum(amount) FROM refund
                              WHERE payment_id = p.id AND dossier_id = ?), 0))::bigint AS remaining
           FROM gateway_payment p WHERE p.id = ANY (?) ORDER BY p.id DESC",
    )
    .bind::<SqlUuid, _>(dossier_id)
    .bind::<SqlUuid, _>(dossier_id)
    .bind::<SqlUuid, _>(dossier_id)
    .bind::<Array<SqlUuid>, _>(locked)
    .load(tx.conn)?;
    let fund = |row: FundRow| Fund { payment_id: row.id, gateway: row.gateway, remaining: row.remaining };
    Ok(rows.into_iter().map(fund).collect())
}

#[derive(QueryableByName)]
struct ChargeRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Bool)]
    refundable: bool,
    #[diesel(sql_type = BigInt)]
    remaining: i64,
}

fn charges(tx: &mut Tx, dossier_id: Uuid) -> Result<Vec<Charged>> {
    let rows: Vec<ChargeRow> = prepared(
        "SELECT id, kind, refundable,
                (amount - coalesce((SELECT sum(amount) FROM refund_line WHERE charge_id = charge.id), 0))::bigint
                AS remaining
           FROM charge WHERE dossier_id = ? ORDER BY id",
    )
    .bind::<SqlUuid, _>(dossier_id)
    .load(tx.conn)?;
    let charged = |row: ChargeRow| {
        let levy = ChargeKind::of(&row.kind)?.levy();
        Ok(Charged { id: row.id, levy, refundable: row.refundable, remaining: row.remaining })
    };
    rows.into_iter().map(charged).collect()
}

/// Writes the refund of one payment with its lines, books it and enqueues its first attempt.
fn write(tx: &mut Tx, dossier_id: Uuid, part: &Part, reason: &str) -> Result<Uuid> {
    let (_, unit_id) = debtor_of(tx.conn, dossier_id)?;
    let money = Money { payment_id: part.payment_id, gateway: &part.gateway, amount: part.amount() };
    let id = insert(tx, &money, Some(dossier_id), reason)?;
    let lines: Vec<_> = part
        .lines
        .iter()
        .map(|(charge, amount)| {
            (
                refund_line::refund_id.eq(id),
                refund_line::charge_id.eq(charge.id),
                refund_line::amount.eq(*amount),
            )
        })
        .collect();
    diesel::insert_into(refund_line::table).values(lines).execute(tx.conn)?;
    let revenue = part.lines.iter().map(|(charge, amount)| {
        let account = Account::Revenue { unit_id, levy: charge.levy };
        Line { account, amount: *amount }
    });
    let back = Back { refund_id: id, money, dossier_id: Some(dossier_id) };
    booking::requested(tx, &back, revenue.collect(), reason)?;
    Ok(id)
}

fn insert(tx: &mut Tx, money: &Money, dossier_id: Option<Uuid>, reason: &str) -> Result<Uuid> {
    let id = Uuid::now_v7();
    diesel::insert_into(refund::table)
        .values((
            refund::id.eq(id),
            refund::payment_id.eq(money.payment_id),
            refund::dossier_id.eq(dossier_id),
            refund::amount.eq(money.amount),
            refund::reason.eq(reason),
            refund::state.eq("requested"),
            refund::requested_at.eq(to_sql(tx.now)),
            refund::requested_by.eq(tx.actor.key()),
        ))
        .execute(tx.conn)?;
    begin(tx, id, 1)?;
    tx.audit("request_refund", Some(id))?;
    Ok(id)
}

/// Requests a failed refund again, under its lock: two who try again begin one attempt.
pub fn again(tx: &mut Tx, id: Uuid) -> Result<()> {
    let state: Option<String> =
        refund::table.find(id).select(refund::state).for_update().first(tx.conn).optional()?;
    if state.as_deref() != Some("failed") {
        return Err(REFUND_NOT_FAILED.err());
    }
    let last: Option<i32> = refund_attempt::table
        .filter(refund_attempt::refund_id.eq(id))
        .select(diesel::dsl::max(refund_attempt::number))
        .first(tx.conn)?;
    diesel::update(refund::table.find(id))
        .set((refund::state.eq("requested"), refund::ended_at.eq(None::<jiff_diesel::Timestamp>)))
        .execute(tx.conn)?;
    begin(tx, id, last.unwrap_or_default() + 1)?;
    tx.audit("retry_refund", Some(id))
}

/// Begins an attempt: the gateway is told by a job.
fn begin(tx: &mut Tx, refund_id: Uuid, number: i32) -> Result<()> {
    let id = Uuid::now_v7();
    diesel::insert_into(refund_attempt::table)
        .values((
            refund_attempt::id.eq(id),
            refund_attempt::refund_id.eq(refund_id),
            refund_attempt::number.eq(number),
            refund_attempt::reference.eq(new_reference(tx)),
            refund_attempt::state.eq("requested"),
            refund_attempt::begun_at.eq(to_sql(tx.now)),
        ))
        .execute(tx.conn)?;
    let dedup = Some(format!("refund:{id}"));
    jobs::enqueue(tx, SEND_REFUND, Some(refund_id), json!({ "attempt_id": id }), dedup)
}
