//! The way to the trust service, to the time-stamps, and to the answers about revocation that
//! certificates point to. What is asked of them is in `csc.rs` and here; nothing is asked
//! within a transaction.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rand::Rng;
use tokio::sync::Mutex;

use super::csc::read;
use super::local::LocalKey;
use super::pades::{Evidence, Question, Stamp};
use super::revocation::{Checked, Subject};
use crate::config::{Config, SIMULATOR, Secret, Signing};
use crate::error::{Code, Error, Result as Answer};

pub static SIGNING_NOT_CONFIGURED: Code = Code::new(
    503,
    "signing_not_configured",
    "Chưa cấu hình dịch vụ ký số; văn bản vẫn chờ ký",
    "No trust service is configured; the documents wait",
);
pub static SIGNING_UNAVAILABLE: Code = Code::new(
    503,
    "signing_unavailable",
    "Dịch vụ ký số chưa phản hồi; văn bản vẫn chờ ký, xin thử lại sau ít phút",
    "The trust service does not answer; the documents wait, try again in a few minutes",
);

/// The root of the simulator.
const SIMULATED_ROOT: &str = include_str!("../../data/simulators/trust-root.pem");

/// The service and its account.
#[derive(Debug)]
pub struct TrustService {
    pub(super) http: reqwest::Client,
    pub(super) url: String,
    pub(super) client_id: String,
    pub(super) client_secret: Secret<String>,
    pub(super) token: Mutex<Option<Secret<String>>>,
    /// The key in a file that signs in place of the service.
    pub(super) local: Option<Local>,
    time_stamps: String,
    /// Root certificates that are believed, DER.
    pub anchors: Vec<Vec<u8>>,
    /// PIN of the seals that are put without a person.
    pub(super) seal_pin: Option<Secret<String>>,
}

/// A key in a file; its password is everybody's PIN.
#[derive(Debug)]
pub(super) struct Local {
    pub key: LocalKey,
    pub password: Secret<String>,
}

/// The service, where there is one.
#[derive(Debug, Clone)]
pub struct Trust(Option<Arc<TrustService>>);

impl Trust {
    pub fn new(config: &Config) -> Result<Self> {
        let signing = &config.signing;
        let local = local(signing)?;
        let url = match config.trust_url() {
            Some(url) => url,
            None if local.is_some() => String::new(),
            None => return Ok(Self(None)),
        };
        let simulated = signing.url == SIMULATOR;
        let pem = match signing.anchors_file.as_str() {
            "" if simulated => SIMULATED_ROOT.to_owned(),
            "" => String::new(),
            file => std::fs::read_to_string(file).with_context(|| format!("signing.anchors_file {file}"))?,
        };
        let time_stamps = match signing.time_stamps_url.as_str() {
            "" if simulated => format!("{url}/tsa"),
            set => set.to_owned(),
        };
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(signing.timeout_seconds))
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self(Some(Arc::new(TrustService {
            http,
            url,
            client_id: signing.client_id.clone(),
            client_secret: signing.client_secret.clone(),
            token: Mutex::default(),
            local,
            time_stamps,
            anchors: anchors(&pem)?,
            seal_pin: Some(signing.seal_pin.clone()).filter(|pin| !pin.expose().is_empty()),
        }))))
    }

    /// The service, or that there is none.
    pub fn service(&self) -> Answer<Arc<TrustService>> {
        self.0.clone().ok_or_else(|| SIGNING_NOT_CONFIGURED.err())
    }

    /// Seals are put without a person.
    pub(super) fn seals_by_itself(&self) -> bool {
        self.0.as_ref().is_some_and(|service| service.seal_pin.is_some())
    }
}

/// The key of the configured file, where no service is configured.
fn local(signing: &Signing) -> Result<Option<Local>> {
    let file = &signing.pkcs12_file;
    if file.is_empty() || !signing.url.is_empty() {
        return Ok(None);
    }
    let bytes = std::fs::read(file).with_context(|| format!("signing.pkcs12_file {file}"))?;
    let password = signing.pkcs12_password.clone();
    let key = LocalKey::open(&bytes, password.expose());
    Ok(Some(Local { key: key.with_context(|| format!("signing.pkcs12_file {file}"))?, password }))
}

/// The certificates of a PEM file, DER.
pub fn anchors(pem: &str) -> Result<Vec<Vec<u8>>> {
    use der::Encode;
    let found = if pem.trim().is_empty() {
        Vec::new()
    } else {
        x509_cert::Certificate::load_pem_chain(pem.as_bytes())?
    };
    found.iter().map(|certificate| Ok(certificate.to_der()?)).collect()
}

/// What the caller learns of a service that does not answer; the log learns why.
pub(super) fn unavailable(error: anyhow::Error) -> Error {
    tracing::warn!(error = format!("{error:#}"), "the trust service does not answer");
    SIGNING_UNAVAILABLE.err()
}

impl TrustService {
    /// A time-stamp over these bytes.
    pub async fn stamp(&self, what: &[u8]) -> Result<Stamp> {
        ensure!(!self.time_stamps.is_empty(), "no time-stamp authority is configured");
        let question = Question::about(what, rand::rng().random())?;
        let request = self.http.post(&self.time_stamps).body(question.request.clone());
        let answer = request.header("content-type", "application/timestamp-query").send().await?;
        question.answer(&read(answer.error_for_status()?).await?)
    }

    /// What is known about the revocation of each certificate of the chains below the anchors;
    /// an error: not all of it can be had now.
    pub async fn evidence(&self, chains: &[Vec<Vec<u8>>]) -> Result<(Evidence, Vec<Checked>)> {
        let (mut evidence, mut checked) = (Evidence::default(), Vec::new());
        for chain in chains {
            for certificate in chain {
                if self.anchors.contains(certificate) || evidence.certificates.contains(certificate) {
                    continue;
                }
                let others = chain.iter().filter(|other| *other != certificate);
                let above = others.chain(&self.anchors).map(Vec::as_slice);
                let subject = Subject::of(certificate, above)?;
                self.ask(&subject, &mut evidence, &mut checked).await?;
                evidence.certificates.push(certificate.clone());
            }
        }
        evidence.certificates.extend(self.anchors.iter().cloned());
        Ok((evidence, checked))
    }

    async fn ask(
        &self,
        subject: &Subject<'_>,
        evidence: &mut Evidence,
        checked: &mut Vec<Checked>,
    ) -> Result<()> {
        if let Some(address) = &subject.ocsp {
            let request = self.http.post(address).body(subject.question()?);
            let answer = request.header("content-type", "application/ocsp-request").send().await?;
            let answer = read(answer.error_for_status()?).await?;
            checked.push(subject.ocsp_says(&answer)?);
            evidence.ocsp.push(answer);
            return Ok(());
        }
        let address = subject.crl.as_ref().context("a certificate does not say who knows its revocation")?;
        let list = read(self.http.get(address).send().await?.error_for_status()?).await?;
        checked.push(subject.crl_says(&list)?);
        if !evidence.crls.contains(&list) {
            evidence.crls.push(list);
        }
        Ok(())
    }
}
