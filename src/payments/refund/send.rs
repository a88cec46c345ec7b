//! Tells the gateways of refunds, and asks what became of those that they did not finish at once.
//!
//! A gateway that can be asked about the last refund of a payment only is told of one at a
//! time: the next waits, and is looked at again every so often, until that one has ended.

use anyhow::Context;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::{RefundJob, SEND_REFUND};
use crate::auth::Actor;
use crate::db::schema::{refund, refund_attempt};
use crate::db::{Db, Tx, prepared, to_sql};
use crate::error::Result;
use crate::payments::booking::{self, Back, Money};
use crate::payments::gateway::{Gateways, Refund, RefundState};
use crate::payments::order::lock_dossier;
use crate::payments::poll::{self, AT_ONCE, ROUND};
use crate::{jobs, receipts};

/// Name under which the asking acts.
pub const POLL_REFUNDS: &str = "poll_refunds";

/// An attempt with what its gateway must know.
#[derive(Debug, Clone, QueryableByName)]
struct Sent {
    #[diesel(sql_type = SqlUuid)]
    attempt_id: Uuid,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = SqlUuid)]
    refund_id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    dossier_id: Option<Uuid>,
    #[diesel(sql_type = BigInt)]
    amount: i64,
    #[diesel(sql_type = Text)]
    reason: String,
    #[diesel(sql_type = Text)]
    requested_by: String,
    #[diesel(sql_type = SqlUuid)]
    payment_id: Uuid,
    #[diesel(sql_type = Text)]
    gateway: String,
    #[diesel(sql_type = Text)]
    transaction: String,
    #[diesel(sql_type = Text)]
    reference: String,
    #[diesel(sql_type = BigInt)]
    paid: i64,
    #[diesel(sql_type = Timestamptz)]
    opened_at: jiff_diesel::Timestamp,
    #[diesel(sql_type = diesel::sql_types::Integer)]
    asked: i32,
    /// Another refund of the payment over the same amount has succeeded.
    #[diesel(sql_type = diesel::sql_types::Bool)]
    alike: bool,
}

impl Sent {
    fn load(conn: &mut PgConnection, attempt_id: Uuid) -> Result<Option<Self>> {
        Ok(prepared(
            "SELECT t.id AS attempt_id, t.state, t.reference AS id, t.asked, r.id AS refund_id, r.dossier_id,
                    r.amount, r.reason, r.requested_by, p.id AS payment_id, p.gateway, p.transaction,
                    p.reference, p.amount AS paid, coalesce(a.opened_at, p.told_at) AS opened_at,
                    EXISTS (SELECT FROM refund other
                             WHERE other.payment_id = p.id AND other.id <> r.id AND other.amount = r.amount
                               AND other.state = 'succeeded') AS alike
               FROM refund_attempt t JOIN refund r ON r.id = t.refund_id
               JOIN gateway_payment p ON p.id = r.payment_id
               LEFT JOIN payment_attempt a ON a.id = p.attempt_id
              WHERE t.id = ?",
        )
        .bind::<SqlUuid, _>(attempt_id)
        .get_result(conn)
        .optional()?)
    }

    fn back(&self) -> Back<'_> {
        let money = Money { payment_id: self.payment_id, gateway: &self.gateway, amount: self.amount };
        Back { refund_id: self.refund_id, money, dossier_id: self.dossier_id }
    }

    fn wire(&self) -> Refund {
        Refund {
            id: self.id.clone(),
            reference: self.reference.clone(),
            opened_at: self.opened_at.to_jiff(),
            transaction: self.transaction.clone(),
            paid: self.paid,
            amount: self.amount,
            reason: self.reason.clone(),
            by: self.requested_by.clone(),
            asked: self.asked,
        }
    }
}

/// Runs [`SEND_REFUND`]. Done again, it is the same attempt: the gateway knows its reference.
pub async fn run_send_refund(db: &Db, gateways: &Gateways, payload: Value) -> Result<()> {
    let RefundJob { attempt_id } = serde_json::from_value(payload)?;
    let actor = Actor::system(SEND_REFUND);
    let Some(known) = db.read(move |conn| Sent::load(conn, attempt_id)).await? else {
        return Ok(());
    };
    let gateway = gateways.named(&known.gateway)?;
    let (payment, alone) = (known.payment_id, gateway.tells_the_last_refund_only());
    let set_out = move |tx: &mut Tx| match alone && is_another_under_way(tx, payment, attempt_id)? {
        true => wait(tx, attempt_id).map(|()| None),
        false => set_out(tx, attempt_id),
    };
    let Some(sent) = db.write(&actor, set_out).await? else {
        return Ok(());
    };
    let answer =
        gateway.refund(&sent.wire(), db.clock.now()).await.context("the refund could not be sent")?;
    db.write(&actor, move |tx| conclude(tx, &sent, answer)).await
}

/// Whether another refund of the payment is under way, under the payment's lock: of two that
/// set out at once, one sees the other.
fn is_another_under_way(tx: &mut Tx, payment_id: Uuid, attempt_id: Uuid) -> Result<bool> {
    prepared("SELECT FROM gateway_payment WHERE id = ? FOR NO KEY UPDATE")
        .bind::<SqlUuid, _>(payment_id)
        .execute(tx.conn)?;
    let others = refund_attempt::table
        .inner_join(refund::table.on(refund::id.eq(refund_attempt::refund_id)))
        .filter(refund::payment_id.eq(payment_id))
        .filter(refund_attempt::id.ne(attempt_id))
        .filter(refund_attempt::state.eq("pending"));
    Ok(diesel::select(diesel::dsl::exists(others)).get_result(tx.conn)?)
}

/// An attempt waits for another one; it is looked at again by [`poll_refunds`].
fn wait(tx: &mut Tx, attempt_id: Uuid) -> Result<()> {
    diesel::update(refund_attempt::table.find(attempt_id))
        .filter(refund_attempt::state.eq("requested"))
        .set(refund_attempt::ask_at.eq(to_sql(poll::next(tx.now, 1))))
        .execute(tx.conn)?;
    Ok(())
}

/// requested → pending, booked before anybody outside hears of it; `None` when the attempt has
/// ended. It is not asked about before the gateway has answered: one that has not heard of it
/// yet says that it failed, and the order may still be on its way.
fn set_out(tx: &mut Tx, attempt_id: Uuid) -> Result<Option<Sent>> {
    let Some(sent) = Sent::load(tx.conn, attempt_id)? else {
        return Ok(None);
    };
    let begun = diesel::update(refund_attempt::table.find(attempt_id))
        .filter(refund_attempt::state.eq("requested"))
        .set((refund_attempt::state.eq("pending"), refund_attempt::ask_at.eq(None::<jiff_diesel::Timestamp>)))
        .execute(tx.conn)?;
    if begun == 1 {
        diesel::update(refund::table.find(sent.refund_id))
            .set(refund::state.eq("pending"))
            .execute(tx.conn)?;
        booking::sent(tx, attempt_id, &sent.back())?;
        return Ok(Some(sent));
    }
    Ok(Some(sent).filter(|sent| sent.state == "pending"))
}

/// pending → succeeded | failed by compare-and-set, whoever hears the gateway's word first.
fn conclude(tx: &mut Tx, sent: &Sent, answer: RefundState) -> Result<()> {
    let word = match answer {
        RefundState::Pending => return put_off(tx, sent),
        RefundState::Success => "succeeded",
        RefundState::Failed => "failed",
    };
    if let Some(dossier_id) = sent.dossier_id {
        // Before the refund: its receipts are the dossier's.
        lock_dossier(tx, dossier_id)?;
    }
    let ended = diesel::update(refund_attempt::table.find(sent.attempt_id))
        .filter(refund_attempt::state.eq("pending"))
        .set((refund_attempt::state.eq(word), refund_attempt::ask_at.eq(None::<jiff_diesel::Timestamp>)))
        .execute(tx.conn)?;
    if ended == 0 {
        return Ok(());
    }
    diesel::update(refund::table.find(sent.refund_id))
        .set((refund::state.eq(word), refund::ended_at.eq(to_sql(tx.now))))
        .execute(tx.conn)?;
    match answer {
        RefundState::Success => {
            booking::given_back(tx, sent.attempt_id, &sent.back())?;
            receipts::given_back(tx, sent.refund_id, &sent.reason)?;
        }
        _ => booking::not_given_back(tx, sent.attempt_id, &sent.back())?,
    }
    tx.audit("conclude_refund", Some(sent.refund_id))
}

fn put_off(tx: &mut Tx, sent: &Sent) -> Result<()> {
    let asked = sent.asked + 1;
    diesel::update(refund_attempt::table.find(sent.attempt_id))
        .filter(refund_attempt::state.eq("pending"))
        .set((refund_attempt::asked.eq(asked), refund_attempt::ask_at.eq(to_sql(poll::next(tx.now, asked)))))
        .execute(tx.conn)?;
    Ok(())
}

/// Asks about every refund under way that is due, round by round; gives how many have ended.
pub async fn poll_refunds(db: &Db, gateways: &Gateways) -> Result<usize> {
    poll::in_rounds(|| poll_round(db, gateways)).await
}

/// One round: how many were asked about, and how many of them have ended. Each is put off or
/// ends, so the next round finds others.
async fn poll_round(db: &Db, gateways: &Gateways) -> Result<(usize, usize)> {
    let now = db.clock.now();
    let due = db.read(move |conn| due(conn, now)).await?;
    let asked = due.len();
    let answers = stream::iter(due).map(|attempt| ask(db, gateways, attempt)).buffer_unordered(AT_ONCE);
    let ended: Vec<Result<bool>> = answers.collect().await;
    let ended: Result<Vec<bool>> = ended.into_iter().collect();
    Ok((asked, ended?.into_iter().filter(|ended| *ended).count()))
}

fn due(conn: &mut PgConnection, now: Timestamp) -> Result<Vec<Uuid>> {
    Ok(refund_attempt::table
        .filter(refund_attempt::state.eq_any(["requested", "pending"]))
        .filter(refund_attempt::ask_at.le(to_sql(now)))
        .order(refund_attempt::ask_at)
        .limit(ROUND)
        .select(refund_attempt::id)
        .load(conn)?)
}

/// One that waited is to be sent, once: the job sees whether it must wait on. It has not ended.
fn look_again(tx: &mut Tx, sent: &Sent) -> Result<bool> {
    let looked = diesel::update(refund_attempt::table.find(sent.attempt_id))
        .filter(refund_attempt::state.eq("requested").and(refund_attempt::ask_at.is_not_null()))
        .set(refund_attempt::ask_at.eq(None::<jiff_diesel::Timestamp>))
        .execute(tx.conn)?;
    if looked == 1 {
        let payload = serde_json::to_value(RefundJob { attempt_id: sent.attempt_id })?;
        jobs::enqueue(tx, SEND_REFUND, Some(sent.refund_id), payload, None)?;
    }
    Ok(false)
}

/// Asks about one; a gateway that does not answer is asked again later.
async fn ask(db: &Db, gateways: &Gateways, attempt_id: Uuid) -> Result<bool> {
    let Some(sent) = db.read(move |conn| Sent::load(conn, attempt_id)).await? else {
        return Ok(false);
    };
    if sent.state == "requested" {
        return db.write(&Actor::system(POLL_REFUNDS), move |tx| look_again(tx, &sent)).await;
    }
    let gateway = gateways.named(&sent.gateway)?;
    let answer = match gateway.refund_state(&sent.wire(), db.clock.now()).await {
        Ok(answer) => answer,
        Err(error) => {
            tracing::warn!(refund = %sent.refund_id, "the gateway could not be asked: {error:#}");
            RefundState::Pending
        }
    };
    let answer = match answer {
        // The gateway tells of the last refund of a payment only, and this may be the one before.
        RefundState::Success if sent.alike && gateway.tells_the_last_refund_only() => {
            tracing::error!(refund = %sent.refund_id, "cannot be told from an earlier refund over the same amount");
            RefundState::Pending
        }
        answer => answer,
    };
    let concluding = sent.clone();
    match db.write(&Actor::system(POLL_REFUNDS), move |tx| conclude(tx, &concluding, answer)).await {
        Ok(()) => Ok(answer != RefundState::Pending),
        // One that cannot be concluded must not keep the others of the round waiting.
        Err(error) => {
            tracing::error!(refund = %sent.refund_id, %error, "a refund could not be concluded");
            db.write(&Actor::system(POLL_REFUNDS), move |tx| put_off(tx, &sent)).await.map(|()| false)
        }
    }
}
