//! The settlement file of a day, made of what was paid and given back, and the portal's
//! response to it.

use actix_web::{HttpResponse, web};

use super::PaymentSimulator;
use crate::clock::day_of;
use crate::national::payment_platform::settlement::{
    SettlementKind, SettlementLine, SettlementMessage, SettlementReply, write_file,
};
use crate::national::payment_platform::{OTHER_ERROR, RefundWord, SUCCESS};

/// Gives the file of a day.
pub(super) async fn file(
    platform: web::Data<PaymentSimulator>,
    question: web::Json<SettlementMessage>,
) -> HttpResponse {
    if let Some(broken) = platform.dial.disturb().await {
        return broken;
    }
    let (partner, day) = (&platform.partner, question.day.as_str());
    let reply = if question.is_authentic(partner) {
        let text = write_file(&lines(&platform, day), &platform.settlement_fields);
        SettlementReply::new(partner, SUCCESS, "Thành công", day, &text)
    } else {
        SettlementReply::new(partner, OTHER_ERROR, "Sai mã xác thực", day, "")
    };
    platform.dial.answered(HttpResponse::Ok().json(reply))
}

/// What was paid on a day of Việt Nam (`yyyyMMdd`), and given back of it.
fn lines(platform: &PaymentSimulator, day: &str) -> Vec<SettlementLine> {
    let orders = platform.orders();
    let mut lines = Vec::new();
    for (reference, held) in orders.iter() {
        let Some((transaction, at)) = &held.paid else { continue };
        if day_of(*at).strftime("%Y%m%d").to_string() != day {
            continue;
        }
        let line = |transaction: &str, kind, amount| SettlementLine {
            at: Some(*at),
            transaction: transaction.to_owned(),
            reference: reference.clone(),
            kind,
            amount,
            bank: "VIETINBANK".to_owned(),
        };
        let amount = held.init.amount.parse().unwrap_or_default();
        lines.push(line(transaction, SettlementKind::Payment, amount));
        let given = held.refunds.iter().filter(|refund| refund.state == RefundWord::Success);
        lines.extend(given.map(|refund| line(&refund.id, SettlementKind::Refund, refund.amount)));
    }
    lines.sort_by(|one, other| one.transaction.cmp(&other.transaction));
    lines
}

/// Takes the portal's response file; `GET /payment/settlement/{day}/response` shows it.
pub(super) async fn respond(
    platform: web::Data<PaymentSimulator>,
    response: web::Json<SettlementMessage>,
) -> HttpResponse {
    if let Some(broken) = platform.dial.disturb().await {
        return broken;
    }
    let (partner, day) = (&platform.partner, response.day.clone());
    if !response.is_authentic(partner) {
        let reply = SettlementReply::new(partner, OTHER_ERROR, "Sai mã xác thực", &day, "");
        return HttpResponse::Ok().json(reply);
    }
    let reply = SettlementReply::new(partner, SUCCESS, "Thành công", &day, "");
    platform.responses().insert(day, response.content.clone());
    platform.dial.answered(HttpResponse::Ok().json(reply))
}

/// The response file that came for a day, in Base64.
pub(super) async fn shown(platform: web::Data<PaymentSimulator>, day: web::Path<String>) -> HttpResponse {
    match platform.responses().get(day.as_str()) {
        Some(content) => HttpResponse::Ok().content_type("text/plain").body(content.clone()),
        None => HttpResponse::NotFound().finish(),
    }
}
