//! What the coming and going of money books. Each fact has a cause of its own, so that it is
//! booked once however often it is told.
//!
//! | Fact | Debit | Credit |
//! |---|---|---|
//! | a payment settles an order | gateway clearing | receivable of the payer |
//! | a payment settles nothing, or a joint order only in part | gateway clearing | suspense |
//! | … and is told rightly later | suspense | gateway clearing |
//! | … and settles nothing all the same | gateway clearing | suspense |
//! | somebody owes the state budget (a claim) | budget receivable | state budget |
//! | a claim is given up | state budget | budget receivable |
//! | a payment settles a claim's order | gateway clearing | budget receivable |
//! | a claim is paid elsewhere | paid elsewhere | budget receivable |
//! | what was paid is carried to another claim | budget receivable of the old | of the new |
//! | … or goes back | budget receivable | suspense, or paid elsewhere |
//! | it is applied to a dossier | suspense | receivable of the payer |
//! | a refund is requested | revenue of the unit, or suspense | refund payable |
//! | the gateway is told | refund payable | refund in transit |
//! | it gave the money back | refund in transit | gateway clearing |
//! | it did not | refund in transit | refund payable |
//! | a person gave it back by transfer | refund payable | gateway clearing at a counter, else bank clearing |

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Uuid as SqlUuid};
use uuid::Uuid;

use super::claim::Standing;
use crate::db::{Tx, prepared};
use crate::error::Result;
use crate::ledger::{Account, Cause, Entry, Kind, Line, Payer, book, debtor_of};

/// Money of a gateway.
#[derive(Debug, Clone, Copy)]
pub(super) struct Money<'a> {
    /// Row of the payment.
    pub payment_id: Uuid,
    pub gateway: &'a str,
    /// Đồng.
    pub amount: i64,
}

/// A payment settles: what was booked to suspense while its amount was told wrongly is taken
/// back first.
pub(super) fn corrected(tx: &mut Tx, money: &Money) -> Result<()> {
    taken_back(tx, money).map(drop)
}

/// A payment, or its share of a joint one, settles an order of a dossier.
pub(super) fn settled(tx: &mut Tx, money: &Money, dossier_id: Uuid, order_id: Uuid) -> Result<()> {
    let (payer, _) = debtor_of(tx.conn, dossier_id)?;
    let cause = Cause { kind: "payment", id: order_id };
    let (debit, credit) = (clearing(money.gateway), Account::Receivable(payer));
    let entry = Entry::of(Kind::Payment, cause, "Thanh toán lệnh", debit, credit, money.amount);
    book(tx, &entry.about(Some(dossier_id), Some(order_id)))?;
    Ok(())
}

/// The part of a joint order's payment that settles none of its members; nothing is booked
/// where there is none.
pub(super) fn rest(tx: &mut Tx, money: &Money, joint_id: Uuid) -> Result<()> {
    if money.amount == 0 {
        return Ok(());
    }
    let cause = Cause { kind: "joint_rest", id: joint_id };
    let (debit, credit) = (clearing(money.gateway), suspense(money.gateway));
    let reason = "Phần của lệnh gộp không còn hồ sơ để nộp";
    let entry = Entry::of(Kind::Suspense, cause, reason, debit, credit, money.amount);
    book(tx, &entry.about(None, Some(joint_id)))?;
    Ok(())
}

/// A payment settles nothing, for a reason. What was booked while its amount was told wrongly
/// is taken back first.
pub(super) fn kept(
    tx: &mut Tx,
    money: &Money,
    reason: &str,
    (dossier_id, order_id): (Option<Uuid>, Option<Uuid>),
) -> Result<()> {
    let kind = if taken_back(tx, money)? { "suspense_retold" } else { "suspense" };
    let cause = Cause { kind, id: money.payment_id };
    let (debit, credit) = (clearing(money.gateway), suspense(money.gateway));
    let entry = Entry::of(Kind::Suspense, cause, reason, debit, credit, money.amount);
    book(tx, &entry.about(dossier_id, order_id))?;
    Ok(())
}

/// Takes back what a payment was booked to suspense with; whether it was.
fn taken_back(tx: &mut Tx, money: &Money) -> Result<bool> {
    let Some(before) = in_suspense(tx, money.payment_id)? else { return Ok(false) };
    let cause = Cause { kind: "suspense_corrected", id: money.payment_id };
    let (debit, credit) = (suspense(money.gateway), clearing(money.gateway));
    let reason = "Cổng thanh toán báo lại đúng số tiền";
    book(tx, &Entry::of(Kind::Correction, cause, reason, debit, credit, before))?;
    Ok(true)
}

/// What a payment was booked to suspense with, in đồng.
fn in_suspense(tx: &mut Tx, payment_id: Uuid) -> Result<Option<i64>> {
    #[derive(QueryableByName)]
    struct Booked {
        #[diesel(sql_type = BigInt)]
        amount: i64,
    }
    let booked: Option<Booked> = prepared(
        "SELECT posting.amount FROM transfer JOIN posting ON posting.transfer_id = transfer.id
          WHERE cause_kind = 'suspense' AND cause_id = ? AND side = 'credit'",
    )
    .bind::<SqlUuid, _>(payment_id)
    .get_result(tx.conn)
    .optional()?;
    Ok(booked.map(|booked| booked.amount))
}

/// Money in suspense is applied to what a dossier owes; `id` is that of the application.
pub(super) fn applied(tx: &mut Tx, id: Uuid, money: &Money, dossier_id: Uuid, reason: &str) -> Result<()> {
    let (payer, _) = debtor_of(tx.conn, dossier_id)?;
    let cause = Cause { kind: "suspense_applied", id };
    let (debit, credit) = (suspense(money.gateway), Account::Receivable(payer));
    let entry = Entry::of(Kind::Suspense, cause, reason, debit, credit, money.amount);
    book(tx, &entry.about(Some(dossier_id), None))?;
    Ok(())
}

/// A refund, as it is booked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Back<'a> {
    pub refund_id: Uuid,
    pub money: Money<'a>,
    /// The dossier for which the money had been paid; `None`: it lay in suspense.
    pub dossier_id: Option<Uuid>,
}

impl Back<'_> {
    /// Whom the money is owed to.
    fn payer(&self, tx: &mut Tx) -> Result<Payer> {
        match self.dossier_id {
            Some(dossier) => Ok(debtor_of(tx.conn, dossier)?.0),
            None => Ok(Payer::Sender(self.money.payment_id)),
        }
    }

    fn entry(&self, cause: Cause, reason: &str, debit: Account, credit: Account) -> Entry {
        let entry = Entry::of(Kind::Refund, cause, reason, debit, credit, self.money.amount);
        entry.about(self.dossier_id, None)
    }
}

/// A refund is requested: from the revenue accounts with their amounts, or from suspense where
/// there are none.
pub(super) fn requested(tx: &mut Tx, back: &Back, revenue: Vec<Line>, reason: &str) -> Result<()> {
    let credit = Account::RefundPayable(back.payer(tx)?);
    let cause = Cause { kind: "refund_requested", id: back.refund_id };
    let mut entry = back.entry(cause, reason, suspense(back.money.gateway), credit);
    if back.dossier_id.is_some() {
        entry.lines.splice(..1, revenue);
    }
    book(tx, &entry)?;
    Ok(())
}

/// The gateway is told of an attempt at a refund.
pub(super) fn sent(tx: &mut Tx, attempt_id: Uuid, back: &Back) -> Result<()> {
    let (debit, credit) = (Account::RefundPayable(back.payer(tx)?), transit(back.money.gateway));
    let cause = Cause { kind: "refund_sent", id: attempt_id };
    book(tx, &back.entry(cause, "Gửi cổng thanh toán hoàn tiền", debit, credit))?;
    Ok(())
}

/// The gateway gave the money back.
pub(super) fn given_back(tx: &mut Tx, attempt_id: Uuid, back: &Back) -> Result<()> {
    let (debit, credit) = (transit(back.money.gateway), clearing(back.money.gateway));
    let cause = Cause { kind: "refund_succeeded", id: attempt_id };
    book(tx, &back.entry(cause, "Cổng thanh toán đã hoàn tiền", debit, credit))?;
    Ok(())
}

/// The gateway did not give the money back: it is owed to the payer on.
pub(super) fn not_given_back(tx: &mut Tx, attempt_id: Uuid, back: &Back) -> Result<()> {
    let (debit, credit) = (transit(back.money.gateway), Account::RefundPayable(back.payer(tx)?));
    let cause = Cause { kind: "refund_failed", id: attempt_id };
    book(tx, &back.entry(cause, "Cổng thanh toán không hoàn được", debit, credit))?;
    Ok(())
}

/// A person gave the money back by bank transfer, out of an account that is not the gateway's
/// where an online gateway has kept what was paid.
pub(super) fn given_back_by_hand(tx: &mut Tx, back: &Back, from: Account, reason: &str) -> Result<()> {
    let debit = Account::RefundPayable(back.payer(tx)?);
    let cause = Cause { kind: "refund_by_hand", id: back.refund_id };
    book(tx, &back.entry(cause, reason, debit, from))?;
    Ok(())
}

/// Somebody owes the state budget.
pub(super) fn claimed(tx: &mut Tx, id: Uuid, claim: &Standing) -> Result<()> {
    let (debit, credit) = (Account::BudgetReceivable(id), budget(claim));
    let cause = Cause { kind: "claim", id };
    let entry =
        Entry::of(Kind::Charge, cause, "Nghĩa vụ với ngân sách nhà nước", debit, credit, claim.amount);
    book(tx, &entry.about(Some(claim.dossier_id), None))?;
    Ok(())
}

/// A claim is given up: all of it is owed no more. What was paid of it is moved apart.
pub(super) fn claim_closed(tx: &mut Tx, id: Uuid, claim: &Standing) -> Result<()> {
    let (debit, credit) = (budget(claim), Account::BudgetReceivable(id));
    let cause = Cause { kind: "claim_closed", id };
    let entry =
        Entry::of(Kind::Correction, cause, "Không còn phải nộp theo thông báo", debit, credit, claim.amount);
    book(tx, &entry.about(Some(claim.dossier_id), None))?;
    Ok(())
}

/// The order of a claim was paid; `id` is that of the entry.
pub(super) fn claim_paid(
    tx: &mut Tx,
    id: Uuid,
    claim: Uuid,
    dossier_id: Uuid,
    order_id: Uuid,
    money: &Money,
) -> Result<()> {
    let (debit, credit) = (clearing(money.gateway), Account::BudgetReceivable(claim));
    let cause = Cause { kind: "claim_entry", id };
    let entry = Entry::of(Kind::Payment, cause, "Nộp nghĩa vụ tài chính", debit, credit, money.amount);
    book(tx, &entry.about(Some(dossier_id), Some(order_id)))?;
    Ok(())
}

/// A claim was paid elsewhere, by the amount of `counted`; `id` is that of the entry.
pub(super) fn counted_elsewhere(tx: &mut Tx, id: Uuid, claim: Uuid, counted: &Standing) -> Result<()> {
    let (debit, credit) = (elsewhere(counted), Account::BudgetReceivable(claim));
    let cause = Cause { kind: "claim_entry", id };
    let entry = Entry::of(Kind::Payment, cause, "Đã nộp ngoài cổng", debit, credit, counted.amount);
    book(tx, &entry.about(Some(counted.dossier_id), None))?;
    Ok(())
}

/// What was paid for one claim counts for another, by the amount of `moved`.
pub(super) fn carried(tx: &mut Tx, id: Uuid, (from, to): (Uuid, Uuid), moved: &Standing) -> Result<()> {
    let (debit, credit) = (Account::BudgetReceivable(from), Account::BudgetReceivable(to));
    let cause = Cause { kind: "claim_entry", id };
    let reason = "Chuyển số đã nộp sang thông báo thay thế";
    let entry = Entry::of(Kind::Correction, cause, reason, debit, credit, moved.amount);
    book(tx, &entry.about(Some(moved.dossier_id), None))?;
    Ok(())
}

/// What a gateway's payment paid for a claim waits to be given back.
pub(super) fn claim_returned(
    tx: &mut Tx,
    id: Uuid,
    claim: Uuid,
    dossier_id: Uuid,
    money: &Money,
) -> Result<()> {
    let (debit, credit) = (Account::BudgetReceivable(claim), suspense(money.gateway));
    let cause = Cause { kind: "claim_entry", id };
    let entry = Entry::of(Kind::Suspense, cause, "Số nộp thừa theo thông báo", debit, credit, money.amount);
    book(tx, &entry.about(Some(dossier_id), None))?;
    Ok(())
}

/// What was paid elsewhere for a claim is given back there, by the amount of `back`.
pub(super) fn returned_elsewhere(tx: &mut Tx, id: Uuid, claim: Uuid, back: &Standing) -> Result<()> {
    let (debit, credit) = (Account::BudgetReceivable(claim), elsewhere(back));
    let cause = Cause { kind: "claim_entry", id };
    let reason = "Số nộp thừa ngoài cổng, cơ quan thuế hoàn trả";
    let entry = Entry::of(Kind::Correction, cause, reason, debit, credit, back.amount);
    book(tx, &entry.about(Some(back.dossier_id), None))?;
    Ok(())
}

fn budget(claim: &Standing) -> Account {
    Account::StateBudget { treasury: claim.treasury.clone(), code: claim.code.clone() }
}

fn elsewhere(claim: &Standing) -> Account {
    Account::PaidElsewhere(claim.treasury.clone())
}

fn clearing(gateway: &str) -> Account {
    Account::GatewayClearing(gateway.to_owned())
}

fn suspense(gateway: &str) -> Account {
    Account::Suspense(gateway.to_owned())
}

fn transit(gateway: &str) -> Account {
    Account::RefundInTransit(gateway.to_owned())
}
