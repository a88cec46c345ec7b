//! The token endpoint: a code, the client's secret and the PKCE verifier for an ID token.

use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, Header};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::accounts::random;
use super::{Grant, KEY_ID, Provider, TOKEN_SECONDS};

/// Form of the token endpoint (RFC 6749 4.1.3, RFC 7636 4.5).
#[derive(Debug, Deserialize)]
pub(super) struct Form {
    grant_type: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    redirect_uri: String,
    #[serde(default)]
    code_verifier: String,
    client_id: Option<String>,
    client_secret: Option<String>,
}

pub(super) async fn exchange(
    provider: web::Data<Provider>,
    request: HttpRequest,
    form: web::Form<Form>,
) -> HttpResponse {
    if !provider.knows(credentials(&request, &form)) {
        return HttpResponse::Unauthorized().json(json!({ "error": "invalid_client" }));
    }
    if form.grant_type != "authorization_code" {
        return HttpResponse::BadRequest().json(json!({ "error": "unsupported_grant_type" }));
    }
    // Taken out whatever happens next: a code is tried once.
    let grant = provider.open().codes.remove(&form.code);
    let answer =
        grant.filter(|grant| provider.agrees(grant, &form)).and_then(|grant| provider.tokens(&grant));
    match answer {
        Some(answer) => HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(answer),
        None => HttpResponse::BadRequest().json(json!({ "error": "invalid_grant" })),
    }
}

/// Client and secret, from the Basic header or from the form.
fn credentials(request: &HttpRequest, form: &Form) -> Option<(String, String)> {
    let header = request.headers().get("authorization").and_then(|h| h.to_str().ok());
    match header.and_then(|h| h.strip_prefix("Basic ")) {
        Some(basic) => {
            let text = String::from_utf8(STANDARD.decode(basic).ok()?).ok()?;
            let (id, secret) = text.split_once(':')?;
            Some((id.to_owned(), secret.to_owned()))
        }
        None => Some((form.client_id.clone()?, form.client_secret.clone()?)),
    }
}

impl Provider {
    fn knows(&self, credentials: Option<(String, String)>) -> bool {
        credentials.is_some_and(|(id, secret)| id == self.client_id && secret == self.client_secret)
    }

    /// Whether the code was given for this exchange.
    fn agrees(&self, grant: &Grant, form: &Form) -> bool {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&form.code_verifier));
        Timestamp::now() < grant.expires_at
            && form.redirect_uri == self.redirect_uri
            && challenge == grant.code_challenge
    }

    fn tokens(&self, grant: &Grant) -> Option<serde_json::Value> {
        let now = Timestamp::now();
        let expires_at = now + SignedDuration::from_secs(TOKEN_SECONDS);
        let account = &self.accounts[grant.account];
        let access_token = random();
        let half = Sha256::digest(&access_token);
        let claims = json!({
            "iss": self.issuer,
            "aud": self.client_id,
            "sub": account.subject(),
            "iat": now.as_second(),
            "exp": expires_at.as_second(),
            "nonce": grant.nonce,
            "acr": account.level().to_string(),
            "at_hash": URL_SAFE_NO_PAD.encode(&half[..16]),
        });
        let header = Header { kid: Some(KEY_ID.to_owned()), ..Header::new(Algorithm::ES256) };
        let id_token = jsonwebtoken::encode(&header, &claims, &self.key).ok()?;
        let mut open = self.open();
        open.access.retain(|_, (_, end)| now < *end);
        open.access.insert(access_token.clone(), (grant.account, expires_at));
        Some(json!({
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
            "id_token": id_token,
        }))
    }
}
