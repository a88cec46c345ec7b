//! VNPAY as a gateway. All that is known of it is in this folder (and its section of the
//! configuration, and one line of `gateway::ADAPTERS`).
//!
//! Conventions: the public code of `lehuygiang28/vnpay`. The payer is sent to a signed address;
//! VNPAY calls us (IPN) and tells the truth; what the payer's browser brings back is shown and
//! changes nothing. A refund has no question of its own: it is asked about as the payment is,
//! which tells of the last refund only; so one of them is under way at a time.

pub mod api;
mod ipn;
pub mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use futures_util::FutureExt;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    Answer, Demand, Found, Gateway, Notice, Offer, Payment, Question, Refund, RefundState, Says, Source,
    Words,
};
use crate::config::{self, Config};
use crate::national::{wire_moment, wire_time};
use api::Message;
use wire::{Merchant, Query, dong, hundredfold};

pub const NAME: &str = "vnpay";

/// The payer is at the page: who has not paid within an hour begins anew.
pub const OFFER: Offer = Offer { name: NAME, lifetime: SignedDuration::from_hours(1), online: true };

/// Success, of a request and of a payment.
const OK: &str = "00";
/// `vnp_ResponseCode` of a question about a payment that VNPAY has not seen.
const NOT_FOUND: &str = "91";
/// `vnp_ResponseCode` of an order that was surely not carried out.
const REFUSED: [&str; 4] = ["02", "03", "91", "97"];
/// `vnp_TransactionStatus` of a payment that failed.
const FAILED: &str = "02";
/// `vnp_TransactionStatus` of a refund under way, at VNPAY and at the bank.
const UNDER_WAY: [&str; 2] = ["05", "06"];
/// Longest answer that is read, in bytes.
const ANSWER_LIMIT: usize = 64 * 1024;

pub(super) fn build(config: &Config) -> Result<Arc<dyn Gateway>> {
    let http = reqwest::Client::builder()
        .timeout(Duration::from_secs(config.vnpay.timeout_seconds))
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    Ok(Arc::new(Vnpay {
        words: VnpayWords::of(config),
        http,
        base: config.vnpay_url(),
        return_url: config.public_url() + ipn::RETURN_PATH,
        merchant: Merchant::of(config),
    }))
}

pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(ipn::receive_vnpay_notice).service(ipn::show_vnpay_return);
}

/// What VNPAY says, read with the shared key or the one before it.
#[derive(Debug, Clone)]
pub struct VnpayWords {
    pub merchant: Merchant,
    /// As it was before its key was rotated.
    pub previous: Option<Merchant>,
}

impl Words for VnpayWords {
    fn gateway(&self) -> &'static str {
        NAME
    }

    /// A call is a query string; the answer to a question is JSON.
    fn read(&self, source: Source, raw: &[u8]) -> Notice {
        match source {
            Source::Query => self.read_answer(raw),
            _ => self.read_call(raw),
        }
    }
}

impl VnpayWords {
    pub fn of(config: &Config) -> Self {
        let merchant = Merchant::of(config);
        let previous = config::previous(&config.vnpay.previous_key)
            .map(|key| Merchant { code: merchant.code.clone(), key });
        Self { merchant, previous }
    }

    fn is_authentic(&self, check: impl Fn(&Merchant) -> bool) -> bool {
        check(&self.merchant) || self.previous.as_ref().is_some_and(check)
    }

    fn read_call(&self, raw: &[u8]) -> Notice {
        let Some(query) = Query::read(raw) else {
            return Notice::malformed(None);
        };
        let authentic = self.is_authentic(|merchant| merchant.signed_query(&query));
        self.notice(authentic, |name| query.get(name).unwrap_or_default())
    }

    fn read_answer(&self, raw: &[u8]) -> Notice {
        let Some(answer) = Message::read(raw) else {
            return Notice::malformed(None);
        };
        let authentic = self.is_authentic(|merchant| answer.is_answer(merchant));
        self.notice(authentic, |name| answer.get(name))
    }

    fn notice<'m>(&self, authentic: bool, field: impl Fn(&str) -> &'m str) -> Notice {
        let reference = field("vnp_TxnRef").to_owned();
        let says = self.said(authentic, &reference, field);
        Notice { reference: Some(reference).filter(|reference| !reference.is_empty()), says }
    }

    fn said<'m>(&self, authentic: bool, reference: &str, field: impl Fn(&str) -> &'m str) -> Says {
        if !authentic {
            return Says::Forged;
        }
        if field("vnp_TmnCode") != self.merchant.code {
            return Says::OtherPartner;
        }
        if reference.is_empty() {
            return Says::Malformed;
        }
        // The request went well, and so did the payment: one without the other is no money.
        if field("vnp_ResponseCode") != OK || field("vnp_TransactionStatus") != OK {
            return Says::NotPaid;
        }
        // A call has no type; an answer may be about a refund of the payment.
        if !["", api::PAYMENT].contains(&field("vnp_TransactionType")) {
            return Says::NotPaid;
        }
        if !["", "VND"].contains(&field("vnp_CurrCode")) {
            return Says::OtherCurrency;
        }
        Says::Paid(Payment {
            reference: reference.to_owned(),
            amount: dong(field("vnp_Amount")),
            transaction: field("vnp_TransactionNo").to_owned(),
            bank: field("vnp_BankCode").to_owned(),
            paid_at: wire_moment(field("vnp_PayDate")),
        })
    }
}

/// VNPAY as a merchant meets it.
#[derive(Debug)]
struct Vnpay {
    words: VnpayWords,
    http: reqwest::Client,
    /// Address of VNPAY, without a slash at its end.
    base: String,
    return_url: String,
    merchant: Merchant,
}

impl Gateway for Vnpay {
    fn words(&self) -> Arc<dyn Words> {
        Arc::new(self.words.clone())
    }

    /// The page is an address that we sign ourselves: nothing goes outside.
    fn open<'a>(&'a self, demand: &'a Demand, _: Timestamp) -> Answer<'a, String> {
        let page = format!("{}/paymentv2/vpcpay.html?{}", self.base, self.pay_query(demand));
        async move { Ok(page) }.boxed()
    }

    fn query<'a>(&'a self, question: &'a Question, now: Timestamp) -> Answer<'a, Found> {
        async move {
            let (raw, answer) = self.ask(&api::question(&self.merchant, question, now)).await?;
            if answer.get("vnp_ResponseCode") == NOT_FOUND {
                return Ok(Found::Unknown);
            }
            ensure!(answer.get("vnp_TxnRef") == question.reference, "the answer is about another payment");
            ensure!(answer.get("vnp_ResponseCode") == OK, "refused: {}", answer.get("vnp_Message"));
            Ok(match answer.get("vnp_TransactionStatus") {
                OK => Found::Paid(raw),
                FAILED => Found::Denied,
                _ => Found::NotPaid,
            })
        }
        .boxed()
    }

    fn refund<'a>(&'a self, refund: &'a Refund, now: Timestamp) -> Answer<'a, RefundState> {
        async move {
            let (_, answer) = self.ask(&api::refund(&self.merchant, refund, now)).await?;
            Ok(match answer.get("vnp_ResponseCode") {
                OK => refund_state(&answer),
                code if REFUSED.contains(&code) => RefundState::Failed,
                // Asked before, or not known whether it was carried out.
                _ => RefundState::Pending,
            })
        }
        .boxed()
    }

    fn tells_the_last_refund_only(&self) -> bool {
        true
    }

    fn refund_state<'a>(&'a self, refund: &'a Refund, now: Timestamp) -> Answer<'a, RefundState> {
        async move {
            let question = Question { reference: refund.reference.clone(), opened_at: refund.opened_at };
            let (_, answer) = self.ask(&api::question(&self.merchant, &question, now)).await?;
            ensure!(answer.get("vnp_TxnRef") == refund.reference, "the answer is about another payment");
            ensure!(answer.get("vnp_ResponseCode") == OK, "refused: {}", answer.get("vnp_Message"));
            let is_refund = [api::WHOLE, api::PART].contains(&answer.get("vnp_TransactionType"));
            Ok(match is_refund {
                true if answer.get("vnp_Amount") == hundredfold(refund.amount) => refund_state(&answer),
                // Only the last refund of a payment is told, and they are ordered one by one: the
                // last is an earlier one as long as ours has not come, and that is not for ever.
                true if refund.asked < ASKED_IN_VAIN => RefundState::Pending,
                true => RefundState::Failed,
                false => RefundState::Failed,
            })
        }
        .boxed()
    }
}

/// So often VNPAY is asked about a refund of which it knows nothing: for more than half an hour.
const ASKED_IN_VAIN: i32 = 6;

/// `vnp_TransactionStatus` of a refund.
fn refund_state(answer: &Message) -> RefundState {
    match answer.get("vnp_TransactionStatus") {
        OK => RefundState::Success,
        status if UNDER_WAY.contains(&status) => RefundState::Pending,
        _ => RefundState::Failed,
    }
}

impl Vnpay {
    fn pay_query(&self, demand: &Demand) -> String {
        let fields = BTreeMap::from([
            ("vnp_Version", api::VERSION.to_owned()),
            ("vnp_Command", "pay".to_owned()),
            ("vnp_TmnCode", self.merchant.code.clone()),
            ("vnp_Amount", hundredfold(demand.amount)),
            ("vnp_CurrCode", "VND".to_owned()),
            ("vnp_TxnRef", demand.reference.clone()),
            // No diacritics: VNPAY asks for a text without them.
            ("vnp_OrderInfo", format!("Nop phi le phi ho so {}", demand.dossier_code)),
            ("vnp_OrderType", "other".to_owned()),
            ("vnp_Locale", "vn".to_owned()),
            ("vnp_ReturnUrl", self.return_url.clone()),
            ("vnp_IpAddr", "127.0.0.1".to_owned()),
            ("vnp_CreateDate", wire_time(demand.opened_at)),
            ("vnp_ExpireDate", wire_time(demand.expires_at)),
        ]);
        self.merchant.query(&fields)
    }

    /// One question, one answer that VNPAY signed.
    async fn ask(&self, message: &Value) -> Result<(Bytes, Message)> {
        let url = format!("{}/merchant_webapi/api/transaction", self.base);
        let mut response = self.http.post(url).json(message).send().await?.error_for_status()?;
        let mut raw = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            raw.extend_from_slice(&chunk);
            ensure!(raw.len() <= ANSWER_LIMIT, "the answer is too long");
        }
        let answer = Message::read(&raw).context("the answer cannot be read")?;
        ensure!(answer.is_answer(&self.merchant), "the answer is not signed by VNPAY");
        Ok((raw.into(), answer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    fn words() -> VnpayWords {
        VnpayWords {
            merchant: Merchant { code: "MOTCUA01".to_owned(), key: Secret::new("secret".to_owned()) },
            previous: None,
        }
    }

    fn said(change: &[(&'static str, &str)]) -> Says {
        let mut fields = BTreeMap::from([
            ("vnp_TmnCode", "MOTCUA01".to_owned()),
            ("vnp_TxnRef", "R1".to_owned()),
            ("vnp_Amount", "700000".to_owned()),
            ("vnp_ResponseCode", "00".to_owned()),
            ("vnp_TransactionStatus", "00".to_owned()),
            ("vnp_TransactionNo", "14".to_owned()),
            ("vnp_BankCode", "NCB".to_owned()),
            ("vnp_PayDate", "20261122091500".to_owned()),
        ]);
        fields.extend(change.iter().map(|(name, value)| (*name, (*value).to_owned())));
        words().read(Source::Callback, words().merchant.query(&fields).as_bytes()).says
    }

    // Mutants: drop any one of the questions of `said`; take the amount as đồng.
    #[test]
    fn every_question_is_asked() {
        let Says::Paid(payment) = said(&[]) else { unreachable!("the genuine notice is paid") };
        assert_eq!((payment.amount, payment.transaction.as_str()), (Some(7000), "14"));
        assert_eq!(said(&[("vnp_TmnCode", "OTHER")]), Says::OtherPartner);
        assert_eq!(said(&[("vnp_ResponseCode", "24")]), Says::NotPaid);
        assert_eq!(said(&[("vnp_TransactionStatus", "04")]), Says::NotPaid);
        assert_eq!(said(&[("vnp_TransactionStatus", "")]), Says::NotPaid);
        assert_eq!(said(&[("vnp_CurrCode", "USD")]), Says::OtherCurrency);
        assert_eq!(said(&[("vnp_TxnRef", "")]), Says::Malformed);
        let unsigned = words().read(Source::Callback, b"vnp_TxnRef=R1&vnp_ResponseCode=00");
        assert_eq!((unsigned.reference.as_deref(), unsigned.says), (Some("R1"), Says::Forged));
    }
}
