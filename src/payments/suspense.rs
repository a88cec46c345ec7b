//! Money that settled no order (tiền treo): who keeps a till sees it and says what it is.
//!
//! A payment stays in suspense with the reason why it settled nothing until it is applied to
//! what a dossier owes, or given back, in whole or in parts. What was paid twice goes back by
//! itself. May call: the cashier of the unit and the leaders above it; money that names no
//! order is the province's. Refused: more than lies there, more than the dossier owes.

use actix_web::{get, post, web};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text as SqlText, Timestamptz, Uuid as SqlUuid};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::booking::{self, Money};
use super::charge::{balance, still_asked};
use super::inbox::{FEE_PAID, FeePaid};
use super::order::{NOTHING_DUE, cancel_order, latest_of, lock_dossier, open_order};
use super::refund::request_unapplied;
use super::till::Till;
use crate::app::App;
use crate::auth::Actor;
use crate::db::schema::{dossier, suspense_application};
use crate::db::{Tx, condition, prepared, to_sql};
use crate::error::{Code, INVALID, NOT_FOUND, Problem, Result};
use crate::http::{Cursor, Keyed, PageQuery, Reply, Text, once};
use crate::{jobs, receipts};

pub static SUSPENSE_SHORT: Code =
    Code::new(409, "suspense_exceeded", "Số tiền vượt quá số đang treo", "More than lies in suspense");

pub static MORE_THAN_DUE: Code =
    Code::new(409, "more_than_due", "Số tiền vượt quá số hồ sơ còn phải nộp", "More than the dossier owes");

/// Money in suspense.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SuspenseOut {
    pub id: Uuid,
    pub gateway: String,
    /// The gateway's number of the payment.
    pub transaction: String,
    /// Our reference as the gateway told it.
    pub reference: String,
    /// Dossier of the order with that reference; absent where there is none.
    pub dossier: Option<String>,
    /// Why it settled nothing: `unknown_order`, `wrong_amount`, `late` or `paid_twice`.
    pub reason: String,
    /// What came, in đồng.
    #[schema(minimum = 1)]
    pub amount: i64,
    /// What is neither applied nor given back, in đồng.
    #[schema(minimum = 0)]
    pub remaining: i64,
    #[schema(value_type = String, format = DateTime)]
    pub told_at: Timestamp,
}

/// A page of money in suspense, the oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct SuspensePage {
    pub items: Vec<SuspenseOut>,
    /// `cursor` of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// List money in suspense that my tills reach
#[utoipa::path(
    operation_id = "list_suspense", tag = "payments", security(("bearer" = [])), params(PageQuery),
    responses(
        (status = 200, description = "A page", body = SuspensePage),
        (status = 400, description = "Not a query", body = Problem),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Neither a cashier nor a leader", body = Problem),
        (status = 422, description = "Not valid", body = Problem),
        (status = 503, description = "Busy", body = Problem),
    )
)]
#[get("/api/v1/payments/suspense")]
pub async fn list_suspense(app: web::Data<App>, actor: Actor, page: web::Query<PageQuery>) -> Result<Reply> {
    actor.need_staff()?;
    let (limit, after): (i64, Option<Uuid>) = (page.limit()?, page.after()?);
    let list = app.db.read_planned(move |conn| {
        let till = Till::of(conn, &actor)?;
        list(conn, &till, after, limit)
    });
    Reply::ok(list.await?)
}

/// The items of which something holds.
macro_rules! items {
    ($which:literal) => {
        concat!("SELECT * FROM (", include_str!("sql/suspense.sql"), ") AS item WHERE ", $which)
    };
}

#[derive(Debug, Clone, QueryableByName)]
struct Item {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlText)]
    gateway: String,
    #[diesel(sql_type = SqlText)]
    transaction: String,
    #[diesel(sql_type = SqlText)]
    reference: String,
    #[diesel(sql_type = Nullable<SqlText>)]
    dossier: Option<String>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    unit_id: Option<Uuid>,
    #[diesel(sql_type = SqlText)]
    reason: String,
    #[diesel(sql_type = BigInt)]
    amount: i64,
    #[diesel(sql_type = BigInt)]
    remaining: i64,
    #[diesel(sql_type = Timestamptz)]
    told_at: jiff_diesel::Timestamp,
}

impl From<Item> for SuspenseOut {
    fn from(item: Item) -> Self {
        Self {
            id: item.id,
            gateway: item.gateway,
            transaction: item.transaction,
            reference: item.reference,
            dossier: item.dossier,
            reason: item.reason,
            amount: item.amount,
            remaining: item.remaining,
            told_at: item.told_at.to_jiff(),
        }
    }
}

fn list(conn: &mut PgConnection, till: &Till, after: Option<Uuid>, limit: i64) -> Result<SuspensePage> {
    let rows: Vec<Item> = prepared(items!(
        "id > ? AND remaining > 0 AND (unit_id = ANY (?) OR (unit_id IS NULL AND ?)) ORDER BY id LIMIT ?"
    ))
    .bind::<SqlUuid, _>(after.unwrap_or(Uuid::nil()))
    .bind::<Array<SqlUuid>, _>(&till.units)
    .bind::<Bool, _>(till.province)
    .bind::<BigInt, _>(limit + 1)
    .load(conn)?;
    let full = rows.len() as i64 > limit;
    let items: Vec<SuspenseOut> = rows.into_iter().take(limit as usize).map(SuspenseOut::from).collect();
    let next = items.last().filter(|_| full).map(|item| Cursor::encode(&item.id)).transpose()?;
    Ok(SuspensePage { items, next })
}

/// Where money in suspense goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Destination {
    /// To what a dossier owes.
    Dossier,
    /// Back by the way it came.
    Payer,
}

/// A decision about money in suspense.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SuspenseMoveIn {
    pub to: Destination,
    /// Code of the dossier, where it goes to one.
    #[serde(default)]
    pub dossier: Option<Text<100>>,
    /// Đồng; when absent, all that lies there, and to a dossier at most what it owes.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1_000_000_000_000_i64)]
    pub amount: Option<i64>,
    pub reason: Text<500>,
}

/// Apply money in suspense to a dossier, or give it back
#[utoipa::path(
    operation_id = "move_suspense", tag = "payments", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The money"),
        ("Idempotency-Key" = String, Header, description = "A new one for each request", max_length = 200),
    ),
    request_body = SuspenseMoveIn,
    responses(
        (status = 200, description = "Moved; what remains", body = SuspenseOut),
        (status = 400, description = "Not JSON, or no Idempotency-Key", body = Problem),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Neither a cashier nor a leader", body = Problem),
        (status = 404, description = "No money or dossier that my tills reach", body = Problem),
        (status = 409, description = "More than lies there or is owed, or the same key is under way", body = Problem),
        (status = 413, description = "Too large", body = Problem),
        (status = 422, description = "Not valid, or the key was used for something else", body = Problem),
        (status = 503, description = "Busy", body = Problem),
    )
)]
#[post("/api/v1/payments/suspense/{id}/moves")]
pub async fn move_suspense(
    app: web::Data<App>,
    actor: Actor,
    id: web::Path<Uuid>,
    Keyed { key, body }: Keyed<SuspenseMoveIn>,
) -> Result<Reply> {
    actor.need_staff()?;
    check(&body)?;
    let id = id.into_inner();
    app.db.write(&actor, move |tx| once(tx, &key, |tx| decide(tx, id, &body))).await
}

fn check(wanted: &SuspenseMoveIn) -> Result<()> {
    if wanted.amount.is_some_and(|amount| amount < 1) {
        return Err(INVALID.at("/amount", "phải lớn hơn 0", "must be more than 0"));
    }
    if (wanted.to == Destination::Dossier) != wanted.dossier.is_some() {
        let (vi, en) =
            ("cần khi và chỉ khi nộp cho hồ sơ", "needed where it goes to a dossier, and only there");
        return Err(INVALID.at("/dossier", vi, en));
    }
    Ok(())
}

fn decide(tx: &mut Tx, id: Uuid, wanted: &SuspenseMoveIn) -> Result<Reply> {
    let till = Till::of(tx.conn, tx.actor)?;
    // The dossier before the money, as whoever acts on a dossier locks them.
    let dossier_id = match &wanted.dossier {
        Some(code) => {
            let found = till.dossier(tx.conn, code.as_str())?;
            lock_dossier(tx, found)?;
            Some(found)
        }
        None => None,
    };
    let item = lock(tx, id)?.filter(|item| till.reaches(item.unit_id)).ok_or_else(|| NOT_FOUND.err())?;
    let amount = wanted.amount.unwrap_or(item.remaining);
    if amount > item.remaining || amount == 0 {
        let (vi, en) =
            (format!("còn treo {} đồng", item.remaining), format!("{} đồng are left", item.remaining));
        return Err(SUSPENSE_SHORT.because(vi, en));
    }
    let money = Money { payment_id: id, gateway: &item.gateway, amount };
    match dossier_id {
        Some(dossier_id) => apply(tx, &money, dossier_id, wanted)?,
        None => request_unapplied(tx, &money, wanted.reason.as_str()).map(drop)?,
    }
    tx.audit("move_suspense", Some(id))?;
    let left = lock(tx, id)?.ok_or_else(|| NOT_FOUND.err())?;
    Reply::ok(SuspenseOut::from(left))
}

/// Locks money in suspense, then looks what remains of it.
fn lock(tx: &mut Tx, id: Uuid) -> Result<Option<Item>> {
    prepared("SELECT 1 FROM gateway_payment WHERE id = ? FOR UPDATE")
        .bind::<SqlUuid, _>(id)
        .execute(tx.conn)?;
    Ok(prepared(items!("id = ?")).bind::<SqlUuid, _>(id).get_result(tx.conn).optional()?)
}

/// Counts money as paid for a dossier. Its open order is over another amount from now on, so
/// it is given up first: a payment that is on its way is then either seen here, or late.
fn apply(tx: &mut Tx, money: &Money, dossier_id: Uuid, wanted: &SuspenseMoveIn) -> Result<()> {
    let asked: bool =
        dossier::table.find(dossier_id).select(condition(still_asked!("dossier"))).first(tx.conn)?;
    if !asked {
        return Err(NOTHING_DUE.err());
    }
    let order = latest_of(tx.conn, dossier_id)?;
    let demanded = cancel_order(tx, dossier_id)?;
    let due = balance(tx.conn, dossier_id)?.due();
    if due <= 0 {
        return Err(NOTHING_DUE.err());
    }
    let amount = if wanted.amount.is_none() { money.amount.min(due) } else { money.amount };
    if amount > due {
        return Err(MORE_THAN_DUE.because(format!("còn phải nộp {due} đồng"), format!("{due} đồng are due")));
    }
    let (id, money, reason) = (Uuid::now_v7(), Money { amount, ..*money }, wanted.reason.as_str());
    diesel::insert_into(suspense_application::table)
        .values((
            suspense_application::id.eq(id),
            suspense_application::payment_id.eq(money.payment_id),
            suspense_application::dossier_id.eq(dossier_id),
            suspense_application::amount.eq(amount),
            suspense_application::reason.eq(reason),
            suspense_application::applied_at.eq(to_sql(tx.now)),
            suspense_application::applied_by.eq(tx.actor.key()),
        ))
        .execute(tx.conn)?;
    booking::applied(tx, id, &money, dossier_id, reason)?;
    if amount == due {
        // The order that nobody needs to pay any more is the subject: its jobs run one by one.
        let subject = order.map_or(id, |order| order.id);
        let payload = serde_json::to_value(FeePaid { dossier_id, order_id: subject, amount })?;
        jobs::enqueue(tx, FEE_PAID, Some(subject), payload, Some(format!("fee_paid:{id}")))?;
    } else if demanded {
        open_order(tx, dossier_id, due - amount)?;
    }
    receipts::issue(tx, &[id])
}
