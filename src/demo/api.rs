//! The portal as a client of its API sees it: HTTP, and nothing else.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::header::{COOKIE, HeaderName, LOCATION, SET_COOKIE};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use uuid::Uuid;

/// Longest wait for one answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A client of one portal.
pub struct Api {
    http: reqwest::Client,
    portal: String,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// The JSON of the body; null when there was none.
    pub body: Value,
}

impl Answer {
    /// The body of a success; else an error with the problem's words.
    pub fn ok(self, what: &str) -> Result<Value> {
        if (200..300).contains(&self.status) {
            return Ok(self.body);
        }
        bail!("{what}: mong thành công, nhận {} {}", self.status, self.body)
    }
}

impl Api {
    pub fn new(portal: String) -> Result<Self> {
        // A redirection would lose the cookie of a login on its way through VNeID.
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { http, portal })
    }

    /// Logs a citizen in, as a browser does: to VNeID's page with a hint who it is, and back
    /// with the cookie of the beginning.
    pub async fn login_citizen(&self, id_number: &str) -> Result<String> {
        let begun = self.request(Method::GET, "/api/v1/login", None).send().await?;
        let cookie = header(&begun, SET_COOKIE)?;
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        let begun: Value = begun.json().await?;
        let page = format!("{}&login_hint={id_number}", text(&begun, "authorization_url")?);
        let back = header(&self.http.get(page).send().await?, LOCATION)?;
        let tokens = answer(self.http.get(back).header(COOKIE, cookie)).await?.ok("đăng nhập VNeID")?;
        text(&tokens, "access_token")
    }

    /// Logs an official in.
    pub async fn login_staff(&self, username: &str, password: &str) -> Result<String> {
        let body = json!({ "username": username, "password": password });
        let tokens = self.post("/api/v1/staff/login", None, None, &body).await?.ok("đăng nhập cán bộ")?;
        text(&tokens, "access_token")
    }

    pub async fn get(&self, path: &str, token: Option<&str>) -> Result<Answer> {
        answer(self.request(Method::GET, path, token)).await
    }

    /// A POST with a fresh idempotency key.
    pub async fn post(
        &self,
        path: &str,
        token: Option<&str>,
        version: Option<i64>,
        body: &Value,
    ) -> Result<Answer> {
        let request = self.request(Method::POST, path, token).header("Idempotency-Key", fresh_key());
        let request = match version {
            Some(version) => request.header("If-Match", format!("\"{version}\"")),
            None => request,
        };
        answer(request.json(body)).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Result<Answer> {
        answer(self.request(Method::PUT, path, None).json(body)).await
    }

    /// The address of the portal, without a slash at its end.
    pub fn portal(&self) -> &str {
        &self.portal
    }

    /// Turns the fault dial of a simulator.
    pub async fn turn(&self, url: &str, faults: &Value) -> Result<Answer> {
        answer(self.http.put(url).json(faults)).await
    }

    /// Uploads a file as the body of a request.
    pub async fn upload(&self, path: &str, token: &str, bytes: Vec<u8>) -> Result<Answer> {
        let request = self.request(Method::POST, path, Some(token));
        let request = request.header("Idempotency-Key", fresh_key());
        answer(request.header("Content-Type", "application/octet-stream").body(bytes)).await
    }

    /// Asks a simulator to do something.
    pub async fn ask(&self, url: &str, body: &Value) -> Result<Answer> {
        answer(self.http.post(url).json(body)).await
    }

    /// What a simulator shows.
    pub async fn look(&self, url: &str) -> Result<Answer> {
        answer(self.http.get(url)).await
    }

    /// Presses the button of the gateway's pay page.
    pub async fn pay(&self, pay_url: &str) -> Result<Answer> {
        answer(self.http.post(pay_url).header("Accept", "application/json")).await
    }

    fn request(&self, method: Method, path: &str, token: Option<&str>) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.portal));
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }
}

fn header(response: &Response, name: HeaderName) -> Result<String> {
    let found = response.headers().get(&name).and_then(|value| value.to_str().ok());
    let status = response.status();
    Ok(found.with_context(|| format!("câu trả lời {status} không có {name}"))?.to_owned())
}

async fn answer(request: RequestBuilder) -> Result<Answer> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    let bytes = response.bytes().await?;
    let body =
        if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap_or(Value::Null) };
    Ok(Answer { status, body })
}

/// A text member of an answer.
pub fn text(body: &Value, member: &str) -> Result<String> {
    let found = body.get(member).and_then(Value::as_str);
    Ok(found.with_context(|| format!("câu trả lời không có {member}: {body}"))?.to_owned())
}

fn fresh_key() -> String {
    Uuid::now_v7().to_string()
}
