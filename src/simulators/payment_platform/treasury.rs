//! The treasury beside the platform: the statement of its account, with the lump of a day as
//! the platform hands it on.

use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::PaymentSimulator;
use super::settle::lines;
use crate::national::payment_platform::settlement::{SettlementKind, SettlementLine};

/// Gives the statement after a day (`yyyyMMdd`): one credit over what was taken less what was
/// given back, and none where that is nothing. The dial may make it more or less.
pub(super) async fn statement(platform: web::Data<PaymentSimulator>, day: web::Path<String>) -> HttpResponse {
    let signed = |line: &SettlementLine| match line.kind {
        SettlementKind::Payment => line.amount,
        SettlementKind::Refund => -line.amount,
    };
    let net: i64 = lines(&platform, &day).iter().map(signed).sum();
    let amount = net.saturating_add(platform.dial.faults().treasury_off);
    let Some(((year, month), date)) = day.get(..4).zip(day.get(4..6)).zip(day.get(6..)) else {
        return HttpResponse::NotFound().finish();
    };
    let date = format!("{year}-{month}-{date}");
    let credit = json!({
        "number": format!("KB-{day}"), "day": date, "amount": amount, "gateway": "national", "for_day": date,
        "content": format!("NTTT QUYET TOAN NGAY {day}"),
    });
    let credits: Vec<Value> = if amount > 0 { vec![credit] } else { Vec::new() };
    HttpResponse::Ok().json(json!({ "treasury": "0061", "lines": credits }))
}
