//! The joint order (lệnh thanh toán gộp): one demand for what several dossiers of one payer owe
//! to one unit.
//!
//! It is an order without a dossier, paid by attempts like any other, and covers the open
//! orders of the dossiers: its members. They stay as they are and can still be paid alone, or
//! by another joint order: whichever comes first counts. Its amount is the sum of its members
//! at its opening and never changes. When it is paid, every member that is open is settled in
//! that transaction; the share of one that was paid meanwhile goes back, and that of one that
//! was given up or replaced waits in suspense, as if it had come for that order alone. Such a
//! joint order shows no page any more, since a new one over what is still owed is cheaper.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text, Timestamptz, Uuid as SqlUuid};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::attempt;
use super::booking::{self, Money};
use super::gateway::Offer;
use super::inbox::{AMOUNT_LIMIT, FeePaid, PAID_TWICE};
use super::order::{self, NOTHING_DUE, Order, OrderState, ensure_open, expire, open_of};
use super::refund::request_unapplied;
use super::show::{OrderOut, order_out};
use crate::db::{Tx, prepared, to_sql};
use crate::error::{BUSY, Code, INVALID, NOT_FOUND, Result};
use crate::ledger::debtor_of;

/// Most dossiers of one joint order.
pub const MEMBERS_LIMIT: usize = 100;

pub static JOINT_ORDER_MIXED: Code = Code::new(
    409,
    "joint_order_mixed",
    "Các hồ sơ thanh toán gộp phải của cùng một người nộp và cùng một đơn vị thu",
    "The dossiers of a joint order must have one payer and one receiving unit",
);

pub static JOINT_ORDER_STALE: Code = Code::new(
    409,
    "joint_order_stale",
    "Có hồ sơ trong lệnh gộp đã được nộp hoặc không còn phải nộp; hãy lập lệnh gộp mới",
    "A dossier of the joint order was paid or closed meanwhile; open a new one",
);

/// A joint order as its payer sees it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct JointOrderOut {
    /// The demand; no page while one of the members cannot be paid by it any more.
    pub order: OrderOut,
    /// The dossiers, in the order of their filing.
    pub members: Vec<MemberOut>,
}

/// What a joint order demands for one dossier.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = JointOrderMember)]
pub struct MemberOut {
    /// Dossier code.
    pub dossier: String,
    /// Number of the dossier's own order.
    #[schema(max_length = 20)]
    pub reference: String,
    /// Đồng.
    #[schema(minimum = 1)]
    pub amount: i64,
    /// Of the dossier's own order.
    pub state: OrderState,
}

/// Opens a joint order over what these dossiers owe, whose rows the caller has locked, with a
/// first attempt at a gateway. Gives its identifier.
pub fn open_joint(tx: &mut Tx, dossiers: &[Uuid], offer: Offer) -> Result<Uuid> {
    let (mut members, mut debtor): (Vec<Order>, _) = (Vec::new(), None);
    for (place, dossier) in dossiers.iter().enumerate() {
        let (at, own) = (format!("/dossiers/{place}"), debtor_of(tx.conn, *dossier)?);
        // A gateway is told of one payer and one receiving unit (`HoTenNguoiNop`, `MaDonVi`).
        if *debtor.get_or_insert(own) != own {
            let (vi, en) =
                ("khác người nộp hoặc đơn vị thu", "has another payer or receiving unit than the first");
            return Err(JOINT_ORDER_MIXED.at(&at, vi, en));
        }
        if !ensure_open(tx, *dossier)? {
            return Err(NOTHING_DUE.at(&at, "không có khoản phải nộp", "owes nothing"));
        }
        members.push(open_of(tx.conn, *dossier)?.ok_or_else(|| BUSY.err())?);
    }
    let ids: Vec<Uuid> = members.iter().map(|member| member.id).collect();
    // They neither expire nor are paid before they are members.
    let open = prepared(
        "SELECT FROM payment_order WHERE id = ANY (?) AND state = 'open' ORDER BY id FOR NO KEY UPDATE",
    )
    .bind::<Array<SqlUuid>, _>(&ids)
    .execute(tx.conn)?;
    if open != ids.len() {
        return Err(BUSY.err());
    }
    let amount: i64 = members.iter().map(|member| member.amount).sum();
    if amount > AMOUNT_LIMIT {
        return Err(INVALID.at("/dossiers", "tổng số tiền quá lớn", "the sum is too large"));
    }
    let (id, _) = order::insert(tx, None, amount)?;
    prepared(
        "INSERT INTO payment_order_member (joint_id, order_id, amount)
         SELECT ?, one.* FROM unnest(?, ?) AS one (order_id, amount)",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<Array<SqlUuid>, _>(&ids)
    .bind::<Array<BigInt>, _>(members.iter().map(|member| member.amount).collect::<Vec<_>>())
    .execute(tx.conn)?;
    let demanded = order::demanded(tx.conn, id)?.ok_or_else(|| NOT_FOUND.err())?;
    attempt::begin(tx, id, offer, demanded.reference)?;
    tx.audit("open_joint_order", Some(id))?;
    Ok(id)
}

/// Begins an attempt at another gateway; one that can still be paid there stays as it is.
pub fn choose_joint(tx: &mut Tx, id: Uuid, offer: Offer) -> Result<()> {
    // Its row stays locked: it cannot expire or be paid before the attempt is written.
    if order::lock(tx, id)?.state != OrderState::Open {
        return Err(NOTHING_DUE.err());
    }
    if members_of(tx.conn, id)?.iter().any(|member| member.state != "open") {
        return Err(JOINT_ORDER_STALE.err());
    }
    let reference = attempt::new_reference(tx);
    attempt::begin(tx, id, offer, reference)?;
    tx.audit("choose_gateway", Some(id))
}

/// Gives up an open joint order; its members stay payable. Money that still comes for it is
/// late, and waits in suspense.
pub fn cancel_joint(tx: &mut Tx, id: Uuid) -> Result<()> {
    match order::lock(tx, id)?.state {
        OrderState::Open => {}
        OrderState::Cancelled | OrderState::Expired => return Ok(()),
        OrderState::Paid => return Err(NOTHING_DUE.because("lệnh gộp đã được nộp", "it was paid")),
    }
    order::cancel(tx, id)?;
    tx.audit("cancel_joint_order", Some(id))?;
    ended(tx, id)
}

/// A joint order is open no more: a member that only it kept alive expires.
pub(super) fn ended(tx: &mut Tx, id: Uuid) -> Result<()> {
    let mut members: Vec<Uuid> = members_of(tx.conn, id)?.iter().map(|member| member.order_id).collect();
    members.sort();
    members.into_iter().try_for_each(|member| expire(tx, member))
}

/// A payment has settled a joint order: settles every member that is open still, each by
/// compare-and-set, and gives them. What is left of the payment is kept or goes back.
pub(super) fn settle(tx: &mut Tx, money: &Money, transaction: &str, id: Uuid) -> Result<Vec<FeePaid>> {
    prepared(
        "SELECT FROM payment_order WHERE id IN (SELECT order_id FROM payment_order_member WHERE joint_id = ?)
          ORDER BY id FOR NO KEY UPDATE",
    )
    .bind::<SqlUuid, _>(id)
    .execute(tx.conn)?;
    let mut settled: Vec<Settled> = prepared(
        "UPDATE payment_order o SET state = 'paid', paid_at = ?, gateway = ?, gateway_txn = ?
           FROM payment_order_member m
          WHERE m.joint_id = ? AND o.id = m.order_id AND o.state = 'open'
         RETURNING o.id, o.dossier_id, o.amount",
    )
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .bind::<Text, _>(money.gateway)
    .bind::<Text, _>(transaction)
    .bind::<SqlUuid, _>(id)
    .load(tx.conn)?;
    settled.sort_by_key(|one| one.id);
    let ids: Vec<Uuid> = settled.iter().map(|one| one.id).collect();
    let shares: Vec<Share> = prepared(
        "UPDATE payment_order_member m
            SET outcome = CASE WHEN m.order_id = ANY (?) THEN 'settled'
                               WHEN o.state = 'paid' THEN 'paid_twice' ELSE 'late' END
           FROM payment_order o
          WHERE m.joint_id = ? AND o.id = m.order_id
         RETURNING m.outcome, m.amount",
    )
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<SqlUuid, _>(id)
    .load(tx.conn)?;
    let sum = |word: &str| -> i64 {
        shares.iter().filter(|share| share.outcome == word).map(|share| share.amount).sum()
    };
    let (twice, late) = (sum("paid_twice"), sum("late"));
    booking::rest(tx, &Money { amount: twice + late, ..*money }, id)?;
    if twice > 0 {
        request_unapplied(tx, &Money { amount: twice, ..*money }, PAID_TWICE)?;
    }
    tx.audit("settle_joint_order", Some(id))?;
    let paid = |one: Settled| FeePaid { dossier_id: one.dossier_id, order_id: one.id, amount: one.amount };
    Ok(settled.into_iter().map(paid).collect())
}

/// A member that a payment settled.
#[derive(QueryableByName)]
struct Settled {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    dossier_id: Uuid,
    #[diesel(sql_type = BigInt)]
    amount: i64,
}

/// What became of a member's share.
#[derive(QueryableByName)]
struct Share {
    #[diesel(sql_type = Text)]
    outcome: String,
    #[diesel(sql_type = BigInt)]
    amount: i64,
}

/// A member with its dossier.
#[derive(Debug, QueryableByName)]
struct Member {
    #[diesel(sql_type = SqlUuid)]
    order_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    dossier_id: Uuid,
    #[diesel(sql_type = Text)]
    dossier: String,
    #[diesel(sql_type = Text)]
    reference: String,
    #[diesel(sql_type = BigInt)]
    amount: i64,
    #[diesel(sql_type = Text)]
    state: String,
}

fn members_of(conn: &mut PgConnection, id: Uuid) -> Result<Vec<Member>> {
    Ok(prepared(
        "SELECT o.id AS order_id, o.dossier_id, d.code AS dossier, o.reference, m.amount, o.state
           FROM payment_order_member m
           JOIN payment_order o ON o.id = m.order_id
           JOIN dossier d ON d.id = o.dossier_id
          WHERE m.joint_id = ? ORDER BY d.id",
    )
    .bind::<SqlUuid, _>(id)
    .load(conn)?)
}

/// The dossiers of a joint order, in the order of their filing.
pub fn dossiers_of(conn: &mut PgConnection, id: Uuid) -> Result<Vec<Uuid>> {
    Ok(members_of(conn, id)?.into_iter().map(|member| member.dossier_id).collect())
}

/// The dossiers of a joint order with their shares of it in đồng, in the order of their filing.
pub(super) fn parts_of(conn: &mut PgConnection, id: Uuid) -> Result<Vec<(Uuid, i64)>> {
    Ok(members_of(conn, id)?.into_iter().map(|member| (member.dossier_id, member.amount)).collect())
}

/// The joint order of a number.
pub fn joint_by_reference(conn: &mut PgConnection, reference: &str) -> Result<Option<Uuid>> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = SqlUuid)]
        id: Uuid,
    }
    if !attempt::is_reference(reference) {
        return Ok(None);
    }
    let found: Option<Found> = prepared(
        "SELECT id FROM payment_order WHERE reference = ? AND dossier_id IS NULL AND claim_id IS NULL",
    )
    .bind::<Text, _>(reference)
    .get_result(conn)
    .optional()?;
    Ok(found.map(|found| found.id))
}

/// A joint order with its members. The caller has checked who may see it.
pub fn joint_of(conn: &mut PgConnection, id: Uuid) -> Result<JointOrderOut> {
    let demanded = order::demanded(conn, id)?.ok_or_else(|| NOT_FOUND.err())?;
    let mut order = order_out(conn, demanded)?;
    let members = members_of(conn, id)?.into_iter().map(|member| {
        let (dossier, reference, amount) = (member.dossier, member.reference, member.amount);
        Ok(MemberOut { dossier, reference, amount, state: OrderState::of(&member.state)? })
    });
    let members = members.collect::<Result<Vec<_>>>()?;
    if members.iter().any(|member| member.state != OrderState::Open) {
        order.pay_url = None;
        order.attempts.iter_mut().for_each(|attempt| attempt.page = None);
    }
    Ok(JointOrderOut { order, members })
}
