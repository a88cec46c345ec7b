//! The callback as it leaves the platform: as it should be, or as the faults say.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::{CALLBACK_PATH, Faults, PaymentSimulator};
use crate::config::Secret;
use crate::national::payment_platform::{Callback, CallbackReply, Partner};
use crate::simulators::gateway_faults::{Dial, Teller};

/// The body that leaves the platform.
pub(super) fn disturbed(news: &Callback, faults: &Faults, partner: &Partner) -> String {
    let mut sent = news.clone();
    if faults.wrong_amount != 0 {
        let right: i64 = sent.amount.parse().unwrap_or_default();
        sent.amount = right.saturating_add(faults.wrong_amount).to_string();
    }
    if faults.other_partner {
        sent.partner = format!("{}-KHAC", sent.partner);
    }
    if faults.other_currency {
        sent.currency = "USD".to_owned();
    }
    let stranger = Partner { code: partner.code.clone(), key: Secret::new("another key".to_owned()) };
    sent = sent.sign(if faults.forged { &stranger } else { partner });
    if faults.altered {
        sent.bank.push('X');
    }
    sent.to_json().to_string()
}

impl Teller for PaymentSimulator {
    fn dial(&self) -> &Dial {
        &self.dial
    }

    fn send<'a>(&'a self, notice: &'a str) -> BoxFuture<'a, (bool, Value)> {
        let url = format!("{}{CALLBACK_PATH}", self.portal);
        let request = self.http.post(url).header("Content-Type", "application/json").body(notice.to_owned());
        async move {
            let answered = async { request.send().await?.json::<Value>().await };
            match answered.await {
                Err(error) => (false, json!({ "error": error.to_string() })),
                Ok(reply) => {
                    let read: Option<CallbackReply> = serde_json::from_value(reply.clone()).ok();
                    let accepted = read.is_some_and(|r| r.is_authentic(&self.partner) && r.is_accepted());
                    (accepted, reply)
                }
            }
        }
        .boxed()
    }
}
