//! Who acts on the portal and at the gateways, and does not give up: a request that got no
//! answer is sent again under the same key.
use std::time::{Duration, Instant};

use motcua::bench::money::notices::Gateway;
use motcua::simulators::book::Book;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::crash::portal::{PASSWORD, Portal};

/// Nobody waits longer for an answer, however often the server is killed.
const PATIENCE: Duration = Duration::from_secs(90);

#[derive(Debug, Clone)]
pub struct Hands {
    pub http: reqwest::Client,
    pub portal: String,
    simulators: String,
    pub citizen: String,
    pub cashier: String,
}

impl Hands {
    pub async fn new(portal: &Portal, citizen: String) -> Self {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(20));
        // A connection each: one that rested is closed by the server.
        let http = http.pool_max_idle_per_host(0).build().unwrap();
        let (url, simulators) = (portal.url.clone(), portal.simulators());
        let mut hands = Self { http, portal: url, simulators, citizen, cashier: String::new() };
        hands.cashier = hands.staff("halong.thuquy").await;
        hands
    }

    async fn staff(&self, username: &str) -> String {
        let body = json!({ "username": username, "password": PASSWORD });
        let (_, tokens) = self.post("", "/api/v1/staff/login", None, &body).await;
        tokens["access_token"].as_str().unwrap_or_else(|| panic!("{username}: {tokens}")).to_owned()
    }

    pub async fn get(&self, token: &str, path: &str) -> (u16, Value) {
        let path = format!("{}{path}", self.portal);
        self.until_answered(|| self.http.get(&path).bearer_auth(token)).await
    }

    pub async fn post(&self, token: &str, path: &str, version: Option<i64>, body: &Value) -> (u16, Value) {
        let (path, key) = (format!("{}{path}", self.portal), Uuid::now_v7().to_string());
        let make = || {
            let mut request =
                self.http.request(Method::POST, &path).header("Idempotency-Key", &key).json(body);
            if !token.is_empty() {
                request = request.bearer_auth(token);
            }
            if let Some(version) = version {
                request = request.header("If-Match", format!("\"{version}\""));
            }
            request
        };
        self.until_answered(make).await
    }

    async fn until_answered(&self, make: impl Fn() -> RequestBuilder) -> (u16, Value) {
        let begun = Instant::now();
        loop {
            match once(make()).await {
                Some((503, _)) | None => {}
                Some((_, body)) if body["code"] == "request_in_flight" => {}
                Some(answer) => return answer,
            }
            assert!(begun.elapsed() < PATIENCE, "no answer within {PATIENCE:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Sends a notice as the gateway does: status and answer, or nothing where it broke off.
    pub async fn tell(&self, gateway: Gateway, notice: String) -> Option<(u16, Value)> {
        let path = format!("{}/api/v1/payments/callbacks/{}", self.portal, gateway.name());
        once(match gateway {
            Gateway::National => self.http.post(path).header("Content-Type", "application/json").body(notice),
            Gateway::Vnpay => self.http.get(format!("{path}?{}", encoded(&notice))),
        })
        .await
    }

    /// A payer opens the page and pays, if it is there; whether the payment was made.
    pub async fn pay(&self, gateway: Gateway, page: &str, reference: &str) -> bool {
        let to = match gateway {
            Gateway::National => page.to_owned(),
            Gateway::Vnpay => {
                let opened = once(self.http.get(page)).await.is_some_and(|(status, _)| status == 200);
                if !opened {
                    return false;
                }
                format!("{}/vnpay/paymentv2/pay/{reference}", self.simulators)
            }
        };
        let paid = once(self.http.post(to).header("Accept", "application/json")).await;
        paid.is_some_and(|(status, _)| status == 200)
    }

    pub async fn turn(&self, gateway: Gateway, dial: &Value) {
        let path = format!("{}/{}/faults", self.simulators, gateway.simulator());
        let turned = self.http.put(path).json(dial).send().await.unwrap();
        assert_eq!(turned.status(), 200, "{dial}");
    }

    pub async fn book(&self, gateway: Gateway) -> Book {
        let path = format!("{}/{}/book", self.simulators, gateway.simulator());
        self.http.get(path).send().await.unwrap().json().await.unwrap()
    }

    pub async fn set_clock(&self, now: &str) {
        let path = format!("{}/demo/clock", self.portal);
        let (status, answer) =
            self.until_answered(|| self.http.put(&path).json(&json!({ "now": now }))).await;
        assert_eq!(status, 200, "{answer}");
    }
}

/// One attempt; `None` when the connection broke before the whole answer was there.
async fn once(request: RequestBuilder) -> Option<(u16, Value)> {
    let response = request.send().await.ok()?;
    let status = response.status().as_u16();
    let body = response.bytes().await.ok()?;
    Some((status, serde_json::from_slice(&body).unwrap_or_default()))
}

/// What an address cannot hold is written as its bytes.
fn encoded(query: &str) -> String {
    query
        .chars()
        .map(|sign| match sign {
            ' '..='~' if !"\"#<>".contains(sign) => sign.to_string(),
            _ => sign.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect(),
        })
        .collect()
}
