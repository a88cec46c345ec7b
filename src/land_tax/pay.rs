//! A taxpayer pays a notice, in whole or in part, or somebody else pays it who knows its number.
//!
//! Effects: an order over the notice's claim with an attempt at the gateway, whose page follows.
//! Refusals: 404 not the own notice, 409 nothing due or more than is due, 422 no such gateway.

use actix_web::{post, web};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::own::find;
use super::show::NoticeOut;
use crate::app::App;
use crate::auth::Actor;
use crate::error::{Code, INVALID, Problem, Result};
use crate::http::{Keyed, Reply, Text, once};
use crate::payments::{gateway, order_claim};

pub static GATEWAY_UNKNOWN: Code = Code::new(
    422,
    "gateway_not_offered",
    "Cổng thanh toán này không được cung cấp",
    "This portal does not offer that gateway",
);
pub static NOTICE_MET: Code =
    Code::new(409, "nothing_due", "Thông báo không còn khoản phải nộp", "Nothing is due by this notice");

/// How it is paid.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LandTaxPaymentIn {
    /// Name of the gateway: national, vnpay …
    pub gateway: Text<30>,
    /// Đồng; all that is due when absent.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1_000_000_000_000_i64)]
    pub amount: Option<i64>,
    /// Number of the taxpayer, where somebody else pays.
    #[serde(default)]
    pub taxpayer_no: Option<Text<20>>,
}

/// Open a payment of a notice
#[utoipa::path(
    operation_id = "pay_tax_notice", tag = "land_tax",
    request_body = LandTaxPaymentIn,
    params(
        ("id" = Uuid, Path, description = "The notice"),
        ("Idempotency-Key" = String, Header, description = "A new word for each request"),
    ),
    responses(
        (status = 201, description = "The notice with its order", body = NoticeOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/land-tax/notices/{id}/payments")]
pub async fn pay_tax_notice(
    app: web::Data<App>,
    actor: Actor,
    id: web::Path<Uuid>,
    request: Keyed<LandTaxPaymentIn>,
) -> Result<Reply> {
    let citizen = actor.need_citizen()?.clone();
    let wanted = &request.body;
    if wanted.amount.is_some_and(|amount| amount < 1) {
        return Err(INVALID.at("/amount", "phải lớn hơn 0", "must be more than 0"));
    }
    let Some(offer) = gateway::offered(&app.config, wanted.gateway.as_str()) else {
        return Err(GATEWAY_UNKNOWN.at("/gateway", "không được cung cấp", "is not offered"));
    };
    let id = id.into_inner();
    app.db
        .write(&actor, move |tx| {
            once(tx, &request.key, |tx| {
                let taxpayer = request.body.taxpayer_no.as_ref().map(Text::as_str);
                let claim =
                    find(tx.conn, &citizen, id, taxpayer)?.claim_id.ok_or_else(|| NOTICE_MET.err())?;
                order_claim(tx, claim, request.body.amount, offer)?;
                let now = tx.now;
                Reply::created(find(tx.conn, &citizen, id, taxpayer)?.out(tx.conn, now)?)
            })
        })
        .await
}
