//! Citizens and clerks who do not give up: a request that got no answer is sent again under
//! the same key until it does.
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use motcua::catalogue::embedded;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::journal::{Acknowledged, Journal, Sent};
use super::portal::{PASSWORD, Portal};
use crate::support::pdf_with;

/// Nobody waits longer for an answer, however often the server is killed.
const PATIENCE: Duration = Duration::from_secs(90);
const CITIZENS: [&str; 4] = ["022094000001", "022196000002", "022201000003", "022185000006"];
/// Receiving unit and its clerk.
const UNITS: [(&str, &str); 2] = [("H49.45.01", "honggai.motcua"), ("H49.46.01", "halong.motcua")];

/// What a client files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filing {
    /// Birth registration: no fee.
    Birth,
    /// Temporary residence: 7,000 đồng online.
    Residence,
}

pub struct Client {
    pub number: usize,
    filing: Filing,
    unit: &'static str,
    http: reqwest::Client,
    url: String,
    pub citizen: String,
    pub clerk: String,
    journal: Arc<Journal>,
    random: Mutex<StdRng>,
}

/// A dossier on its way.
pub struct Filed {
    pub code: String,
    pub version: i64,
}

impl Client {
    pub async fn log_in(
        portal: &Portal,
        journal: &Arc<Journal>,
        number: usize,
        filing: Filing,
        seed: u64,
    ) -> Self {
        let (unit, clerk) = UNITS[number % UNITS.len()];
        let http = reqwest::Client::builder().timeout(Duration::from_secs(20));
        // A connection each: one that rested is closed by the server.
        let http = http.pool_max_idle_per_host(0).build().unwrap();
        let mut client = Self {
            number,
            filing,
            unit,
            http,
            url: portal.url.clone(),
            citizen: String::new(),
            clerk: String::new(),
            journal: journal.clone(),
            random: Mutex::new(StdRng::seed_from_u64(seed + number as u64)),
        };
        let citizen = CITIZENS[number % CITIZENS.len()];
        client.citizen = client.log_in_by_vneid(citizen).await;
        client.clerk = client.log_in_staff(clerk).await;
        client
    }

    /// The access token of an official.
    pub async fn log_in_staff(&self, username: &str) -> String {
        let credentials = json!({ "username": username, "password": PASSWORD });
        let (_, staff) = self.post("", "/api/v1/staff/login", None, &credentials).await;
        staff["access_token"].as_str().expect("an official logs in").to_owned()
    }

    /// The access token of a citizen, who comes back with the cookie of the beginning.
    async fn log_in_by_vneid(&self, citizen: &str) -> String {
        let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let browser = browser.timeout(Duration::from_secs(20)).pool_max_idle_per_host(0).build().unwrap();
        let header = |headers: &HeaderMap, name: &str| {
            headers[name].to_str().unwrap().split(';').next().unwrap().to_owned()
        };
        let login = format!("{}/api/v1/login", self.url);
        let (_, headers, begun) = self.until_answered_with_headers(|| browser.get(&login)).await;
        let cookie = header(&headers, "set-cookie");
        let page = format!("{}&login_hint={citizen}", begun["authorization_url"].as_str().unwrap());
        let (_, headers, _) = self.until_answered_with_headers(|| browser.get(&page)).await;
        let back = header(&headers, "location");
        let (_, tokens) = self.until_answered(|| browser.get(&back).header("cookie", &cookie)).await;
        tokens["access_token"].as_str().expect("a citizen logs in").to_owned()
    }

    /// Files one dossier after the other.
    pub async fn work(self: Arc<Self>, stop: Arc<AtomicBool>) {
        while !stop.load(Ordering::Relaxed) {
            let Some(filed) = self.file().await else { continue };
            if self.filing == Filing::Residence {
                self.receive_and_pay(filed).await;
            } else if self.chance(1, 3) {
                self.act(&filed, "receive").await;
            }
        }
    }

    fn chance(&self, of: u32, out_of: u32) -> bool {
        self.random.lock().unwrap().random_ratio(of, out_of)
    }

    /// Draft, files, submission; `None` where no dossier is known to have come of it.
    pub async fn file(&self) -> Option<Filed> {
        let (procedure, components) = match self.filing {
            Filing::Birth => ("1.001193", ["1.001193-TP06", ""]),
            Filing::Residence => ("1.004194", ["1.004194-TP01", "1.004194-TP03"]),
        };
        let begun = json!({
            "procedure": procedure, "channel": "online", "unit": self.unit, "answers": answers(procedure),
        });
        let (status, draft) = self.post(&self.citizen, "/api/v1/drafts", None, &begun).await;
        let Some(id) = draft["id"].as_str().filter(|_| status == 201) else {
            self.journal.difference(format!("a draft was refused: {status} {draft}"));
            return None;
        };
        let mut files = Vec::new();
        for component in components {
            files.push(self.upload(id, component).await?);
        }
        let path = format!("{}/api/v1/drafts/{id}", self.url);
        let (_, draft) = self.until_answered(|| self.http.get(&path).bearer_auth(&self.citizen)).await;
        self.submit(id, draft["version"].as_i64()?, files).await
    }

    async fn upload(&self, draft: &str, component: &str) -> Option<Sent> {
        let bytes = self.pdf();
        let sha256 = hex::encode(Sha256::digest(&bytes));
        let key = self.key();
        let path = format!("{}/api/v1/drafts/{draft}/files", self.url);
        let make = || {
            let request = self.request(Method::POST, &path, &self.citizen, &key);
            request.query(&[("component", component), ("name", "giay-to.pdf")]).body(bytes.clone())
        };
        let (status, file) = self.until_answered(make).await;
        if status != 201 || file["sha256"] != json!(sha256) {
            self.journal.difference(format!("an upload was refused: {status} {file}"));
            return None;
        }
        Some(Sent { id: file["id"].as_str()?.to_owned(), sha256 })
    }

    /// Submits; now and then gives up when the connection breaks, or asks again afterwards.
    async fn submit(&self, draft: &str, version: i64, files: Vec<Sent>) -> Option<Filed> {
        let path = format!("{}/api/v1/drafts/{draft}/submit", self.url);
        let key = self.key();
        let make = || {
            let request = self.request(Method::POST, &path, &self.citizen, &key);
            request.header("If-Match", format!("\"{version}\"")).json(&json!({}))
        };
        let (status, dossier) = match self.once(make()).await {
            // Busy: the server said so itself, and may be asked again.
            Some((503, _)) => self.until_answered(make).await,
            Some(answer) => answer,
            None if self.chance(1, 4) => {
                self.journal.abandon(draft);
                return None;
            }
            None => self.until_answered(make).await,
        };
        let Some(code) = dossier["code"].as_str().filter(|_| status == 201) else {
            self.journal.difference(format!("draft {draft} was not submitted: {status} {dossier}"));
            return None;
        };
        let (code, draft) = (code.to_owned(), draft.to_owned());
        self.journal.submitted(Acknowledged { code: code.clone(), draft, client: self.number, files });
        if self.chance(1, 4) {
            let (_, again) = self.until_answered(make).await;
            if again["code"] != json!(code) {
                self.journal.difference(format!("{code} was lost: the same request gives {again}"));
            }
        }
        Some(Filed { code, version: dossier["version"].as_i64()? })
    }

    /// Takes an action as the clerk.
    pub async fn act(&self, filed: &Filed, action: &str) -> Option<Filed> {
        let path = format!("/api/v1/dossiers/{}/actions", filed.code);
        let (status, after) =
            self.post(&self.clerk, &path, Some(filed.version), &json!({ "action": action })).await;
        let Some(version) = after["version"].as_i64().filter(|_| status == 200) else {
            let what = if status == 404 { "was lost" } else { "refused" };
            self.journal.difference(format!("{} {what}: {action} gives {status} {after}", filed.code));
            return None;
        };
        self.journal.acted(&filed.code, action, version);
        Some(Filed { code: filed.code.clone(), version })
    }

    /// Until the dossier has left the step that waits for payment.
    async fn receive_and_pay(&self, filed: Filed) -> Option<()> {
        let filed = self.act(&filed, "receive").await?;
        let filed = self.act(&filed, "request_payment").await?;
        let begun = Instant::now();
        let (payment, dossier) =
            (format!("/api/v1/dossiers/{}/payment", filed.code), format!("/api/v1/dossiers/{}", filed.code));
        while begun.elapsed() < PATIENCE {
            if let Some(page) = self.see(&payment).await["order"]["pay_url"].as_str() {
                // Paid once, told again each time.
                let _ = self.once(self.http.post(page).header("Accept", "application/json")).await;
            }
            if self.see(&dossier).await["status"] == json!(4) {
                self.journal.has_paid(&filed.code);
                return Some(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        self.journal.difference(format!("{}: the payment did not move it", filed.code));
        None
    }

    /// What the citizen sees.
    pub async fn see(&self, path: &str) -> Value {
        self.see_as(&self.citizen, path).await
    }

    /// What somebody else sees.
    pub async fn see_as(&self, token: &str, path: &str) -> Value {
        let path = format!("{}{path}", self.url);
        let make = || {
            let request = self.http.get(&path);
            if token.is_empty() { request } else { request.bearer_auth(token) }
        };
        self.until_answered(make).await.1
    }

    /// The SHA-256 of what the citizen downloads.
    pub async fn download(&self, path: &str) -> Option<String> {
        self.bytes_as(&self.citizen, path).await.map(|bytes| hex::encode(Sha256::digest(bytes)))
    }

    /// What somebody downloads.
    pub async fn bytes_as(&self, token: &str, path: &str) -> Option<Vec<u8>> {
        let request = self.http.get(format!("{}{path}", self.url)).bearer_auth(token);
        let response = request.send().await.ok()?.error_for_status().ok()?;
        Some(response.bytes().await.ok()?.to_vec())
    }

    /// Posts, and now and then posts the very same again: the answer must be the same.
    pub async fn post_twice(&self, token: &str, path: &str, body: &Value) -> (u16, Value) {
        let (url, key) = (format!("{}{path}", self.url), self.key());
        let make = || self.request(Method::POST, &url, token, &key).json(body);
        let first = self.until_answered(make).await;
        if first.0 < 300 && self.chance(1, 2) {
            let again = self.until_answered(make).await;
            if again != first {
                self.journal.difference(format!("{path}: the same request gives {first:?} and {again:?}"));
            }
        }
        first
    }

    pub async fn post(&self, token: &str, path: &str, version: Option<i64>, body: &Value) -> (u16, Value) {
        let (path, key) = (format!("{}{path}", self.url), self.key());
        let make = || {
            let mut request = self.request(Method::POST, &path, token, &key).json(body);
            if let Some(version) = version {
                request = request.header("If-Match", format!("\"{version}\""));
            }
            request
        };
        self.until_answered(make).await
    }

    fn request(&self, method: Method, url: &str, token: &str, key: &str) -> RequestBuilder {
        let request = self.http.request(method, url).header("Idempotency-Key", key);
        if token.is_empty() { request } else { request.bearer_auth(token) }
    }

    /// Sends until there is an answer that is not about being busy.
    async fn until_answered(&self, make: impl Fn() -> RequestBuilder) -> (u16, Value) {
        let (status, _, body) = self.until_answered_with_headers(make).await;
        (status, body)
    }

    /// The same, with the headers of the answer.
    async fn until_answered_with_headers(
        &self,
        make: impl Fn() -> RequestBuilder,
    ) -> (u16, HeaderMap, Value) {
        let begun = Instant::now();
        loop {
            match once_with_headers(make()).await {
                Some((503, ..)) | None => {}
                Some((.., body)) if body["code"] == "request_in_flight" => {}
                Some(answer) => return answer,
            }
            assert!(begun.elapsed() < PATIENCE, "no answer within {PATIENCE:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// One attempt; `None` when the connection broke.
    async fn once(&self, request: RequestBuilder) -> Option<(u16, Value)> {
        let (status, _, body) = once_with_headers(request).await?;
        Some((status, body))
    }

    fn key(&self) -> String {
        Uuid::now_v7().to_string()
    }

    /// A file of up to 60 kB that no other is like.
    fn pdf(&self) -> Vec<u8> {
        let mut random = self.random.lock().unwrap();
        let length = random.random_range(100..60_000);
        pdf_with(&(0..length).map(|_| random.random_range(b'a'..=b'z')).collect::<Vec<_>>())
    }
}

/// One attempt; `None` when the connection broke before the whole answer was there.
async fn once_with_headers(request: RequestBuilder) -> Option<(u16, HeaderMap, Value)> {
    let response = request.send().await.ok()?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = response.bytes().await.ok()?;
    Some((status, headers, serde_json::from_slice(&body).unwrap_or_default()))
}

/// The answers of the procedure's first scenario.
fn answers(procedure: &str) -> Value {
    let name = format!("{procedure}.json");
    let known = embedded::procedures();
    let (_, text) = known.iter().find(|(file, _)| *file == name).expect("the procedure is in the binary");
    let definition: Value = serde_json::from_str(text).unwrap();
    definition["scenarios"][0]["answers"].clone()
}
