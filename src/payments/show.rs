//! What a dossier owes and paid, for whoever may see the dossier.

use diesel::pg::PgConnection;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::charge::{Charge, balance, charges_of};
use super::order::{OrderState, latest_of};
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
    /// Reference at the payment platform.
    #[schema(max_length = 20)]
    pub reference: String,
    pub state: OrderState,
    /// Đồng.
    #[schema(minimum = 1)]
    pub amount: i64,
    /// Page where it can be paid; absent while the platform has not answered, and when
    /// there is nothing to pay any more.
    pub pay_url: Option<String>,
}

/// Charges, sums and the newest order of a dossier. The caller has checked who may see it.
pub fn payment_of(conn: &mut PgConnection, dossier_id: Uuid) -> Result<PaymentOut> {
    let charges = charges_of(conn, dossier_id)?;
    let total: i64 = charges.iter().map(|charge| charge.amount).sum();
    let paid = balance(conn, dossier_id)?.paid;
    let order = latest_of(conn, dossier_id)?.map(|order| OrderOut {
        pay_url: order.pay_url.filter(|_| order.state == OrderState::Open),
        reference: order.reference,
        state: order.state,
        amount: order.amount,
    });
    Ok(PaymentOut { charges, total, paid, due: total - paid, order })
}
