//! The questions to VNPAY (`querydr`) and the orders to give back (`refund`): JSON, signed over
//! values joined by `|`.

use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::super::{Question, Refund};
use super::wire::{Merchant, hundredfold};
use crate::national::payment_platform::flat;
use crate::national::wire_time;

pub const VERSION: &str = "2.1.0";
pub const QUERY: &str = "querydr";
pub const REFUND: &str = "refund";
/// `vnp_TransactionType`: a payment; the whole of it, or a part, is given back.
pub const PAYMENT: &str = "01";
pub const WHOLE: &str = "02";
pub const PART: &str = "03";
/// The portal asks by itself; a payer's address is not its to give.
const ADDRESS: &str = "127.0.0.1";

/// The fields under the signature of a question, in its order.
pub const QUERY_SIGNED: [&str; 9] = [
    "vnp_RequestId",
    "vnp_Version",
    "vnp_Command",
    "vnp_TmnCode",
    "vnp_TxnRef",
    "vnp_TransactionDate",
    "vnp_CreateDate",
    "vnp_IpAddr",
    "vnp_OrderInfo",
];
/// The same of an order to give back.
pub const REFUND_SIGNED: [&str; 13] = [
    "vnp_RequestId",
    "vnp_Version",
    "vnp_Command",
    "vnp_TmnCode",
    "vnp_TransactionType",
    "vnp_TxnRef",
    "vnp_Amount",
    "vnp_TransactionNo",
    "vnp_TransactionDate",
    "vnp_CreateBy",
    "vnp_CreateDate",
    "vnp_IpAddr",
    "vnp_OrderInfo",
];
/// The same of the answer to a question; that of a refund has no promotion.
pub const ANSWER_SIGNED: [&str; 15] = [
    "vnp_ResponseId",
    "vnp_Command",
    "vnp_ResponseCode",
    "vnp_Message",
    "vnp_TmnCode",
    "vnp_TxnRef",
    "vnp_Amount",
    "vnp_BankCode",
    "vnp_PayDate",
    "vnp_TransactionNo",
    "vnp_TransactionType",
    "vnp_TransactionStatus",
    "vnp_OrderInfo",
    "vnp_PromotionCode",
    "vnp_PromotionAmount",
];
const WITHOUT_PROMOTION: usize = 13;

/// What became of a payment?
pub fn question(merchant: &Merchant, question: &Question, now: Timestamp) -> Value {
    let about = about(merchant, QUERY, &question.reference, question.opened_at, now);
    sign(merchant, about, &QUERY_SIGNED)
}

/// Give money back. The request's id is the refund's: sent again, it is the same order.
pub fn refund(merchant: &Merchant, refund: &Refund, now: Timestamp) -> Value {
    let mut order = about(merchant, REFUND, &refund.reference, refund.opened_at, now);
    let kind = if refund.amount == refund.paid { WHOLE } else { PART };
    let more = [
        ("vnp_RequestId", refund.id.clone()),
        ("vnp_TransactionType", kind.to_owned()),
        ("vnp_Amount", hundredfold(refund.amount)),
        ("vnp_TransactionNo", refund.transaction.clone()),
        ("vnp_CreateBy", refund.by.replace('|', "/")),
        ("vnp_OrderInfo", refund.reason.replace('|', "/")),
    ];
    order.extend(more.map(|(name, value)| (name.to_owned(), value.into())));
    sign(merchant, order, &REFUND_SIGNED)
}

fn about(
    merchant: &Merchant,
    command: &str,
    reference: &str,
    opened: Timestamp,
    now: Timestamp,
) -> Map<String, Value> {
    let fields = [
        ("vnp_RequestId", Uuid::now_v7().simple().to_string()),
        ("vnp_Version", VERSION.to_owned()),
        ("vnp_Command", command.to_owned()),
        ("vnp_TmnCode", merchant.code.clone()),
        ("vnp_TxnRef", reference.to_owned()),
        ("vnp_TransactionDate", wire_time(opened)),
        ("vnp_CreateDate", wire_time(now)),
        ("vnp_IpAddr", ADDRESS.to_owned()),
        ("vnp_OrderInfo", format!("Tra cuu {reference}")),
    ];
    fields.map(|(name, value)| (name.to_owned(), value.into())).into_iter().collect()
}

/// Puts the signature in.
pub fn sign(merchant: &Merchant, mut message: Map<String, Value>, signed: &[&str]) -> Value {
    let value = |name: &&str| message.get(*name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let text = signed.iter().map(value).collect::<Vec<_>>().join("|");
    message.insert("vnp_SecureHash".to_owned(), merchant.hash(&text).into());
    message.into()
}

/// A message whose values are as they were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message(Vec<(String, String)>);

impl Message {
    pub fn read(raw: &[u8]) -> Option<Self> {
        flat::read(raw).map(Self)
    }

    /// A field, empty where it is absent, as it counts under the signature.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// Whether it is signed over these fields. Were a `|` allowed inside a value, a message
    /// could be cut anew into other fields; only the last may hold one.
    pub fn is_authentic(&self, merchant: &Merchant, signed: &[&str]) -> bool {
        let values: Vec<&str> = signed.iter().map(|name| self.get(name)).collect();
        let ambiguous = values.iter().rev().skip(1).any(|value| value.contains('|'));
        !ambiguous && merchant.signed(&values.join("|"), self.get("vnp_SecureHash"))
    }

    /// The same for an answer.
    pub fn is_answer(&self, merchant: &Merchant) -> bool {
        let fields = if self.get("vnp_Command") == REFUND { WITHOUT_PROMOTION } else { ANSWER_SIGNED.len() };
        self.is_authentic(merchant, &ANSWER_SIGNED[..fields])
    }
}
