//! The Cloud Signature Consortium's API, version 2, as far as motcua uses it: the service's
//! token, credentials, and signatures over hashes that their owner authorised.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use uuid::Uuid;

use super::authority::Signer;
use super::{Key, OTP, PIN, State, TrustFaults};
use crate::signing::csc::{AuthorizeIn, CredentialIn, CredentialsIn, SHA_256, SignHashIn, TokenIn};
use crate::signing::pades::KeyKind;

/// Seconds that an authorisation holds.
const SAD_SECONDS: u64 = 300;
/// Hashes of one authorisation at most.
const MOST: usize = 100;

/// What was given out.
#[derive(Default)]
pub struct Sessions {
    tokens: Mutex<BTreeSet<String>>,
    /// By the words that stand for them (SAD).
    authorised: Mutex<BTreeMap<String, Authorised>>,
}

/// What its owner let a credential sign.
struct Authorised {
    credential: String,
    /// Base64, as they were told; each is signed once.
    hashes: BTreeSet<String>,
    until: Instant,
}

pub fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::scope("/csc/v2")
            .route("/info", web::post().to(info))
            .route("/oauth2/token", web::post().to(token))
            .route("/credentials/list", web::post().to(list))
            .route("/credentials/info", web::post().to(show))
            .route("/credentials/authorize", web::post().to(authorize))
            .route("/signatures/signHash", web::post().to(sign_hash)),
    );
}

/// Why something is refused, in the words of the API.
struct No(&'static str, &'static str);

impl From<anyhow::Error> for No {
    fn from(_: anyhow::Error) -> Self {
        No("server_error", "the simulator failed")
    }
}

type Told = Result<Value, No>;

fn told(answer: Told) -> HttpResponse {
    match answer {
        Ok(body) => HttpResponse::Ok().json(body),
        Err(No("invalid_token", why)) => {
            HttpResponse::Unauthorized().json(json!({ "error": "invalid_token", "error_description": why }))
        }
        Err(No(error, why)) => {
            HttpResponse::BadRequest().json(json!({ "error": error, "error_description": why }))
        }
    }
}

async fn info() -> web::Json<Value> {
    web::Json(json!({
        "specs": "2.0.0.2",
        "name": "motcua: dịch vụ tin cậy mô phỏng",
        "region": "VN",
        "lang": "vi",
        "authType": ["oauth2client"],
        "methods": ["oauth2/token", "credentials/list", "credentials/info", "credentials/authorize",
                    "signatures/signHash"],
        "signAlgorithms": { "algos": [KeyKind::Rsa.oid().to_string(), KeyKind::Ecdsa.oid().to_string()] },
    }))
}

async fn token(service: State, form: web::Form<TokenIn>) -> HttpResponse {
    let known = form.client_id == service.client_id && form.client_secret == *service.secret.expose();
    if !known || form.grant_type != "client_credentials" {
        return told(Err(No("invalid_client", "unknown client")));
    }
    let token = word();
    service.sessions.tokens.lock().unwrap_or_else(PoisonError::into_inner).insert(token.clone());
    told(Ok(json!({ "access_token": token, "token_type": "Bearer", "expires_in": 3600, "scope": "service" })))
}

/// A word for what was given out; that it can be guessed does no harm here.
fn word() -> String {
    Uuid::now_v7().simple().to_string()
}

fn known(service: &State, request: &HttpRequest) -> Result<(), No> {
    let header = crate::simulators::header(request, "authorization");
    let token = header.strip_prefix("Bearer ").unwrap_or_default();
    let tokens = service.sessions.tokens.lock().unwrap_or_else(PoisonError::into_inner);
    if tokens.contains(token) { Ok(()) } else { Err(No("invalid_token", "log in first")) }
}

async fn list(service: State, request: HttpRequest, asked: web::Json<CredentialsIn>) -> HttpResponse {
    told(
        known(&service, &request)
            .map(|()| json!({ "credentialIDs": service.credentials.of(&asked.user_id) })),
    )
}

async fn show(service: State, request: HttpRequest, asked: web::Json<CredentialIn>) -> HttpResponse {
    told(known(&service, &request).and_then(|()| described(&service, &asked.credential_id)))
}

fn signer(service: &State, credential: &str) -> Result<Arc<Signer>, No> {
    let faults = service.faults().clone();
    let found = service.credentials.signer(credential, &service.authority, &faults)?;
    found.ok_or(No("invalid_request", "Invalid parameter credentialID"))
}

fn described(service: &State, credential: &str) -> Told {
    let (signer, faults) = (signer(service, credential)?, service.faults().clone());
    let chain: Vec<String> =
        service.authority.chain(&signer)?.iter().map(|der| STANDARD.encode(der)).collect();
    let mut objects = vec![json!({ "type": "Password", "id": "PIN", "format": "N", "label": "PIN" })];
    if faults.otp {
        objects.push(json!({ "type": "Password", "id": "OTP", "format": "N", "label": "OTP" }));
    }
    Ok(json!({
        "description": "khoá ký thử nghiệm",
        "key": { "status": "enabled", "algo": [signer.key.kind().oid().to_string()],
                 "len": if signer.key.kind() == KeyKind::Rsa { 2048 } else { 256 } },
        "cert": { "status": status(credential, &faults), "certificates": chain },
        "auth": { "mode": "explicit", "expression": if faults.otp { "PIN AND OTP" } else { "PIN" },
                  "objects": objects },
        "SCAL": "2",
        "multisign": MOST,
    }))
}

fn status(credential: &str, faults: &TrustFaults) -> &'static str {
    let owner = super::credentials::Credentials::owner(credential);
    let has = |owners: &[String]| owners.iter().any(|one| one == owner);
    match () {
        () if has(&faults.revoked) => "revoked",
        () if has(&faults.expired) => "expired",
        () => "valid",
    }
}

async fn authorize(service: State, request: HttpRequest, asked: web::Json<AuthorizeIn>) -> HttpResponse {
    told(known(&service, &request).and_then(|()| authorized(&service, &asked)))
}

fn authorized(service: &State, asked: &AuthorizeIn) -> Told {
    signer(service, &asked.credential_id)?;
    let faults = service.faults().clone();
    let given = |id: &str| {
        asked.auth_data.iter().any(|one| one.id == id && one.value == if id == "PIN" { PIN } else { OTP })
    };
    if !given("PIN") {
        return Err(No("invalid_pin", "The PIN is invalid"));
    }
    if faults.otp && !given("OTP") {
        return Err(No("invalid_otp", "The OTP is invalid"));
    }
    let hashes: BTreeSet<String> = asked.hashes.iter().cloned().collect();
    let fits = hashes.len() == asked.num_signatures && (1..=MOST).contains(&hashes.len());
    if !fits || asked.hash_algorithm != SHA_256 {
        return Err(No("invalid_request", "Invalid parameter hashes"));
    }
    let seconds = faults.sad_seconds.unwrap_or(SAD_SECONDS);
    let until = Instant::now() + Duration::from_secs(seconds);
    let sad = word();
    let authorised = Authorised { credential: asked.credential_id.clone(), hashes, until };
    let mut all = service.sessions.authorised.lock().unwrap_or_else(PoisonError::into_inner);
    all.insert(sad.clone(), authorised);
    Ok(json!({ "SAD": sad, "expiresIn": seconds.max(1) }))
}

async fn sign_hash(service: State, request: HttpRequest, asked: web::Json<SignHashIn>) -> HttpResponse {
    let signed = known(&service, &request).and_then(|()| signed(&service, &asked));
    if signed.is_ok() && service.faults().lose_signatures {
        return HttpResponse::GatewayTimeout().finish();
    }
    told(signed)
}

fn signed(service: &State, asked: &SignHashIn) -> Told {
    let signer = signer(service, &asked.credential_id)?;
    let mut all = service.sessions.authorised.lock().unwrap_or_else(PoisonError::into_inner);
    let authorised = all.get_mut(&asked.sad).filter(|one| one.credential == asked.credential_id);
    let authorised = authorised.filter(|one| one.until > Instant::now());
    let authorised = authorised.ok_or(No("invalid_request", "Invalid or expired SAD"))?;
    if !asked.hashes.iter().all(|hash| authorised.hashes.contains(hash)) {
        return Err(No("invalid_request", "Hash is not authorized by the SAD"));
    }
    let faults = service.faults().clone();
    let other = Key::named("another")?;
    let by = if faults.wrong_key { &other } else { &signer.key };
    let mut signatures = Vec::new();
    for hash in &asked.hashes {
        authorised.hashes.remove(hash);
        let bytes = STANDARD.decode(hash).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        let bytes = bytes.ok_or(No("invalid_request", "Invalid Base64 hash"))?;
        signatures.push(STANDARD.encode(by.sign_hash(&bytes)?));
    }
    if faults.wrong_count {
        signatures.pop();
    }
    Ok(json!({ "signatures": signatures }))
}
