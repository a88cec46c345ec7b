//! Giving back what was paid at the platform.

use actix_web::{HttpResponse, web};
use jiff::Timestamp;

use super::PaymentSimulator;
use crate::national::payment_platform::{OTHER_ERROR, RefundMessage, RefundReply, RefundWord, SUCCESS};

/// A refund as the platform holds it.
#[derive(Debug, Clone)]
pub(super) struct HeldRefund {
    pub(super) id: String,
    pub(super) amount: i64,
    pub(super) state: RefundWord,
    /// When it was ordered.
    pub(super) at: Timestamp,
    /// Questions that are still answered PENDING.
    pending: u32,
}

/// Gives money back; an id that is known is the same refund.
pub(super) async fn order(
    platform: web::Data<PaymentSimulator>,
    message: web::Json<RefundMessage>,
) -> HttpResponse {
    if let Some(broken) = platform.dial.disturb().await {
        return broken;
    }
    let answer = match given_back(&platform, &message) {
        Ok(state) => reply(&platform, &message, Some(state), "Thành công"),
        Err(why) => reply(&platform, &message, None, why),
    };
    platform.dial.answered(answer)
}

fn given_back(platform: &PaymentSimulator, message: &RefundMessage) -> Result<RefundWord, &'static str> {
    let partner = &platform.partner;
    if !message.is_authentic(partner) || message.partner != partner.code {
        return Err("Sai mã xác thực");
    }
    let faults = platform.dial.faults();
    let mut orders = platform.orders();
    let held = orders.get_mut(&message.reference).ok_or("Không có giao dịch")?;
    if held.paid.as_ref().is_none_or(|(transaction, _)| *transaction != message.transaction) {
        return Err("Giao dịch chưa được thanh toán");
    }
    let amount = message.amount.parse::<i64>().ok().filter(|amount| *amount > 0).ok_or("Sai số tiền")?;
    if let Some(known) = held.refunds.iter().find(|known| known.id == message.id) {
        return if known.amount == amount { Ok(known.state) } else { Err("Mã hoàn tiền đã dùng") };
    }
    let given: i64 = held.refunds.iter().filter(|r| r.state != RefundWord::Failed).map(|r| r.amount).sum();
    let paid = held.init.amount.parse::<i64>().unwrap_or_default();
    if given.saturating_add(amount) > paid {
        return Err("Vượt quá số tiền đã thanh toán");
    }
    let state = match faults.refund_pending {
        _ if faults.refund_fails => RefundWord::Failed,
        0 => RefundWord::Success,
        _ => RefundWord::Pending,
    };
    let pending = faults.refund_pending;
    held.refunds.push(HeldRefund { id: message.id.clone(), amount, state, at: Timestamp::now(), pending });
    Ok(state)
}

/// Answers what became of a refund.
pub(super) async fn query(
    platform: web::Data<PaymentSimulator>,
    message: web::Json<RefundMessage>,
) -> HttpResponse {
    if let Some(broken) = platform.dial.disturb().await {
        return broken;
    }
    if !message.is_authentic(&platform.partner) {
        return reply(&platform, &message, None, "Sai mã xác thực");
    }
    let state = {
        let mut orders = platform.orders();
        let held = orders.get_mut(&message.reference);
        let refund = held.and_then(|held| held.refunds.iter_mut().find(|known| known.id == message.id));
        refund.map(|refund| {
            if refund.state == RefundWord::Pending {
                match refund.pending.checked_sub(1) {
                    Some(left) => refund.pending = left,
                    None => refund.state = RefundWord::Success,
                }
            }
            refund.state
        })
    };
    let words = if state.is_some() { "Thành công" } else { "Không có yêu cầu hoàn tiền" };
    platform.dial.answered(reply(&platform, &message, state, words))
}

fn reply(
    platform: &PaymentSimulator,
    message: &RefundMessage,
    state: Option<RefundWord>,
    description: &str,
) -> HttpResponse {
    let word = match state {
        None => "",
        Some(RefundWord::Success) => "SUCCESS",
        Some(RefundWord::Pending) => "PENDING",
        Some(RefundWord::Failed) => "FAILED",
    };
    let reply = RefundReply {
        error_code: if state.is_some() { SUCCESS } else { OTHER_ERROR }.to_owned(),
        description: description.to_owned(),
        partner: platform.partner.code.clone(),
        id: message.id.clone(),
        state: word.to_owned(),
        digest: String::new(),
    };
    HttpResponse::Ok().json(reply.sign(&platform.partner))
}
