//! VNPAY calls (IPN), and the payer's browser comes back.
//!
//! Anybody may call; only what is signed with the shared key changes something. The answer to
//! VNPAY is always HTTP 200 with one of its codes. What the browser brings is the same notice,
//! but from the payer's hands: it is shown, and changes nothing.

use actix_web::{HttpRequest, get, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::{Says, Source, Words};
use super::{NAME, VnpayWords};
use crate::app::{App, RequestId};
use crate::auth::{Actor, Who};
use crate::db::Tx;
use crate::error::{Problem, Result};
use crate::http::Reply;
use crate::payments::attempt::{AttemptState, by_reference};
use crate::payments::inbox::{Outcome, take_in};

/// Where the payer's browser comes back to.
pub(super) const RETURN_PATH: &str = "/api/v1/payments/returns/vnpay";

/// Longest query that is read, in bytes.
const QUERY_LIMIT: usize = 8 * 1024;

/// The answer to VNPAY, in its words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IpnReply {
    /// `00`: taken; `01`: no such order; `02`: known already; `04`: wrong amount; `97`: wrong
    /// signature; `99`: anything else.
    #[serde(rename = "RspCode")]
    #[schema(pattern = "^(00|01|02|04|97|99)$")]
    pub code: String,
    #[serde(rename = "Message")]
    #[schema(max_length = 50)]
    pub message: String,
}

/// The code for what was made of a notice. VNPAY calls again until it reads 00 or 02: so also
/// for money that settles nothing, once it is kept.
fn reply(outcome: Outcome) -> IpnReply {
    let (code, message) = match outcome {
        Outcome::Settled | Outcome::NotPaid => ("00", "Confirm Success"),
        Outcome::UnknownOrder | Outcome::OtherPartner => ("01", "Order not found"),
        Outcome::Repeated | Outcome::Late | Outcome::PaidTwice => ("02", "Order already confirmed"),
        Outcome::WrongAmount | Outcome::OtherCurrency => ("04", "Invalid amount"),
        Outcome::Forged => ("97", "Fail checksum"),
        Outcome::Malformed | Outcome::TransactionReused => ("99", "Unknown error"),
    };
    IpnReply { code: code.to_owned(), message: message.to_owned() }
}

/// Take in a notice of VNPAY
#[utoipa::path(
    operation_id = "receive_vnpay_notice",
    security(()),
    tag = "payments",
    params(
        ("vnp_TxnRef" = Option<String>, Query, description = "Reference of the attempt"),
        ("vnp_SecureHash" = Option<String>, Query, description = "HMAC-SHA512 over all other fields, sorted, as they are written here"),
    ),
    responses(
        (status = 200, description = "VNPAY's code of what was made of it", body = IpnReply),
        (status = 503, description = "Busy; VNPAY calls again", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/payments/callbacks/vnpay")]
pub async fn receive_vnpay_notice(app: web::Data<App>, request: HttpRequest) -> Result<web::Json<IpnReply>> {
    let query = request.query_string().to_owned();
    if query.len() > QUERY_LIMIT {
        return Ok(web::Json(reply(Outcome::Malformed)));
    }
    let request_id = RequestId::of(&request);
    // Whoever calls acts as VNPAY; the signature shows whether rightly.
    let actor = Actor { who: Who::System(NAME), request_id };
    let words = VnpayWords::of(&app.config);
    let taken =
        app.db.write(&actor, move |tx: &mut Tx| take_in(tx, &words, Source::Callback, query.as_bytes()));
    Ok(web::Json(reply(taken.await?.outcome)))
}

/// What the payer is shown who comes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReturnOut {
    /// Reference of the attempt; absent when what came back is not signed by VNPAY.
    #[schema(max_length = 100)]
    pub reference: Option<String>,
    /// The browser says that it was paid. It may still be on its way from VNPAY to us.
    pub paid_as_told: bool,
    /// How the attempt stands with us.
    pub state: Option<AttemptState>,
}

/// Show what the payer's browser brought back from VNPAY; nothing is changed by it
#[utoipa::path(
    operation_id = "show_vnpay_return",
    security(()),
    tag = "payments",
    params(
        ("vnp_TxnRef" = Option<String>, Query, description = "Reference of the attempt"),
        ("vnp_SecureHash" = Option<String>, Query, description = "As of a notice"),
    ),
    responses(
        (status = 200, description = "What was told, and how the attempt stands", body = ReturnOut),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/payments/returns/vnpay")]
pub async fn show_vnpay_return(app: web::Data<App>, request: HttpRequest) -> Result<Reply> {
    let words = VnpayWords::of(&app.config);
    let notice = words.read(Source::Callback, request.query_string().as_bytes());
    let paid_as_told = matches!(notice.says, Says::Paid(_));
    let known = matches!(notice.says, Says::Paid(_) | Says::NotPaid);
    let reference = notice.reference.filter(|_| known);
    let looked_for = reference.clone();
    let state = app.db.read(move |conn| match looked_for {
        Some(reference) => Ok(by_reference(conn, NAME, &reference)?.map(|attempt| attempt.state)),
        None => Ok(None),
    });
    Reply::ok(ReturnOut { reference, paid_as_told, state: state.await? })
}
