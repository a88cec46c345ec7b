//! A trust service to play and test against: officials and agencies sign remotely by the
//! Cloud Signature Consortium's API v2 below `/trust/csc/v2`; beside it a test authority with
//! its answers about revocation (`/trust/ocsp`, `/trust/crl/…`) and time-stamps (`/trust/tsa`).
//!
//! A credential is named after its owner, the user name of an official or the code of an
//! agency, and its kind of key: `honggai.lanhdao.rsa`, `H49.45.ec`. Everybody's PIN is
//! [`PIN`]. `PUT /trust/faults` makes it wrong in ways of its own, besides the common dial.

pub mod authority;
mod certificates;
mod credentials;
mod csc;
mod keys;

use std::sync::{Mutex, MutexGuard, PoisonError};

use actix_web::{HttpResponse, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::config::{Config, Secret};
pub use authority::{Authority, Holder};
pub use keys::Key;

/// The PIN of every credential.
pub const PIN: &str = "246810";
/// The one-time password, where one is asked for.
pub const OTP: &str = "135790";

/// How it is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrustFaults {
    /// Owners whose certificate is revoked.
    pub revoked: Vec<String>,
    /// Owners whose certificate is over.
    pub expired: Vec<String>,
    /// Owners whose certificate has not begun.
    pub future: Vec<String>,
    /// Seconds that an authorisation holds; absent: 300.
    pub sad_seconds: Option<u64>,
    /// One signature fewer than asked for.
    pub wrong_count: bool,
    /// Signatures by another key.
    pub wrong_key: bool,
    /// An authorisation needs the one-time password too.
    pub otp: bool,
    /// No time-stamps are given.
    pub no_stamps: bool,
    /// Nothing is said about revocation.
    pub no_revocation: bool,
    /// Signatures are made, and whoever asked for them does not get them.
    pub lose_signatures: bool,
}

/// The service's state, shared by its threads.
pub struct TrustSimulator {
    authority: Authority,
    client_id: String,
    secret: Secret<String>,
    faults: Mutex<TrustFaults>,
    credentials: credentials::Credentials,
    sessions: csc::Sessions,
}

impl TrustSimulator {
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        Ok(Self {
            authority: Authority::new(&config.simulated_trust_url())?,
            client_id: config.signing.client_id.clone(),
            secret: config.signing.client_secret.clone(),
            faults: Mutex::default(),
            credentials: credentials::Credentials::embedded()?,
            sessions: csc::Sessions::default(),
        })
    }

    fn faults(&self) -> MutexGuard<'_, TrustFaults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The service's routes; it needs a `web::Data<TrustSimulator>`.
pub fn routes(config: &mut web::ServiceConfig) {
    let answers = web::PayloadConfig::new(64 * 1024);
    config.service(
        web::scope("/trust")
            .app_data(answers)
            .route("/ocsp", web::post().to(ocsp))
            .route("/ocsp/{question:.*}", web::get().to(ocsp_by_address))
            .route("/crl/{name}.crl", web::get().to(crl))
            .route("/tsa", web::post().to(stamp))
            .route("/root.pem", web::get().to(root))
            .route("/faults", web::get().to(show_faults))
            .route("/faults", web::put().to(set_faults))
            .configure(csc::routes),
    );
}

type State = web::Data<TrustSimulator>;

async fn ocsp(service: State, request: web::Bytes) -> HttpResponse {
    if service.faults().no_revocation {
        return HttpResponse::ServiceUnavailable().finish();
    }
    answer("application/ocsp-response", service.authority.ocsp(&request))
}

/// The same for who asks by GET (RFC 6960, appendix A).
async fn ocsp_by_address(service: State, question: web::Path<String>) -> HttpResponse {
    match STANDARD.decode(question.as_bytes()) {
        Ok(question) => ocsp(service, question.into()).await,
        Err(error) => HttpResponse::BadRequest().body(error.to_string()),
    }
}

async fn crl(service: State, name: web::Path<String>) -> HttpResponse {
    if service.faults().no_revocation {
        return HttpResponse::ServiceUnavailable().finish();
    }
    match name.as_str() {
        "root" | "issuer" => answer("application/pkix-crl", service.authority.crl(*name == "root")),
        _ => HttpResponse::NotFound().finish(),
    }
}

async fn stamp(service: State, request: web::Bytes) -> HttpResponse {
    if service.faults().no_stamps {
        return HttpResponse::ServiceUnavailable().finish();
    }
    answer("application/timestamp-reply", service.authority.stamp(&request))
}

async fn root() -> HttpResponse {
    HttpResponse::Ok().content_type("application/x-pem-file").body(authority::ROOT)
}

async fn show_faults(service: State) -> web::Json<TrustFaults> {
    web::Json(service.faults().clone())
}

async fn set_faults(service: State, faults: web::Json<TrustFaults>) -> HttpResponse {
    service.authority.forget_revocations();
    *service.faults() = faults.into_inner();
    // Certificates are issued anew, with what is wrong about them now.
    service.credentials.forget();
    HttpResponse::Ok().json(service.faults().clone())
}

fn answer(media_type: &str, answer: anyhow::Result<Vec<u8>>) -> HttpResponse {
    match answer {
        Ok(bytes) => HttpResponse::Ok().content_type(media_type).body(bytes),
        Err(error) => HttpResponse::BadRequest().body(format!("{error:#}")),
    }
}
