//! The client of VNeID's login (OpenID Connect, authorization code with PKCE S256).
//!
//! The only client of the outside that a handler may use, since a person waits for it; it is
//! never called inside a transaction. Provider metadata and keys are kept a few minutes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata};
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse,
    IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, TokenResponse,
};
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::config::Config;
use crate::error::{Code, Error, Result};

pub static VNEID_UNAVAILABLE: Code = Code::new(
    503,
    "vneid_unavailable",
    "VNeID chưa phản hồi; xin thử lại sau ít phút",
    "VNeID does not answer; try again in a few minutes",
);

/// How long metadata and keys of the provider are believed.
const METADATA_LIFE: Duration = Duration::from_secs(300);
/// Longest wait for one answer of the provider.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The client, shared by the requests of one thread.
pub struct VneidClient {
    issuer: String,
    client_id: ClientId,
    client_secret: ClientSecret,
    redirect_uri: String,
    provider: Mutex<Option<(Instant, Arc<Provider>)>>,
}

struct Provider {
    http: reqwest::Client,
    metadata: CoreProviderMetadata,
}

/// A login that begins: where to send the person, and what must be kept until the return.
pub struct Begun {
    pub url: String,
    pub state: String,
    pub nonce: String,
    pub pkce_verifier: String,
}

/// Userinfo as the national portal's login gives it (wire names).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Userinfo {
    pub sub: String,
    #[serde(rename = "TechID")]
    pub tech_id: Option<String>,
    /// 1 a citizen, 2 an organisation.
    #[serde(rename = "LoaiTaiKhoan")]
    pub account_kind: Option<String>,
    #[serde(rename = "HoVaTen")]
    pub full_name: Option<String>,
    #[serde(rename = "SoDinhDanh")]
    pub identity_no: Option<String>,
    /// `yyyyMMdd`.
    #[serde(rename = "NgayThangNamSinh")]
    pub birth_date: Option<String>,
    #[serde(rename = "GioiTinh")]
    pub gender: Option<String>,
    #[serde(rename = "DiaChi")]
    pub address: Option<String>,
    #[serde(rename = "SoDienThoai")]
    pub phone: Option<String>,
    #[serde(rename = "ThuDienTu")]
    pub email: Option<String>,
    #[serde(rename = "MaSoThue")]
    pub tax_no: Option<String>,
    #[serde(rename = "TenDoanhNghiep")]
    pub organisation_name: Option<String>,
    /// Who checked the person; `BCA` is VNeID.
    #[serde(rename = "loginIdp")]
    pub login_idp: Option<String>,
    /// Level of assurance, `1` or `2`.
    #[serde(rename = "loAs")]
    pub level: Option<String>,
}

impl VneidClient {
    pub fn new(config: &Config) -> Self {
        Self {
            issuer: config.vneid_issuer(),
            client_id: ClientId::new(config.vneid.client_id.clone()),
            client_secret: ClientSecret::new(config.vneid.client_secret.expose().clone()),
            redirect_uri: config.vneid_redirect_uri(),
            provider: Mutex::new(None),
        }
    }

    /// Begins a login.
    pub async fn begin(&self) -> Result<Begun> {
        let provider = self.provider().await.map_err(unavailable)?;
        let redirect = RedirectUrl::new(self.redirect_uri.clone()).map_err(anyhow::Error::from)?;
        let client = CoreClient::from_provider_metadata(
            provider.metadata.clone(),
            self.client_id.clone(),
            Some(self.client_secret.clone()),
        )
        .set_redirect_uri(redirect);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state, nonce) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .set_pkce_challenge(challenge)
            .url();
        Ok(Begun {
            url: url.into(),
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            pkce_verifier: verifier.into_secret(),
        })
    }

    /// Exchanges the code and gives who logged in. The outer error is a provider that does not
    /// answer; the inner one an answer that proves nothing.
    pub async fn finish(
        &self,
        code: String,
        nonce: String,
        pkce_verifier: String,
    ) -> Result<anyhow::Result<Userinfo>> {
        let provider = self.provider().await.map_err(unavailable)?;
        match self.exchange(&provider, code, nonce, pkce_verifier).await {
            Err(error) if is_unreachable(&error) => Err(unavailable(error)),
            outcome => Ok(outcome),
        }
    }

    async fn exchange(
        &self,
        provider: &Provider,
        code: String,
        nonce: String,
        pkce_verifier: String,
    ) -> anyhow::Result<Userinfo> {
        let client = CoreClient::from_provider_metadata(
            provider.metadata.clone(),
            self.client_id.clone(),
            Some(self.client_secret.clone()),
        )
        .set_redirect_uri(RedirectUrl::new(self.redirect_uri.clone())?);
        let http = provider.http.clone();
        let call = move |request: HttpRequest| call(http.clone(), request);
        let answer = client
            .exchange_code(AuthorizationCode::new(code))?
            .set_pkce_verifier(PkceCodeVerifier::new(pkce_verifier))
            .request_async(&call)
            .await?;
        let verifier = client.id_token_verifier();
        let id_token = answer.id_token().context("no ID token in the answer")?;
        let claims = id_token.claims(&verifier, &Nonce::new(nonce))?;
        if let Some(expected) = claims.access_token_hash() {
            let key = id_token.signing_key(&verifier)?;
            let actual = AccessTokenHash::from_token(answer.access_token(), id_token.signing_alg()?, key)?;
            if actual != *expected {
                bail!("the access token is not the one of the ID token");
            }
        }
        let userinfo = self.userinfo(provider, answer.access_token().secret()).await?;
        if userinfo.sub != claims.subject().as_str() {
            bail!("userinfo is about somebody else than the ID token");
        }
        Ok(userinfo)
    }

    async fn userinfo(&self, provider: &Provider, access_token: &str) -> anyhow::Result<Userinfo> {
        let url = provider.metadata.userinfo_endpoint().context("the provider has no userinfo endpoint")?;
        let answer = provider.http.get(url.url().clone()).bearer_auth(access_token).send().await?;
        Ok(answer.error_for_status()?.json().await?)
    }

    /// Metadata and keys of the provider, read again when they are old.
    async fn provider(&self) -> anyhow::Result<Arc<Provider>> {
        let mut kept = self.provider.lock().await;
        if let Some((read_at, provider)) = &*kept
            && read_at.elapsed() < METADATA_LIFE
        {
            return Ok(provider.clone());
        }
        // A redirect could lead the client's secret anywhere.
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIMEOUT)
            .build()?;
        let asking = http.clone();
        let call = move |request: HttpRequest| call(asking.clone(), request);
        let metadata =
            CoreProviderMetadata::discover_async(IssuerUrl::new(self.issuer.clone())?, &call).await?;
        let provider = Arc::new(Provider { http, metadata });
        *kept = Some((Instant::now(), provider.clone()));
        Ok(provider)
    }
}

/// A call that got no answer.
#[derive(Debug, thiserror::Error)]
enum CallFailed {
    #[error("no answer: {0}")]
    Http(#[from] reqwest::Error),
    #[error("not an HTTP message: {0}")]
    Message(#[from] openidconnect::http::Error),
    #[error("the provider answered {0}")]
    Status(u16),
}

/// Hands a request of the OpenID library to our HTTP client.
async fn call(http: reqwest::Client, request: HttpRequest) -> std::result::Result<HttpResponse, CallFailed> {
    let answer = http.execute(request.try_into()?).await?;
    if answer.status().is_server_error() {
        return Err(CallFailed::Status(answer.status().as_u16()));
    }
    let mut response = openidconnect::http::Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        response = response.header(name, value);
    }
    Ok(response.body(answer.bytes().await?.to_vec())?)
}

/// Whether the provider did not answer, rather than refuse.
fn is_unreachable(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.is::<CallFailed>()
            || cause
                .downcast_ref::<reqwest::Error>()
                .is_some_and(|e| e.status().is_none_or(|s| s.is_server_error()))
    })
}

fn unavailable(cause: anyhow::Error) -> Error {
    tracing::warn!(cause = format!("{cause:#}"), "VNeID does not answer");
    VNEID_UNAVAILABLE.err()
}
