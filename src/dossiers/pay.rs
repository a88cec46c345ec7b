//! The payer of a dossier chooses where to pay.
//!
//! May: who filed the dossier or is entitled to act for the applicant. Effects: an attempt at
//! the gateway, whose page follows. Refusals: 404 not visible, 409 nothing to pay or closed,
//! 422 a gateway that this portal does not offer.

use actix_web::{post, web};
use serde::Deserialize;
use utoipa::ToSchema;

use super::store;
use super::take_action::CLOSED;
use crate::app::App;
use crate::auth::Actor;
use crate::error::{Code, Problem, Result};
use crate::http::{Keyed, Reply, Text, once};
use crate::payments::{self, PaymentOut, gateway};

pub static NOT_OFFERED: Code = Code::new(
    422,
    "gateway_not_offered",
    "Cổng thanh toán này không được cung cấp",
    "This portal does not offer that gateway",
);

/// The choice.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttemptIn {
    /// Name of the gateway: national, vnpay …
    pub gateway: Text<30>,
}

/// Chooses a gateway: an attempt is begun there, whose page follows.
#[utoipa::path(
    operation_id = "choose_gateway",
    tag = "dossiers",
    request_body = AttemptIn,
    params(
        ("code" = String, Path, description = "Dossier code"),
        ("Idempotency-Key" = String, Header, description = "A new word for each request"),
    ),
    responses(
        (status = 201, description = "What is owed, and the attempts", body = PaymentOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/dossiers/{code}/payment/attempts")]
pub async fn choose_gateway(
    app: web::Data<App>,
    actor: Actor,
    code: web::Path<String>,
    request: Keyed<AttemptIn>,
) -> Result<Reply> {
    actor.need_citizen()?;
    let Some(offer) = gateway::offered(&app.config, request.body.gateway.as_str()) else {
        return Err(NOT_OFFERED.at("/gateway", "không được cung cấp", "is not offered"));
    };
    let code = code.into_inner();
    app.db
        .write(&actor, move |tx| {
            once(tx, &request.key, |tx| {
                // Locked, so that it is neither closed nor paid before the attempt is written.
                let row = store::find_locked(tx, &code)?;
                if row.closed_at.is_some() {
                    return Err(CLOSED.err());
                }
                payments::choose(tx, row.id, offer)?;
                Reply::created(payments::payment_of(tx.conn, row.id)?)
            })
        })
        .await
}
