//! VNPAY's answers to questions (`querydr`) and to orders to give back (`refund`).

use actix_web::{HttpResponse, web};
use serde_json::{Map, Value};

use super::{Outcome, VnpaySimulator};
use crate::national::wire_time;
use crate::payments::gateway::vnpay::api::{
    ANSWER_SIGNED, Message, PART, QUERY_SIGNED, REFUND, REFUND_SIGNED, WHOLE, sign,
};
use crate::payments::gateway::vnpay::wire::{dong, hundredfold};

/// Fields under the signature of an answer about a refund.
const REFUND_ANSWER: usize = 13;

/// What is answered: `vnp_ResponseCode`, and the fields beyond the echo.
type Said = (&'static str, Vec<(&'static str, String)>);

pub(super) async fn answer(vnpay: web::Data<VnpaySimulator>, body: web::Bytes) -> HttpResponse {
    if let Some(broken) = vnpay.dial.disturb().await {
        return broken;
    }
    let Some(asked) = Message::read(&body) else {
        return HttpResponse::BadRequest().finish();
    };
    let refund = asked.get("vnp_Command") == REFUND;
    let signed: &[&str] = if refund { &REFUND_SIGNED } else { &QUERY_SIGNED };
    let (code, more) = match asked.is_authentic(&vnpay.merchant, signed) {
        false => ("97", Vec::new()),
        true if refund => given_back(&vnpay, &asked),
        true => told(&vnpay, &asked),
    };
    let echo = ["vnp_Command", "vnp_TmnCode", "vnp_TxnRef", "vnp_OrderInfo"];
    let mut message: Map<String, Value> =
        echo.iter().map(|name| ((*name).to_owned(), asked.get(name).into())).collect();
    message.insert("vnp_ResponseId".to_owned(), asked.get("vnp_RequestId").into());
    message.insert("vnp_ResponseCode".to_owned(), code.into());
    message.insert("vnp_Message".to_owned(), if code == "00" { "Success" } else { "Failed" }.into());
    message.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value.into())));
    let fields = if refund { REFUND_ANSWER } else { ANSWER_SIGNED.len() };
    vnpay.dial.answered(HttpResponse::Ok().json(sign(&vnpay.merchant, message, &ANSWER_SIGNED[..fields])))
}

/// How a payment stands; of one that is being given back, how the refund stands.
fn told(vnpay: &VnpaySimulator, asked: &Message) -> Said {
    let mut orders = vnpay.orders();
    let held = orders.get_mut(asked.get("vnp_TxnRef"));
    let Some(held) = held.filter(|held| held.created == asked.get("vnp_TransactionDate")) else {
        return ("91", Vec::new());
    };
    let mut kind = "01".to_owned();
    let mut amount = held.amount;
    let (mut status, number, at) = match &held.outcome {
        Outcome::Open => ("01".to_owned(), String::new(), String::new()),
        Outcome::Refused => ("02".to_owned(), "0".to_owned(), String::new()),
        Outcome::Paid(number, at) => ("00".to_owned(), number.clone(), wire_time(*at)),
    };
    if let Some((_, given, state)) = held.refunds.last_mut() {
        kind = if *given == held.amount { WHOLE } else { PART }.to_owned();
        (amount, status) = (*given, state.clone());
        if let Some(left) = status.strip_prefix("05:").and_then(|left| left.parse::<u32>().ok()) {
            *state = if left > 1 { format!("05:{}", left - 1) } else { "00".to_owned() };
            status = "05".to_owned();
        }
    }
    let more = [
        ("vnp_Amount", hundredfold(amount)),
        ("vnp_BankCode", "NCB".to_owned()),
        ("vnp_PayDate", at),
        ("vnp_TransactionNo", number),
        ("vnp_TransactionType", kind),
        ("vnp_TransactionStatus", status),
    ];
    ("00", more.into())
}

/// Gives money back; a request that is known is refused as repeated.
fn given_back(vnpay: &VnpaySimulator, asked: &Message) -> Said {
    let faults = vnpay.dial.faults();
    let mut orders = vnpay.orders();
    let Some(held) = orders.get_mut(asked.get("vnp_TxnRef")) else {
        return ("91", Vec::new());
    };
    let paid = matches!(&held.outcome, Outcome::Paid(number, _) if *number == asked.get("vnp_TransactionNo"));
    let Some(amount) = dong(asked.get("vnp_Amount")).filter(|amount| paid && *amount > 0) else {
        return ("99", Vec::new());
    };
    if held.refunds.iter().any(|(id, ..)| id == asked.get("vnp_RequestId")) {
        return ("94", Vec::new());
    }
    let given: i64 =
        held.refunds.iter().filter(|(_, _, state)| state != "09").map(|(_, given, _)| given).sum();
    let whole = asked.get("vnp_TransactionType") == WHOLE;
    // More than was paid, or a part that calls itself the whole.
    if given.saturating_add(amount) > held.amount || whole != (amount == held.amount) {
        return ("02", Vec::new());
    }
    let state = match faults.refund_pending {
        _ if faults.refund_fails => "09".to_owned(),
        0 => "00".to_owned(),
        pending => format!("05:{pending}"),
    };
    held.refunds.push((asked.get("vnp_RequestId").to_owned(), amount, state.clone()));
    let more = [
        ("vnp_Amount", hundredfold(amount)),
        ("vnp_TransactionNo", asked.get("vnp_TransactionNo").to_owned()),
        ("vnp_TransactionType", asked.get("vnp_TransactionType").to_owned()),
        ("vnp_TransactionStatus", state[..2].to_owned()),
    ];
    ("00", more.into())
}
