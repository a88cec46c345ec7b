//! The one door through which a gateway's word on a payment comes in.
//!
//! read (the gateway's own, pure) → decide (pure) → apply, all in one transaction, with the raw
//! message stored once. A payment settles an order only if everything about it is right.
//! Otherwise it is still money that somebody has: it is kept as a payment with the reason why
//! it settles nothing. A payment counts once, however often and by whatever way it is told.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::result::Error as DbError;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

use super::attempt::{self, Attempt, by_reference};
use super::booking::{self, Money};
use super::gateway::{Notice, Payment, Says, Source, Words};
use super::order::OrderState;
use super::refund::request_unapplied;
use super::{claim, joint};
use crate::db::schema::{gateway_event, payment_order};
use crate::db::{Tx, prepared, to_sql};
use crate::error::Result;
use crate::{jobs, receipts};

/// Job: money came for a dossier, which consumes it. Payload [`FeePaid`], subject: the order.
pub const FEE_PAID: &str = "fee_paid";

/// Longest reference that is stored beside the raw message, in bytes.
const REFERENCE_STORED: usize = 100;
/// Longest number of a payment, in bytes.
const TRANSACTION_LIMIT: usize = 100;
/// Why money goes back that was paid twice.
pub(super) const PAID_TWICE: &str = "Lệnh thanh toán đã được nộp bằng giao dịch khác";
/// Longest name of a bank that is kept, in characters.
const BANK_STORED: usize = 100;
/// Largest amount that is kept as a payment, in đồng: a thousand billion, as of a charge.
pub(super) const AMOUNT_LIMIT: i64 = 1_000_000_000_000;

/// Payload of [`FEE_PAID`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeePaid {
    pub dossier_id: Uuid,
    pub order_id: Uuid,
    /// Đồng.
    pub amount: i64,
}

/// What was made of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The order was open; it is paid now.
    Settled,
    /// The payment that settled the order, told again.
    Repeated,
    /// Not a message, or one that names no payment.
    Malformed,
    /// Not signed with the shared key, or changed after it was.
    Forged,
    /// For another partner of the gateway.
    OtherPartner,
    /// The payment failed.
    NotPaid,
    OtherCurrency,
    UnknownOrder,
    WrongAmount,
    /// The order was cancelled, or had expired, before the money came.
    Late,
    /// The order was settled by another payment: of this attempt, or of another one.
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

/// Decides what a payment means: what is told before what we know.
pub fn decide(attempt: Option<&Attempt>, gateway: &str, payment: &Payment) -> Outcome {
    if payment.transaction.is_empty() || payment.transaction.len() > TRANSACTION_LIMIT {
        return Outcome::Malformed;
    }
    let Some(Attempt { order, .. }) = attempt else {
        return Outcome::UnknownOrder;
    };
    if payment.amount != Some(order.amount) {
        return Outcome::WrongAmount;
    }
    let settled_it = order
        .settled_by
        .as_ref()
        .is_some_and(|by| by.gateway == gateway && by.transaction == payment.transaction);
    match order.state {
        OrderState::Open => Outcome::Settled,
        OrderState::Cancelled | OrderState::Expired => Outcome::Late,
        OrderState::Paid if settled_it => Outcome::Repeated,
        OrderState::Paid => Outcome::PaidTwice,
    }
}

/// A message that was taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub outcome: Outcome,
    /// Our reference, if that much could be read.
    pub reference: Option<String>,
}

/// Takes a message in.
pub fn take_in(tx: &mut Tx, words: &dyn Words, source: Source, raw: &[u8]) -> Result<Taken> {
    let Notice { reference, says } = words.read(source, raw);
    let outcome = match says {
        Says::Malformed => Outcome::Malformed,
        Says::Forged => Outcome::Forged,
        Says::OtherPartner => Outcome::OtherPartner,
        Says::NotPaid => Outcome::NotPaid,
        Says::OtherCurrency => Outcome::OtherCurrency,
        Says::Paid(payment) => arrive(tx, words.gateway(), &payment)?,
    };
    // What no order could have is stored with the raw bytes only: it may be of any length.
    let known = reference.as_deref().filter(|text| text.len() <= REFERENCE_STORED);
    store(tx, &Message { gateway: words.gateway(), source, raw, reference: known, outcome })?;
    Ok(Taken { outcome, reference })
}

/// Decides and applies. Who loses a race looks again: an order leaves `open` only once, and a
/// payment settles only once, so the second look is final.
fn arrive(tx: &mut Tx, gateway: &str, payment: &Payment) -> Result<Outcome> {
    for _ in 0..2 {
        let attempt = by_reference(tx.conn, gateway, &payment.reference)?;
        let outcome = decide(attempt.as_ref(), gateway, payment);
        let told = Told { gateway, payment, attempt: attempt.as_ref(), outcome };
        let (Outcome::Settled, Some(attempt)) = (outcome, &attempt) else {
            keep(tx, &told)?;
            return Ok(outcome);
        };
        if settle(tx, &told, attempt)? {
            return Ok(outcome);
        }
    }
    // The order is open still: it was the payment that somebody else had used.
    Ok(Outcome::TransactionReused)
}

/// A payment with what was decided about it.
struct Told<'a> {
    gateway: &'a str,
    payment: &'a Payment,
    attempt: Option<&'a Attempt>,
    outcome: Outcome,
}

/// open → paid by compare-and-set; `false` when somebody else was faster. The unique key on
/// the gateway's number keeps one payment from settling two orders. A joint order is paid for
/// its members, that of a claim for the state budget.
fn settle(tx: &mut Tx, told: &Told, attempt: &Attempt) -> Result<bool> {
    let (paid_at, order) = (to_sql(tx.now), &attempt.order);
    let settled = tx.conn.transaction(|conn| {
        let Some(payment_id) = note(conn, told, paid_at)? else {
            return Ok(None);
        };
        let paid = diesel::update(payment_order::table.find(order.id))
            .filter(payment_order::state.eq("open"))
            .set((
                payment_order::state.eq("paid"),
                payment_order::paid_at.eq(paid_at),
                payment_order::gateway.eq(told.gateway),
                payment_order::gateway_txn.eq(&told.payment.transaction),
            ))
            .execute(conn)?;
        if paid == 0 {
            return Err(DbError::RollbackTransaction);
        }
        attempt::mark_paid(conn, attempt.id)?;
        Ok(Some(payment_id))
    });
    let payment_id = match settled {
        Ok(Some(payment_id)) => payment_id,
        Ok(None) | Err(DbError::RollbackTransaction) => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    let money = Money { payment_id, gateway: told.gateway, amount: order.amount };
    booking::corrected(tx, &money)?;
    if let Some(claim) = order.claim_id {
        claim::settle(tx, &money, order, claim)?;
        return Ok(true);
    }
    let settled = match order.dossier_id {
        Some(dossier_id) => vec![FeePaid { dossier_id, order_id: order.id, amount: order.amount }],
        None => joint::settle(tx, &money, &told.payment.transaction, order.id)?,
    };
    for paid in &settled {
        let (id, payload) = (paid.order_id, serde_json::to_value(paid)?);
        booking::settled(tx, &Money { amount: paid.amount, ..money }, paid.dossier_id, id)?;
        // In the order of the payment's jobs, not the dossier's: news that cannot be delivered
        // to the national side must not keep a paid dossier waiting.
        jobs::enqueue(tx, FEE_PAID, Some(id), payload, Some(format!("fee_paid:{id}")))?;
        tx.audit("settle_payment_order", Some(id))?;
    }
    let orders: Vec<Uuid> = settled.iter().map(|paid| paid.order_id).collect();
    receipts::issue(tx, &orders)?;
    Ok(true)
}

/// Keeps a payment that settles nothing, the first time that it is told: in suspense, until a
/// person says what it is. What was paid twice goes back by itself.
fn keep(tx: &mut Tx, told: &Told) -> Result<()> {
    let is_money = match told.outcome {
        Outcome::UnknownOrder => told.payment.reference.len() <= REFERENCE_STORED,
        Outcome::WrongAmount | Outcome::Late | Outcome::PaidTwice => true,
        _ => false,
    };
    if !is_money || !told.payment.amount.is_some_and(|amount| (1..=AMOUNT_LIMIT).contains(&amount)) {
        return Ok(());
    }
    let Some(payment_id) = note(tx.conn, told, to_sql(tx.now))? else {
        return Ok(());
    };
    if let (Outcome::Late | Outcome::PaidTwice, Some(attempt)) = (told.outcome, told.attempt) {
        attempt::mark_paid(tx.conn, attempt.id)?;
    }
    let amount = told.payment.amount.unwrap_or_default();
    let money = Money { payment_id, gateway: told.gateway, amount };
    let of = told.attempt.map(|attempt| &attempt.order);
    let order = (of.and_then(|order| order.dossier_id), of.map(|order| order.id));
    booking::kept(tx, &money, told.outcome.word(), order)?;
    if told.outcome == Outcome::PaidTwice {
        request_unapplied(tx, &money, PAID_TWICE)?;
    }
    Ok(())
}

/// Writes a payment, once for each of the gateway's numbers; gives its id when it is new. One
/// whose amount was told wrong and is told rightly now counts as new, whether or not it settles
/// its order by now, unless somebody has disposed of it meanwhile.
fn note(conn: &mut PgConnection, told: &Told, now: jiff_diesel::Timestamp) -> QueryResult<Option<Uuid>> {
    let Told { gateway, payment, attempt, outcome } = told;
    // A statement of its own, since one sees what was committed before it began: who disposes
    // of this payment just now is waited for, and then seen.
    prepared("SELECT FROM gateway_payment WHERE gateway = ? AND transaction = ? FOR UPDATE")
        .bind::<Text, _>(*gateway)
        .bind::<Text, _>(payment.transaction.as_str())
        .execute(conn)?;
    let bank: String = payment.bank.chars().take(BANK_STORED).collect();
    let rows: Vec<Noted> = prepared(
        "INSERT INTO gateway_payment (id, gateway, transaction, reference, attempt_id, amount, bank, paid_at,
                                      outcome, told_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (gateway, transaction)
         DO UPDATE SET attempt_id = excluded.attempt_id, amount = excluded.amount, outcome = excluded.outcome
          WHERE (gateway_payment.outcome <> 'settled' AND excluded.outcome = 'settled'
                 OR gateway_payment.outcome = 'wrong_amount' AND excluded.outcome IN ('late', 'paid_twice'))
            AND gateway_payment.reference = excluded.reference
            AND NOT EXISTS (SELECT FROM suspense_application WHERE payment_id = gateway_payment.id)
            AND NOT EXISTS (SELECT FROM refund WHERE payment_id = gateway_payment.id)
         RETURNING id",
    )
    .bind::<SqlUuid, _>(Uuid::now_v7())
    .bind::<Text, _>(*gateway)
    .bind::<Text, _>(&payment.transaction)
    .bind::<Text, _>(&payment.reference)
    .bind::<Nullable<SqlUuid>, _>(attempt.map(|attempt| attempt.id))
    .bind::<BigInt, _>(payment.amount.unwrap_or_default())
    .bind::<Text, _>(bank)
    .bind::<Nullable<Timestamptz>, _>(payment.paid_at.map(to_sql))
    .bind::<Text, _>(outcome.word())
    .bind::<Timestamptz, _>(now)
    .get_results(conn)?;
    Ok(rows.into_iter().next().map(|noted| noted.id))
}

#[derive(QueryableByName)]
struct Noted {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// A message to be stored.
struct Message<'a> {
    gateway: &'a str,
    source: Source,
    raw: &'a [u8],
    reference: Option<&'a str>,
    outcome: Outcome,
}

/// Stores the raw message once. One that was refused before and is good now (its key was
/// mended meanwhile) becomes the one that settled.
fn store(tx: &mut Tx, message: &Message) -> Result<()> {
    let hash: [u8; 32] = Sha256::digest(message.raw).into();
    let insert = diesel::insert_into(gateway_event::table).values((
        gateway_event::id.eq(Uuid::now_v7()),
        gateway_event::gateway.eq(message.gateway),
        gateway_event::raw_sha256.eq(&hash[..]),
        gateway_event::raw.eq(message.raw),
        gateway_event::source.eq(message.source.word()),
        gateway_event::reference.eq(message.reference),
        gateway_event::outcome.eq(message.outcome.word()),
        gateway_event::received_at.eq(to_sql(tx.now)),
    ));
    match message.outcome {
        Outcome::Settled => insert
            .on_conflict((gateway_event::gateway, gateway_event::raw_sha256))
            .do_update()
            .set(gateway_event::outcome.eq(message.outcome.word()))
            .execute(tx.conn)?,
        _ => insert.on_conflict_do_nothing().execute(tx.conn)?,
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::attempt::AttemptState;
    use super::super::order::{Demanded, Settlement};
    use super::*;
    use jiff::Timestamp;

    fn attempt(state: OrderState) -> Attempt {
        let settled_by = Settlement { gateway: "national".to_owned(), transaction: "G1".to_owned() };
        Attempt {
            id: Uuid::nil(),
            gateway: "national".to_owned(),
            reference: "R1".to_owned(),
            state: AttemptState::Open,
            page: None,
            opened_at: Timestamp::UNIX_EPOCH,
            expires_at: Timestamp::UNIX_EPOCH,
            order: Demanded {
                id: Uuid::nil(),
                dossier_id: Some(Uuid::nil()),
                claim_id: None,
                reference: "R1".to_owned(),
                amount: 7000,
                state,
                settled_by: (state == OrderState::Paid).then_some(settled_by),
            },
        }
    }

    fn decided(state: OrderState, change: impl FnOnce(&mut Payment)) -> Outcome {
        let mut payment = Payment {
            reference: "R1".to_owned(),
            amount: Some(7000),
            transaction: "G1".to_owned(),
            bank: String::new(),
            paid_at: None,
        };
        change(&mut payment);
        decide(Some(&attempt(state)), "national", &payment)
    }

    // Mutants: drop any one of the questions of `decide`.
    #[test]
    fn every_question_is_asked() {
        use OrderState::{Cancelled, Expired, Open, Paid};
        assert_eq!(decided(Open, |_| {}), Outcome::Settled);
        assert_eq!(decided(Open, |p| p.transaction.clear()), Outcome::Malformed);
        assert_eq!(decided(Open, |p| p.transaction = "9".repeat(101)), Outcome::Malformed);
        for amount in [None, Some(6999), Some(7001), Some(0), Some(-7000), Some(i64::MAX)] {
            assert_eq!(decided(Open, |p| p.amount = amount), Outcome::WrongAmount, "{amount:?}");
        }
        assert_eq!(decided(Cancelled, |_| {}), Outcome::Late);
        assert_eq!(decided(Expired, |_| {}), Outcome::Late);
        assert_eq!(decided(Paid, |_| {}), Outcome::Repeated);
        assert_eq!(decided(Paid, |p| p.transaction = "G2".to_owned()), Outcome::PaidTwice);
    }

    // Mutant: compare the numbers of payments without their gateways.
    #[test]
    fn the_same_number_at_another_gateway_is_another_payment() {
        let payment = Payment {
            reference: "R2".to_owned(),
            amount: Some(7000),
            transaction: "G1".to_owned(),
            bank: String::new(),
            paid_at: None,
        };
        assert_eq!(decide(Some(&attempt(OrderState::Paid)), "vnpay", &payment), Outcome::PaidTwice);
        assert_eq!(decide(None, "vnpay", &payment), Outcome::UnknownOrder);
    }
}
