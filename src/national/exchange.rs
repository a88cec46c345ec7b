//! One question, one answer, within a time and a size. Retries are the queue's business.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use reqwest::RequestBuilder;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Longest answer that is read, in bytes.
const ANSWER_LIMIT: usize = 256 * 1024;

/// The way to one system.
#[derive(Debug, Clone)]
pub(super) struct Exchange {
    http: reqwest::Client,
    /// Address of the system, without a slash at its end.
    base: String,
}

impl Exchange {
    /// `headers` go with every question.
    pub fn new(base: String, timeout_seconds: u64, headers: &[(&'static str, &str)]) -> Result<Self> {
        let mut always = HeaderMap::new();
        for (name, value) in headers {
            let value = HeaderValue::from_str(value).with_context(|| format!("the header {name}"))?;
            always.insert(HeaderName::from_static(name), value);
        }
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(timeout_seconds))
            .redirect(reqwest::redirect::Policy::none())
            .default_headers(always)
            .build()?;
        Ok(Self { http, base })
    }

    /// Posts a message as JSON and reads the answer as JSON; a status that is not a success
    /// is an error.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, message: &impl Serialize) -> Result<T> {
        let asked = self.http.post(format!("{}/{path}", self.base)).json(message);
        serde_json::from_slice(&answer(asked).await?).context("the answer cannot be read")
    }

    /// Posts a message as XML and gives the raw answer; a status that is not a success is an
    /// error.
    pub async fn post_xml(&self, path: &str, message: String) -> Result<Vec<u8>> {
        let asked = self.http.post(format!("{}/{path}", self.base));
        answer(asked.header(CONTENT_TYPE, "application/xml").body(message)).await
    }
}

/// Asks, and reads what is answered as far as it may reach.
async fn answer(asked: RequestBuilder) -> Result<Vec<u8>> {
    let mut response = asked.send().await?.error_for_status()?;
    let mut answer = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        answer.extend_from_slice(&chunk);
        ensure!(answer.len() <= ANSWER_LIMIT, "the answer is too long");
    }
    Ok(answer)
}
