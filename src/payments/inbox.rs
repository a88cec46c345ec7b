//! The one door through which the platform's word on a payment comes in.
//!
//! read → decide (pure) → apply, all in one transaction, with the raw message stored once.
//! A message settles an order only if everything in it is right; otherwise it changes
//! nothing, and the row of the message says why.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DbError};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::order::{Order, OrderState, by_reference};
use crate::db::schema::{gateway_event, payment_order};
use crate::db::{Tx, to_sql};
use crate::error::{BUSY, Result};
use crate::jobs;
use crate::national::payment_platform::{CURRENCY, Callback, Partner, SUCCESS, Unreadable};

/// Job: money came for a dossier, which consumes it. Payload [`FeePaid`], subject: the order.
pub const FEE_PAID: &str = "fee_paid";

/// Longest reference that is stored beside the raw message, in bytes.
const REFERENCE_STORED: usize = 100;
/// Longest `MaGiaoDich`, in bytes.
const TRANSACTION_LIMIT: usize = 100;

/// Payload of [`FEE_PAID`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeePaid {
    pub dossier_id: Uuid,
    pub order_id: Uuid,
    /// Đồng.
    pub amount: i64,
}

/// How a message reached us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The platform called.
    Callback,
    /// It answered when we asked.
    Query,
}

/// What was made of a message. Only `Settled` changed anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The order was open; it is paid now.
    Settled,
    /// The payment that settled the order, told again.
    Repeated,
    /// Not a message, or one that names no payment.
    Malformed,
    /// Not signed with the shared key, or changed after it was.
    Forged,
    /// For another partner of the platform.
    OtherPartner,
    /// The payment failed.
    NotPaid,
    OtherCurrency,
    UnknownOrder,
    WrongAmount,
    /// The order was cancelled before the money came.
    Late,
    /// The order was settled by another payment.
    PaidTwice,
    /// The payment settled another order.
    TransactionReused,
}

impl Outcome {
    fn word(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::Repeated => "repeated",
            Self::Malformed => "malformed",
            Self::Forged => "forged",
            Self::OtherPartner => "other_partner",
            Self::NotPaid => "not_paid",
            Self::OtherCurrency => "other_currency",
            Self::UnknownOrder => "unknown_order",
            Self::WrongAmount => "wrong_amount",
            Self::Late => "late",
            Self::PaidTwice => "paid_twice",
            Self::TransactionReused => "transaction_reused",
        }
    }

    /// The payment is booked: now, or before.
    pub fn is_accepted(self) -> bool {
        matches!(self, Self::Settled | Self::Repeated)
    }
}

/// Decides what a message means. Who sent it is asked before what it says, and what it says
/// before what we know, so that a stranger learns nothing from the answer.
pub fn decide_callback(order: Option<&Order>, message: &Callback, partner: &Partner) -> Outcome {
    if !message.is_authentic(partner) {
        return Outcome::Forged;
    }
    if message.partner != partner.code {
        return Outcome::OtherPartner;
    }
    if message.error_code != SUCCESS {
        return Outcome::NotPaid;
    }
    if message.transaction.is_empty() || message.transaction.len() > TRANSACTION_LIMIT {
        return Outcome::Malformed;
    }
    if message.currency != CURRENCY {
        return Outcome::OtherCurrency;
    }
    let Some(order) = order else {
        return Outcome::UnknownOrder;
    };
    // Compared as text: "7000.0" or "7e3" is no amount that the platform would write.
    if message.amount != order.amount.to_string() {
        return Outcome::WrongAmount;
    }
    match order.state {
        OrderState::Open => Outcome::Settled,
        OrderState::Cancelled => Outcome::Late,
        OrderState::Paid if order.gateway_txn.as_deref() == Some(&message.transaction) => Outcome::Repeated,
        OrderState::Paid => Outcome::PaidTwice,
    }
}

/// Takes a message in; gives what was made of it, and the reference if it could be read.
pub fn take_in(
    tx: &mut Tx,
    partner: &Partner,
    source: Source,
    raw: &[u8],
) -> Result<(Outcome, Option<String>)> {
    let (outcome, reference) = match Callback::read(raw) {
        Err(Unreadable { reference }) => (Outcome::Malformed, reference),
        Ok(message) => (apply(tx, partner, &message)?, Some(message.reference)),
    };
    // What no order could have is stored with the raw bytes only: it may be of any length.
    let known = reference.as_deref().filter(|text| text.len() <= REFERENCE_STORED);
    store(tx, source, raw, known, outcome)?;
    Ok((outcome, reference))
}

/// Decides and settles. Who loses the race for an order looks again: an order leaves `open`
/// only once, so the second look is final.
fn apply(tx: &mut Tx, partner: &Partner, message: &Callback) -> Result<Outcome> {
    for _ in 0..2 {
        let order = by_reference(tx.conn, &message.reference)?;
        let outcome = decide_callback(order.as_ref(), message, partner);
        let (Outcome::Settled, Some(order)) = (outcome, order) else {
            return Ok(outcome);
        };
        if let Some(outcome) = settle(tx, &order, &message.transaction)? {
            return Ok(outcome);
        }
    }
    Err(BUSY.err())
}

/// open → paid by compare-and-set; `None` when somebody else was faster. The unique key on
/// the platform's transaction keeps one payment from settling two orders.
fn settle(tx: &mut Tx, order: &Order, transaction: &str) -> Result<Option<Outcome>> {
    let paid_at = to_sql(tx.now);
    let settled = tx.conn.transaction(|conn| {
        diesel::update(payment_order::table.find(order.id))
            .filter(payment_order::state.eq("open"))
            .set((
                payment_order::state.eq("paid"),
                payment_order::paid_at.eq(paid_at),
                payment_order::gateway_txn.eq(transaction),
            ))
            .execute(conn)
    });
    match settled {
        Ok(0) => return Ok(None),
        Ok(_) => {}
        Err(DbError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
            return Ok(Some(Outcome::TransactionReused));
        }
        Err(error) => return Err(error.into()),
    }
    let paid = FeePaid { dossier_id: order.dossier_id, order_id: order.id, amount: order.amount };
    let payload = serde_json::to_value(&paid)?;
    // In the order of the payment's jobs, not the dossier's: news that cannot be delivered to
    // the national side must not keep a paid dossier waiting.
    jobs::enqueue(tx, FEE_PAID, Some(order.id), payload, Some(format!("fee_paid:{}", order.id)))?;
    tx.audit("settle_payment_order", Some(order.id))?;
    Ok(Some(Outcome::Settled))
}

/// Stores the raw message once. One that was refused before and is good now (its key was
/// mended meanwhile) becomes the one that settled.
fn store(tx: &mut Tx, source: Source, raw: &[u8], reference: Option<&str>, outcome: Outcome) -> Result<()> {
    let source = match source {
        Source::Callback => "callback",
        Source::Query => "query",
    };
    let hash: [u8; 32] = Sha256::digest(raw).into();
    let insert = diesel::insert_into(gateway_event::table).values((
        gateway_event::id.eq(Uuid::now_v7()),
        gateway_event::raw_sha256.eq(&hash[..]),
        gateway_event::raw.eq(raw),
        gateway_event::source.eq(source),
        gateway_event::reference.eq(reference),
        gateway_event::outcome.eq(outcome.word()),
        gateway_event::received_at.eq(to_sql(tx.now)),
    ));
    match outcome {
        Outcome::Settled => insert
            .on_conflict(gateway_event::raw_sha256)
            .do_update()
            .set(gateway_event::outcome.eq(outcome.word()))
            .execute(tx.conn)?,
        _ => insert.on_conflict_do_nothing().execute(tx.conn)?,
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    fn partner() -> Partner {
        Partner { code: "MOTCUA".to_owned(), key: Secret::new("key".to_owned()) }
    }

    fn order(state: OrderState) -> Order {
        Order {
            id: Uuid::nil(),
            dossier_id: Uuid::nil(),
            reference: "R1".to_owned(),
            amount: 7000,
            state,
            pay_url: None,
            gateway_txn: (state == OrderState::Paid).then(|| "G1".to_owned()),
        }
    }

    fn message(change: impl FnOnce(&mut Callback)) -> Callback {
        let mut message = Callback {
            kind: "ConfirmTrans".to_owned(),
            error_code: "00".to_owned(),
            partner: "MOTCUA".to_owned(),
            reference: "R1".to_owned(),
            amount: "7000".to_owned(),
            currency: "VND".to_owned(),
            transaction: "G1".to_owned(),
            bank: String::new(),
            time: "20261122091500".to_owned(),
            information: String::new(),
            digest: String::new(),
        };
        change(&mut message);
        message.sign(&partner())
    }

    fn decided(state: OrderState, change: impl FnOnce(&mut Callback)) -> Outcome {
        decide_callback(Some(&order(state)), &message(change), &partner())
    }

    // Mutants: drop any one of the questions of `decide_callback`.
    #[test]
    fn every_question_is_asked() {
        use OrderState::{Cancelled, Open, Paid};
        assert_eq!(decided(Open, |_| {}), Outcome::Settled);
        assert_eq!(decided(Open, |m| m.partner = "OTHER".to_owned()), Outcome::OtherPartner);
        assert_eq!(decided(Open, |m| m.error_code = "01".to_owned()), Outcome::NotPaid);
        assert_eq!(decided(Open, |m| m.currency = "USD".to_owned()), Outcome::OtherCurrency);
        assert_eq!(decided(Open, |m| m.transaction.clear()), Outcome::Malformed);
        assert_eq!(decided(Cancelled, |_| {}), Outcome::Late);
        assert_eq!(decided(Paid, |_| {}), Outcome::Repeated);
        assert_eq!(decided(Paid, |m| m.transaction = "G2".to_owned()), Outcome::PaidTwice);
        assert_eq!(decide_callback(None, &message(|_| {}), &partner()), Outcome::UnknownOrder);
        let unsigned = Callback { digest: String::new(), ..message(|_| {}) };
        assert_eq!(decide_callback(Some(&order(Open)), &unsigned, &partner()), Outcome::Forged);
    }

    // Mutant: parse the amount as a number (float or integer) and compare the numbers.
    #[test]
    fn only_the_exact_amount_is_right() {
        for amount in [
            "6999",
            "7001",
            "0",
            "-7000",
            "9223372036854775808",
            "7e3",
            "7000.0",
            "07000",
            " 7000",
            "+7000",
            "",
            "7.000",
            "7000đ",
        ] {
            assert_eq!(
                decided(OrderState::Open, |m| m.amount = amount.to_owned()),
                Outcome::WrongAmount,
                "{amount}"
            );
        }
    }
}
