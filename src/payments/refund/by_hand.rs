//! Money that no gateway can give back, given back by a person's bank transfer.
//!
//! May record: the cashier of the receiving unit and the leaders above it. Only a refund whose
//! last attempt failed is given back by hand, and the refund is ended by it; a transfer has
//! one number at the bank, and is recorded once. Refused: a refund that has not failed (it may
//! be under way at its gateway), a number that was recorded, a day to come.

use actix_web::{post, web};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::REFUND_NOT_FAILED;
use super::operate::{RefundOut, shown_one, within_reach};
use crate::app::App;
use crate::auth::Actor;
use crate::clock::day_of;
use crate::db::schema::{gateway_payment, refund, refund_by_hand};
use crate::db::{Tx, date_to_sql, to_sql};
use crate::error::{Code, INVALID, Problem, Result};
use crate::http::{Day, Keyed, Reply, Serial, Text, once};
use crate::ledger::Account;
use crate::payments::booking::{self, Back, Money};
use crate::payments::gateway::is_online;
use crate::receipts;

pub static TRANSFER_USED: Code = Code::new(
    409,
    "transfer_used",
    "Giao dịch chuyển khoản này đã được ghi cho khoản hoàn khác",
    "This transfer was recorded for another refund",
);

/// A transfer by which money was given back.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundTransferIn {
    /// The bank's number of the transfer.
    pub number: Serial<50>,
    /// Day of the transfer.
    pub day: Day,
    /// The payer's account that it went to.
    pub account: Serial<34>,
    /// Why by hand.
    pub reason: Text<500>,
}

/// A transfer by which money was given back, as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RefundTransferOut {
    /// The bank's number of the transfer.
    pub number: String,
    pub day: Day,
    /// The payer's account; all but its last four signs are hidden.
    pub account: String,
    pub reason: String,
}

/// Record that a failed refund was given back by bank transfer
#[utoipa::path(
    operation_id = "record_refund_transfer", tag = "payments", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The refund"),
        ("Idempotency-Key" = String, Header, description = "A new one for each request", max_length = 200),
    ),
    request_body = RefundTransferIn,
    responses(
        (status = 201, description = "Recorded: the refund has succeeded", body = RefundOut),
        (status = 400, description = "Not JSON, or no Idempotency-Key", body = Problem),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Neither a cashier nor a leader", body = Problem),
        (status = 404, description = "No refund that my tills reach", body = Problem),
        (status = 409, description = "It has not failed, the transfer was recorded before, or the same key is under way", body = Problem),
        (status = 413, description = "Too large", body = Problem),
        (status = 422, description = "Not valid, or the key was used for something else", body = Problem),
        (status = 503, description = "Busy", body = Problem),
    )
)]
#[post("/api/v1/payments/refunds/{id}/transfers")]
pub async fn record_refund_transfer(
    app: web::Data<App>,
    actor: Actor,
    id: web::Path<Uuid>,
    Keyed { key, body }: Keyed<RefundTransferIn>,
) -> Result<Reply> {
    actor.need_staff()?;
    let (id, bank) = (id.into_inner(), app.config.counter.bank_bin.clone());
    let recorded = move |tx: &mut Tx| {
        within_reach(tx, id)?;
        record(tx, id, &body, &bank)?;
        Reply::created(shown_one(tx.conn, id)?)
    };
    app.db.write(&actor, move |tx| once(tx, &key, &recorded)).await
}

/// failed → succeeded, under the refund's lock: who tries again at the same time finds it
/// ended, or is found to be trying. `bank` is the BIN of the portal's bank.
pub fn record(tx: &mut Tx, id: Uuid, told: &RefundTransferIn, bank: &str) -> Result<()> {
    if told.day.date() > day_of(tx.now) {
        return Err(INVALID.at("/day", "chưa đến", "has not come yet"));
    }
    type Failed = (String, Option<Uuid>, Uuid, i64);
    let (state, dossier_id, payment_id, amount): Failed = refund::table
        .find(id)
        .select((refund::state, refund::dossier_id, refund::payment_id, refund::amount))
        .for_update()
        .first(tx.conn)?;
    if state != "failed" {
        return Err(REFUND_NOT_FAILED.err());
    }
    let gateway: String =
        gateway_payment::table.find(payment_id).select(gateway_payment::gateway).first(tx.conn)?;
    // Whoever collects at the counter gave the money to us; an online gateway has kept it.
    let lent_by = Some(bank).filter(|_| is_online(&gateway));
    write(tx, id, told, lent_by)?;
    diesel::update(refund::table.find(id))
        .set((refund::state.eq("succeeded"), refund::ended_at.eq(to_sql(tx.now))))
        .execute(tx.conn)?;
    let from = match lent_by {
        Some(bank) => Account::BankClearing(bank.to_owned()),
        None => Account::GatewayClearing(gateway.clone()),
    };
    let back = Back { refund_id: id, money: Money { payment_id, gateway: &gateway, amount }, dossier_id };
    booking::given_back_by_hand(tx, &back, from, told.reason.as_str())?;
    receipts::given_back(tx, id, told.reason.as_str())?;
    tx.audit("record_refund_transfer", Some(id))
}

/// One transfer, one refund: its number is taken once.
fn write(tx: &mut Tx, id: Uuid, told: &RefundTransferIn, lent_by: Option<&str>) -> Result<()> {
    let written = diesel::insert_into(refund_by_hand::table)
        .values((
            refund_by_hand::refund_id.eq(id),
            refund_by_hand::number.eq(told.number.as_str()),
            refund_by_hand::day.eq(date_to_sql(told.day.date())),
            refund_by_hand::account.eq(told.account.as_str()),
            refund_by_hand::bank.eq(lent_by),
            refund_by_hand::reason.eq(told.reason.as_str()),
            refund_by_hand::recorded_at.eq(to_sql(tx.now)),
            refund_by_hand::recorded_by.eq(tx.actor.key()),
        ))
        .on_conflict_do_nothing()
        .execute(tx.conn)?;
    if written == 0 { Err(TRANSFER_USED.err()) } else { Ok(()) }
}

/// An account of which only the last four signs are shown, and of a short one none.
pub(super) fn masked(account: &str) -> String {
    let hidden = if account.len() > 8 { account.len() - 4 } else { account.len() };
    account.chars().enumerate().map(|(place, sign)| if place < hidden { '*' } else { sign }).collect()
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn an_account_shows_four_signs_at_most() {
        assert_eq!(masked("0011000123456"), "*********3456");
        assert_eq!(masked("123456789"), "*****6789");
        assert_eq!(masked("12345678"), "********");
        assert_eq!(masked("1"), "*");
    }
}
