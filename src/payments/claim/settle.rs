//! An order of a claim was paid.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Row, standing, write};
use crate::db::{Tx, prepared};
use crate::error::Result;
use crate::jobs;
use crate::payments::booking::{self, Money};
use crate::payments::order::Demanded;
use diesel::prelude::*;
use diesel::sql_types::Uuid as SqlUuid;

/// Job: money came for a claim through an order of ours. Payload [`ClaimPaid`], subject: the
/// claim's dossier.
pub const CLAIM_PAID: &str = "claim_paid";

/// Payload of [`CLAIM_PAID`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimPaid {
    pub claim_id: Uuid,
    /// The entry by which it was counted.
    pub entry_id: Uuid,
}

/// Counts the payment of an order that has just been settled, and tells whoever claims it.
pub(in crate::payments) fn settle(tx: &mut Tx, money: &Money, order: &Demanded, claim: Uuid) -> Result<()> {
    prepared("SELECT FROM claim WHERE id = ? FOR NO KEY UPDATE")
        .bind::<SqlUuid, _>(claim)
        .execute(tx.conn)?;
    let stands = standing(tx.conn, claim)?;
    let row = Row {
        kind: "order",
        claim: Some(claim),
        amount: order.amount,
        order: Some(order.id),
        ..Row::default()
    };
    let entry_id = write(tx, &row)?;
    booking::claim_paid(tx, entry_id, claim, stands.dossier_id, order.id, money)?;
    let payload = serde_json::to_value(ClaimPaid { claim_id: claim, entry_id })?;
    let dedup = Some(format!("claim_paid:{entry_id}"));
    jobs::enqueue(tx, CLAIM_PAID, Some(stands.dossier_id), payload, dedup)?;
    tx.audit("settle_claim_order", Some(order.id))
}
