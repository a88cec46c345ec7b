//! The payment order (lệnh thanh toán): a demand for what a dossier owes, or for what several
//! owe together ([`joint`]).
//!
//! open → paid | cancelled | expired, and no way back. A dossier has at most one open order (a
//! unique index holds it). It is paid by an [attempt] at a gateway; it expires
//! when the gateways have denied the last of its attempts. Opening writes the order, its first
//! attempt, and the job that asks for the pay page.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Timestamptz, Uuid as SqlUuid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::charge::balance;
use super::gateway::{Offer, national};
use super::{attempt, joint};
use crate::db::schema::{dossier, payment_order};
use crate::db::{Tx, prepared, to_sql};
use crate::error::{BUSY, Code, Error, NOT_FOUND, Result};

pub static ORDER_OPEN: Code = Code::new(
    409,
    "payment_order_open",
    "Hồ sơ đang có lệnh thanh toán khác số tiền chưa hoàn tất",
    "The dossier has an open payment order over another amount",
);

pub static NOTHING_DUE: Code =
    Code::new(409, "nothing_due", "Hồ sơ không có khoản phải nộp", "Nothing is due for the dossier");

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    Open,
    Paid,
    /// The dossier was closed before it was paid.
    Cancelled,
    /// Its gateways deny that it was paid in time; what is still owed can be demanded anew.
    Expired,
}

impl OrderState {
    pub(super) fn of(word: &str) -> Result<Self> {
        match word {
            "open" => Ok(Self::Open),
            "paid" => Ok(Self::Paid),
            "cancelled" => Ok(Self::Cancelled),
            "expired" => Ok(Self::Expired),
            other => Err(Error::Internal(anyhow::anyhow!("unknown state of an order: {other}"))),
        }
    }
}

/// A payment order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub id: Uuid,
    pub dossier_id: Uuid,
    /// Its number, and the reference of its first attempt: six digits of the day and 14 random
    /// signs.
    pub reference: String,
    /// Đồng.
    pub amount: i64,
    pub state: OrderState,
    /// The payment that settled it.
    pub settled_by: Option<Settlement>,
}

/// What an attempt pays: the order of a dossier or of a claim, or a joint one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demanded {
    pub id: Uuid,
    /// `None`: a joint order, or that of a claim.
    pub dossier_id: Option<Uuid>,
    /// The claim of the state budget, where it is the order of one.
    pub claim_id: Option<Uuid>,
    pub reference: String,
    /// Đồng.
    pub amount: i64,
    pub state: OrderState,
    /// The payment that settled it.
    pub settled_by: Option<Settlement>,
}

impl Demanded {
    /// The order of a dossier.
    fn of_dossier(self) -> Result<Order> {
        let Self { id, dossier_id, reference, amount, state, settled_by, .. } = self;
        let joint = || Error::Internal(anyhow::anyhow!("order {id} is a joint one"));
        let dossier_id = dossier_id.ok_or_else(joint)?;
        Ok(Order { id, dossier_id, reference, amount, state, settled_by })
    }
}

impl From<Order> for Demanded {
    fn from(order: Order) -> Self {
        let Order { id, dossier_id, reference, amount, state, settled_by } = order;
        Self { id, dossier_id: Some(dossier_id), claim_id: None, reference, amount, state, settled_by }
    }
}

/// Which payment settled an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    pub gateway: String,
    /// The gateway's number of the payment.
    pub transaction: String,
}

/// Opens an order over an amount in đồng, or gives the one that is open already.
pub fn open_order(tx: &mut Tx, dossier_id: Uuid, amount: i64) -> Result<Order> {
    if amount <= 0 {
        return Err(NOTHING_DUE.err());
    }
    let (id, inserted) = insert(tx, Some(dossier_id), amount)?;
    // Somebody else's order may have been settled between the two statements: then try again.
    let order = open_of(tx.conn, dossier_id)?.ok_or_else(|| BUSY.err())?;
    if order.amount != amount {
        return Err(ORDER_OPEN.err());
    }
    if inserted {
        attempt::begin(tx, id, national::OFFER, order.reference.clone())?;
    }
    Ok(order)
}

/// Locks a dossier before its money moves, as whoever acts on it does.
pub(super) fn lock_dossier(tx: &mut Tx, id: Uuid) -> Result<()> {
    dossier::table.find(id).select(dossier::id).for_no_key_update().first::<Uuid>(tx.conn)?;
    Ok(())
}

/// Writes an open order of a dossier, unless there is one, or a joint one.
pub(super) fn insert(tx: &mut Tx, dossier_id: Option<Uuid>, amount: i64) -> Result<(Uuid, bool)> {
    let id = Uuid::now_v7();
    let inserted = diesel::insert_into(payment_order::table)
        .values((
            payment_order::id.eq(id),
            payment_order::dossier_id.eq(dossier_id),
            payment_order::reference.eq(attempt::new_reference(tx)),
            payment_order::amount.eq(amount),
            payment_order::state.eq("open"),
            payment_order::opened_at.eq(to_sql(tx.now)),
        ))
        .on_conflict_do_nothing()
        .execute(tx.conn)?;
    Ok((id, inserted == 1))
}

/// Begins an attempt at the gateway that the payer chose: at the open order, or, when the
/// dossier's order has expired, at a new one over what is due. One that can still be paid
/// there stays as it is.
pub fn choose(tx: &mut Tx, dossier_id: Uuid, offer: Offer) -> Result<Order> {
    if !ensure_open(tx, dossier_id)? {
        return Err(NOTHING_DUE.err());
    }
    // Its row stays locked: it cannot expire or be paid before the attempt is written.
    let order = payment_order::table
        .filter(payment_order::dossier_id.eq(dossier_id))
        .filter(payment_order::state.eq("open"))
        .select(COLUMNS)
        .for_no_key_update()
        .first::<Row>(tx.conn)
        .optional()?;
    let order = from_row(order.ok_or_else(|| BUSY.err())?)?.of_dossier()?;
    let reference = attempt::new_reference(tx);
    attempt::begin(tx, order.id, offer, reference)?;
    tx.audit("choose_gateway", Some(order.id))?;
    Ok(order)
}

/// Opens an order anew where the last one has expired and something is due; `false`: there is
/// none to pay.
pub(super) fn ensure_open(tx: &mut Tx, dossier_id: Uuid) -> Result<bool> {
    match latest_of(tx.conn, dossier_id)?.map(|order| order.state) {
        Some(OrderState::Open) => Ok(true),
        Some(OrderState::Expired) => {
            let due = balance(tx.conn, dossier_id)?.due();
            if due > 0 {
                insert(tx, Some(dossier_id), due)?;
            }
            Ok(due > 0)
        }
        Some(OrderState::Paid | OrderState::Cancelled) | None => Ok(false),
    }
}

/// Gives up the open order of a dossier. Money that still comes for it is late: it is
/// stored, and changes nothing.
pub fn cancel_order(tx: &mut Tx, dossier_id: Uuid) -> Result<bool> {
    let cancelled = diesel::update(payment_order::table)
        .filter(payment_order::dossier_id.eq(dossier_id))
        .filter(payment_order::state.eq("open"))
        .set(payment_order::state.eq("cancelled"))
        .execute(tx.conn)?;
    Ok(cancelled == 1)
}

/// Gives up an order that is open and locked.
pub(super) fn cancel(tx: &mut Tx, id: Uuid) -> Result<()> {
    diesel::update(payment_order::table.find(id))
        .filter(payment_order::state.eq("open"))
        .set(payment_order::state.eq("cancelled"))
        .execute(tx.conn)?;
    Ok(())
}

/// Attempts by which an order can be paid: its own, and those at an open joint order over it.
/// Nobody is asked about an attempt at the counter: it ends by the clock.
const PAYABLE: &str = "SELECT FROM payment_attempt
      WHERE state = 'open' AND (ask_at IS NOT NULL OR expires_at > ?)
        AND order_id IN (SELECT ?::uuid UNION ALL
                         SELECT m.joint_id FROM payment_order_member m JOIN payment_order j ON j.id = m.joint_id
                          WHERE m.order_id = ? AND j.state = 'open')
      LIMIT 1";

/// Ends an open order none of whose attempts can be paid any more, and with a joint one those
/// of its members that it kept alive. Its row is locked first: of two attempts that end at
/// once, the second sees the first.
pub(super) fn expire(tx: &mut Tx, order_id: Uuid) -> Result<()> {
    let open: Option<String> = payment_order::table
        .find(order_id)
        .filter(payment_order::state.eq("open"))
        .select(payment_order::state)
        .for_no_key_update()
        .first(tx.conn)
        .optional()?;
    if open.is_none() {
        return Ok(());
    }
    let payable = prepared(PAYABLE)
        .bind::<Timestamptz, _>(to_sql(tx.now))
        .bind::<SqlUuid, _>(order_id)
        .bind::<SqlUuid, _>(order_id)
        .execute(tx.conn)?;
    if payable > 0 {
        return Ok(());
    }
    diesel::update(payment_order::table.find(order_id))
        .set(payment_order::state.eq("expired"))
        .execute(tx.conn)?;
    tx.audit("expire_payment_order", Some(order_id))?;
    joint::ended(tx, order_id)
}

/// The columns of a [`Demanded`], in its order.
pub(super) type Columns = (
    payment_order::id,
    payment_order::dossier_id,
    payment_order::reference,
    payment_order::amount,
    payment_order::state,
    payment_order::gateway,
    payment_order::gateway_txn,
    payment_order::claim_id,
);
pub(super) const COLUMNS: Columns = (
    payment_order::id,
    payment_order::dossier_id,
    payment_order::reference,
    payment_order::amount,
    payment_order::state,
    payment_order::gateway,
    payment_order::gateway_txn,
    payment_order::claim_id,
);

pub(super) type Row = (Uuid, Option<Uuid>, String, i64, String, Option<String>, Option<String>, Option<Uuid>);

pub(super) fn from_row(row: Row) -> Result<Demanded> {
    let (id, dossier_id, reference, amount, state, gateway, transaction, claim_id) = row;
    let settled_by =
        gateway.zip(transaction).map(|(gateway, transaction)| Settlement { gateway, transaction });
    Ok(Demanded { id, dossier_id, claim_id, reference, amount, state: OrderState::of(&state)?, settled_by })
}

/// The open order of a dossier.
pub(super) fn open_of(conn: &mut PgConnection, dossier_id: Uuid) -> Result<Option<Order>> {
    payment_order::table
        .filter(payment_order::dossier_id.eq(dossier_id))
        .filter(payment_order::state.eq("open"))
        .select(COLUMNS)
        .first::<Row>(conn)
        .optional()?
        .map(|row| from_row(row)?.of_dossier())
        .transpose()
}

/// The newest order of a dossier.
pub fn latest_of(conn: &mut PgConnection, dossier_id: Uuid) -> Result<Option<Order>> {
    payment_order::table
        .filter(payment_order::dossier_id.eq(dossier_id))
        .order(payment_order::id.desc())
        .select(COLUMNS)
        .first::<Row>(conn)
        .optional()?
        .map(|row| from_row(row)?.of_dossier())
        .transpose()
}

/// The order of an identifier, joint or not.
pub(super) fn demanded(conn: &mut PgConnection, id: Uuid) -> Result<Option<Demanded>> {
    payment_order::table.find(id).select(COLUMNS).first::<Row>(conn).optional()?.map(from_row).transpose()
}

/// The same, locked.
pub(super) fn lock(tx: &mut Tx, id: Uuid) -> Result<Demanded> {
    let row =
        payment_order::table.find(id).select(COLUMNS).for_no_key_update().first::<Row>(tx.conn).optional()?;
    from_row(row.ok_or_else(|| NOT_FOUND.err())?)
}
