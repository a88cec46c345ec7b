//! Sends a callback to the portal, as well or badly as the faults say.

use std::time::Duration;

use actix_web::web;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{CALLBACK_PATH, Faults, PaymentSimulator};
use crate::config::Secret;
use crate::national::payment_platform::{Callback, CallbackReply, Partner};

/// Waits before a callback that was not accepted is sent again, in seconds.
const RETRIES: [u64; 4] = [1, 5, 30, 120];

/// Sends all copies once and gives the portal's replies; when none of them was accepted,
/// goes on sending in the background.
pub async fn deliver(platform: &web::Data<PaymentSimulator>, news: &Callback) -> Vec<Value> {
    let faults = platform.faults().clone();
    if faults.drop_callbacks {
        return Vec::new();
    }
    if faults.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(faults.delay_ms)).await;
    }
    let body = disturbed(news, &faults, &platform.partner);
    let replies = join_all((0..=faults.duplicate).map(|_| send(platform, &body))).await;
    if !replies.iter().any(|(accepted, _)| *accepted) {
        actix_web::rt::spawn(send_again(platform.clone(), body));
    }
    replies.into_iter().map(|(_, reply)| reply).collect()
}

/// The body that leaves the platform.
fn disturbed(news: &Callback, faults: &Faults, partner: &Partner) -> String {
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

/// Sends one copy: whether the portal accepted it, and its reply.
async fn send(platform: &PaymentSimulator, body: &str) -> (bool, Value) {
    let url = format!("{}{CALLBACK_PATH}", platform.portal);
    let request = platform.http.post(url).header("Content-Type", "application/json").body(body.to_owned());
    let answered = async { request.send().await?.json::<Value>().await };
    match answered.await {
        Err(error) => (false, json!({ "error": error.to_string() })),
        Ok(reply) => {
            let read: Option<CallbackReply> = serde_json::from_value(reply.clone()).ok();
            let accepted = read.is_some_and(|r| r.is_authentic(&platform.partner) && r.is_accepted());
            (accepted, reply)
        }
    }
}

async fn send_again(platform: web::Data<PaymentSimulator>, body: String) {
    for wait in RETRIES {
        tokio::time::sleep(Duration::from_secs(wait)).await;
        if send(&platform, &body).await.0 {
            return;
        }
    }
}
