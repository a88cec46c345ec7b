//! The cashier takes what a dossier owes, without cash.
//!
//! May: a cashier of the unit that received the dossier. Effects: a QR code to pay by, or a
//! recorded slip that settles the order. Refusals: 404 not visible, 403 not that cashier, 409
//! nothing to pay, closed, or a slip that was recorded for another order.

use actix_web::{post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::store;
use super::take_action::{CLOSED, NOT_YOUR_ROLE};
use crate::app::App;
use crate::auth::Actor;
use crate::db::Tx;
use crate::error::{Problem, Result};
use crate::http::{Keyed, Reply, once};
use crate::payments::counter::qr::Payee;
use crate::payments::counter::slip::{SlipIn, record};
use crate::payments::inbox::Outcome;
use crate::payments::{PaymentOut, QrOut, payment_of, show_qr};
use crate::workflow::Role;

/// Nothing but the wish.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QrIn {}

/// What was made of a slip, and what is owed now.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SlipOut {
    pub outcome: Outcome,
    pub payment: PaymentOut,
}

/// Shows a QR code by which what is owed can be transferred.
#[utoipa::path(
    operation_id = "show_payment_qr",
    tag = "dossiers",
    request_body = QrIn,
    params(
        ("code" = String, Path, description = "Dossier code"),
        ("Idempotency-Key" = String, Header, description = "A new word for each request"),
    ),
    responses(
        (status = 201, description = "The code, as text and drawn", body = QrOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/dossiers/{code}/payment/qr")]
pub async fn show_payment_qr(
    app: web::Data<App>,
    actor: Actor,
    code: web::Path<String>,
    request: Keyed<QrIn>,
) -> Result<Reply> {
    actor.need_role(Role::Cashier)?;
    let counter = &app.config.counter;
    let payee = Payee { bin: counter.bank_bin.clone(), account: counter.account.clone() };
    let code = code.into_inner();
    app.db
        .write(&actor, move |tx| {
            once(tx, &request.key, |tx| {
                let dossier_id = payable(tx, &code)?;
                Reply::created(show_qr(tx, dossier_id, &payee)?)
            })
        })
        .await
}

/// Records the slip of the card terminal, or of cash paid in at a bank.
#[utoipa::path(
    operation_id = "record_payment_slip",
    tag = "dossiers",
    request_body = SlipIn,
    params(
        ("code" = String, Path, description = "Dossier code"),
        ("Idempotency-Key" = String, Header, description = "A new word for each request"),
    ),
    responses(
        (status = 201, description = "What was made of it", body = SlipOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/dossiers/{code}/payment/slips")]
pub async fn record_payment_slip(
    app: web::Data<App>,
    actor: Actor,
    code: web::Path<String>,
    request: Keyed<SlipIn>,
) -> Result<Reply> {
    actor.need_role(Role::Cashier)?;
    let code = code.into_inner();
    app.db
        .write(&actor, move |tx| {
            once(tx, &request.key, |tx| {
                let dossier_id = payable(tx, &code)?;
                let outcome = record(tx, dossier_id, &request.body)?;
                Reply::created(SlipOut { outcome, payment: payment_of(tx.conn, dossier_id)? })
            })
        })
        .await
}

/// The dossier, if this cashier may take its money.
fn payable(tx: &mut Tx, code: &str) -> Result<Uuid> {
    let row = store::find_locked(tx, code)?;
    let unit = row.receiving_unit_id;
    if !tx.actor.staff().is_some_and(|staff| staff.holds(Role::Cashier, unit)) {
        return Err(NOT_YOUR_ROLE.err());
    }
    if row.closed_at.is_some() {
        return Err(CLOSED.err());
    }
    Ok(row.id)
}
