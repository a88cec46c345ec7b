//! What a dossier owes and paid, for whoever may see the dossier.

use diesel::pg::PgConnection;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::attempt::{Attempt, AttemptState, attempts_of};
use super::charge::{Charge, balance, charges_of};
use super::order::{Demanded, OrderState, latest_of};
use crate::error::Result;

/// The money side of a dossier; amounts in đồng.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PaymentOut {
    pub charges: Vec<Charge>,
    /// Sum of the charges.
    #[schema(minimum = 0)]
    pub total: i64,
    /// Sum of the settled orders.
    #[schema(minimum = 0)]
    pub paid: i64,
    /// What is still owed.
    pub due: i64,
    /// The newest order, if one was ever opened.
    pub order: Option<OrderOut>,
}

/// An order as its payer sees it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct OrderOut {
    /// Its number, and the reference of its first attempt.
    #[schema(max_length = 20)]
    pub reference: String,
    pub state: OrderState,
    /// Đồng.
    #[schema(minimum = 1)]
    pub amount: i64,
    /// Page where it can be paid, of the newest attempt that has one; absent while no gateway
    /// has answered, and when there is nothing to pay any more.
    pub pay_url: Option<String>,
    /// The tries to pay it, the oldest first.
    pub attempts: Vec<AttemptOut>,
}

/// A try to pay an order at one gateway.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AttemptOut {
    pub gateway: String,
    /// What the gateway knows it by.
    #[schema(max_length = 20)]
    pub reference: String,
    pub state: AttemptState,
    /// Where it can be paid: absent while the gateway has not answered, and when it cannot be
    /// paid any more.
    pub page: Option<String>,
}

/// Charges, sums and the newest order of a dossier. The caller has checked who may see it.
pub fn payment_of(conn: &mut PgConnection, dossier_id: Uuid) -> Result<PaymentOut> {
    let charges = charges_of(conn, dossier_id)?;
    let total: i64 = charges.iter().map(|charge| charge.amount).sum();
    let paid = balance(conn, dossier_id)?.paid;
    let order = match latest_of(conn, dossier_id)? {
        Some(order) => Some(order_out(conn, order.into())?),
        None => None,
    };
    Ok(PaymentOut { charges, total, paid, due: total - paid, order })
}

/// An order with its attempts.
pub(super) fn order_out(conn: &mut PgConnection, order: Demanded) -> Result<OrderOut> {
    let shown = |attempt: Attempt| AttemptOut {
        page: attempt.page.filter(|_| order.state == OrderState::Open && attempt.state == AttemptState::Open),
        gateway: attempt.gateway,
        reference: attempt.reference,
        state: attempt.state,
    };
    let attempts: Vec<AttemptOut> = attempts_of(conn, order.id)?.into_iter().map(shown).collect();
    let is_address = |page: &String| page.starts_with("http");
    let pay_url = attempts.iter().rev().find_map(|attempt| attempt.page.clone().filter(is_address));
    Ok(OrderOut { reference: order.reference, state: order.state, amount: order.amount, pay_url, attempts })
}
