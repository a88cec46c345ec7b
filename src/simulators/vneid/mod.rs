//! VNeID as an OpenID Connect provider (authorization code with PKCE), with the fields of
//! the national portal's login.
//!
//! `GET /vneid/authorize` shows the invented people to click on; `login_hint=<number>` lets
//! a script approve at once. Codes are used once and live a minute. Times are the machine's:
//! the provider does not know the portal's clock.

mod accounts;
mod authorize;
mod token;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use actix_web::{HttpRequest, HttpResponse, web};
use anyhow::{Context, Result};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use jiff::Timestamp;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use crate::config::Config;
use accounts::Account;

/// Name of the provider's only key.
const KEY_ID: &str = "vneid-1";
/// Life of an authorization code, in seconds.
const CODE_SECONDS: i64 = 60;
/// Life of the provider's own access and ID tokens, in seconds.
const TOKEN_SECONDS: i64 = 300;

/// The provider: its key, its accounts, and the logins under way.
pub struct Provider {
    issuer: String,
    client_id: String,
    client_secret: String,
    redirect_uri: String,
    key: EncodingKey,
    jwks: Value,
    accounts: Vec<Account>,
    open: Mutex<Open>,
}

/// Logins that are not over.
#[derive(Default)]
struct Open {
    codes: HashMap<String, Grant>,
    /// Access token → number of the account and end of life.
    access: HashMap<String, (usize, Timestamp)>,
}

/// What an authorization code stands for.
struct Grant {
    account: usize,
    nonce: Option<String>,
    code_challenge: String,
    expires_at: Timestamp,
}

impl Provider {
    pub fn new(config: &Config) -> Result<Self> {
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
            .ok()
            .context("no randomness for the provider's key")?;
        let key = EncodingKey::from_ec_der(document.as_ref());
        let mut jwk = Jwk::from_encoding_key(&key, Algorithm::ES256)?;
        jwk.common.key_id = Some(KEY_ID.to_owned());
        jwk.common.public_key_use = Some(jsonwebtoken::jwk::PublicKeyUse::Signature);
        Ok(Self {
            issuer: config.vneid_issuer(),
            client_id: config.vneid.client_id.clone(),
            client_secret: config.vneid.client_secret.expose().clone(),
            redirect_uri: config.vneid_redirect_uri(),
            key,
            jwks: json!({ "keys": [jwk] }),
            accounts: accounts::all().context("data/demo/people.json")?,
            open: Mutex::default(),
        })
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::scope("/vneid")
            .route("/.well-known/openid-configuration", web::get().to(discovery))
            .route("/jwks", web::get().to(jwks))
            .route("/authorize", web::get().to(authorize::authorize))
            .route("/token", web::post().to(token::exchange))
            .route("/userinfo", web::get().to(userinfo))
            .route("/logout", web::get().to(logout)),
    );
}

async fn discovery(provider: web::Data<Provider>) -> HttpResponse {
    let issuer = &provider.issuer;
    HttpResponse::Ok().json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "jwks_uri": format!("{issuer}/jwks"),
        "end_session_endpoint": format!("{issuer}/logout"),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["openid"],
        "acr_values_supported": ["1", "2"],
    }))
}

async fn jwks(provider: web::Data<Provider>) -> HttpResponse {
    HttpResponse::Ok().json(&provider.jwks)
}

async fn userinfo(provider: web::Data<Provider>, request: HttpRequest) -> HttpResponse {
    let header = request.headers().get("authorization").and_then(|h| h.to_str().ok());
    let token = header.and_then(|h| h.strip_prefix("Bearer ")).unwrap_or_default();
    let account = provider.open().access.get(token).copied();
    match account {
        Some((account, expires_at)) if Timestamp::now() < expires_at => {
            HttpResponse::Ok().json(provider.accounts[account].userinfo())
        }
        _ => HttpResponse::Unauthorized().json(json!({ "error": "invalid_token" })),
    }
}

async fn logout() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("Đã đăng xuất khỏi VNeID (mô phỏng).")
}
