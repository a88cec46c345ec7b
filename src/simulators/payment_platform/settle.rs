//! The settlement file of a day, made of what was paid and given back, and the portal's
//! response to it.

use actix_web::{HttpResponse, web};
use jiff::Timestamp;

use super::PaymentSimulator;
use crate::clock::day_of;
use crate::config::Secret;
use crate::national::payment_platform::settlement::{
    SettlementField, SettlementKind, SettlementLine, SettlementMessage, SettlementReply, write_file,
};
use crate::national::payment_platform::{OTHER_ERROR, Partner, RefundWord, SUCCESS};
use crate::simulators::gateway_faults::FileFault;

/// Gives the file of a day.
pub(super) async fn file(
    platform: web::Data<PaymentSimulator>,
    question: web::Json<SettlementMessage>,
) -> HttpResponse {
    if let Some(broken) = platform.dial.disturb().await {
        return broken;
    }
    let (partner, day) = (&platform.partner, question.day.as_str());
    let fault = platform.dial.faults().file;
    let reply = if question.is_authentic(partner) {
        let text = disturbed(lines(&platform, day), fault, &platform.settlement_fields);
        SettlementReply::new(partner, SUCCESS, "Thành công", day, &text)
    } else {
        SettlementReply::new(partner, OTHER_ERROR, "Sai mã xác thực", day, "")
    };
    let stranger = Partner { code: partner.code.clone(), key: Secret::new("another key".to_owned()) };
    let reply = if fault == Some(FileFault::Forged) { reply.sign(&stranger) } else { reply };
    platform.dial.answered(HttpResponse::Ok().json(reply))
}

/// The file as it should be, or as the fault says.
fn disturbed(mut lines: Vec<SettlementLine>, fault: Option<FileFault>, fields: &[SettlementField]) -> String {
    let first = lines.iter().position(|line| line.kind == SettlementKind::Payment);
    match (fault, first) {
        (Some(FileFault::OtherAmount), Some(at)) => lines[at].amount += 1,
        (Some(FileFault::Missing), Some(at)) => drop(lines.remove(at)),
        (Some(FileFault::Twice), Some(at)) => lines.insert(at, lines[at].clone()),
        (Some(FileFault::Unknown), _) => lines.push(SettlementLine {
            at: None,
            transaction: "GD-LA".to_owned(),
            reference: "KHONG-CO".to_owned(),
            kind: SettlementKind::Payment,
            amount: 5000,
            bank: String::new(),
        }),
        _ => {}
    }
    let text = write_file(&lines, fields);
    if fault == Some(FileFault::Cut) { text.chars().take(text.len() / 2).collect() } else { text }
}

/// What was paid on a day of Việt Nam (`yyyyMMdd`), and what was given back on it.
fn lines(platform: &PaymentSimulator, day: &str) -> Vec<SettlementLine> {
    let orders = platform.orders();
    let is_of = |at: Timestamp| day_of(at).strftime("%Y%m%d").to_string() == day;
    let mut lines = Vec::new();
    for (reference, held) in orders.iter() {
        let Some((transaction, at)) = &held.paid else { continue };
        let line = |transaction: &str, at: Timestamp, kind, amount| SettlementLine {
            at: Some(at),
            transaction: transaction.to_owned(),
            reference: reference.clone(),
            kind,
            amount,
            bank: "VIETINBANK".to_owned(),
        };
        if is_of(*at) {
            let amount = held.init.amount.parse().unwrap_or_default();
            lines.push(line(transaction, *at, SettlementKind::Payment, amount));
        }
        let given = held.refunds.iter().filter(|r| r.state == RefundWord::Success && is_of(r.at));
        lines.extend(given.map(|r| line(&r.id, r.at, SettlementKind::Refund, r.amount)));
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
