//! The trust service's own words: the API of the Cloud Signature Consortium, version 2, as far
//! as it is used here. A signature needs an authorisation by the owner of the key (SAD), which
//! is bound to the hashes and ends by itself.

use anyhow::{Context, Result, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::trust::TrustService;
use crate::config::Secret;

/// Name of the key in a file.
const LOCAL: &str = "local";
/// Object identifier of SHA-256.
pub const SHA_256: &str = "2.16.840.1.101.3.4.2.1";
/// Longest answer that is read, in bytes.
pub(super) const ANSWER_LIMIT: usize = 1024 * 1024;

/// `oauth2/token`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TokenIn {
    pub grant_type: String,
    pub client_id: String,
    pub client_secret: String,
}

/// `credentials/list`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CredentialsIn {
    #[serde(rename = "userID")]
    pub user_id: String,
}

/// `credentials/info`, with all certificates.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CredentialIn {
    #[serde(rename = "credentialID")]
    pub credential_id: String,
    #[serde(default)]
    pub certificates: String,
    #[serde(rename = "authInfo", default)]
    pub auth_info: bool,
}

/// `credentials/authorize`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AuthorizeIn {
    #[serde(rename = "credentialID")]
    pub credential_id: String,
    #[serde(rename = "numSignatures")]
    pub num_signatures: usize,
    pub hashes: Vec<String>,
    #[serde(rename = "hashAlgorithmOID")]
    pub hash_algorithm: String,
    #[serde(rename = "authData")]
    pub auth_data: Vec<AuthDatum>,
}

/// Something that only the owner knows.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AuthDatum {
    pub id: String,
    pub value: String,
}

/// `signatures/signHash`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignHashIn {
    #[serde(rename = "credentialID")]
    pub credential_id: String,
    #[serde(rename = "SAD")]
    pub sad: String,
    pub hashes: Vec<String>,
    #[serde(rename = "hashAlgorithmOID")]
    pub hash_algorithm: String,
    #[serde(rename = "signAlgo")]
    pub sign_algorithm: String,
}

#[derive(Debug, Deserialize)]
struct Token {
    access_token: String,
}

#[derive(Debug, Deserialize)]
struct Credentials {
    #[serde(rename = "credentialIDs")]
    ids: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Info {
    cert: CertInfo,
}

#[derive(Debug, Deserialize)]
struct CertInfo {
    status: Option<String>,
    certificates: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Authorized {
    #[serde(rename = "SAD")]
    sad: String,
    #[serde(rename = "expiresIn")]
    expires_in: Option<u32>,
}

#[derive(Debug, Deserialize)]
struct Signatures {
    signatures: Vec<String>,
}

/// A key at the trust service.
#[derive(Debug, Clone)]
pub struct Credential {
    pub id: String,
    /// As the service says: `valid`, `expired`, `revoked` or `suspended`.
    pub status: String,
    /// The certificate, then those above it; DER.
    pub chain: Vec<Vec<u8>>,
}

/// An authorisation.
#[derive(Debug, Clone)]
pub struct Sad {
    pub word: Secret<String>,
    /// Seconds from now that it holds.
    pub holds: u32,
}

/// What the service said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer<T> {
    Done(T),
    /// It refuses, with its word for why (`invalid_pin`, `invalid_request` …).
    Refused(String),
}

/// What only the owner of a key knows; kept nowhere.
#[derive(Debug, Clone)]
pub struct Proof {
    pub pin: Secret<String>,
    pub otp: Option<Secret<String>>,
}

impl TrustService {
    /// The names of somebody's keys.
    pub async fn credentials(&self, owner: &str) -> Result<Vec<String>> {
        if self.local.is_some() {
            return Ok(vec![LOCAL.to_owned()]);
        }
        let asked = CredentialsIn { user_id: owner.to_owned() };
        let found: Answer<Credentials> = self.post("credentials/list", &asked).await?;
        Ok(match found {
            Answer::Done(found) => found.ids,
            Answer::Refused(_) => Vec::new(),
        })
    }

    /// A key with its certificates.
    pub async fn credential(&self, id: &str) -> Result<Answer<Credential>> {
        if let Some(local) = &self.local {
            let (id, status) = (LOCAL.to_owned(), "valid".to_owned());
            return Ok(Answer::Done(Credential { id, status, chain: local.key.chain.clone() }));
        }
        let certificates = "chain".to_owned();
        let asked = CredentialIn { credential_id: id.to_owned(), certificates, auth_info: true };
        let found: Info = match self.post("credentials/info", &asked).await? {
            Answer::Done(found) => found,
            Answer::Refused(why) => return Ok(Answer::Refused(why)),
        };
        let chain: Result<Vec<Vec<u8>>, _> =
            found.cert.certificates.iter().map(|text| STANDARD.decode(text)).collect();
        let (chain, status) = (chain?, found.cert.status.unwrap_or_else(|| "valid".to_owned()));
        ensure!(!chain.is_empty(), "the trust service gives no certificate");
        Ok(Answer::Done(Credential { id: id.to_owned(), status, chain }))
    }

    /// Lets a key sign these hashes (SHA-256), once.
    pub async fn authorize(&self, id: &str, hashes: &[[u8; 32]], proof: &Proof) -> Result<Answer<Sad>> {
        if let Some(local) = &self.local {
            return Ok(match proof.pin == local.password {
                true => Answer::Done(Sad { word: Secret::new(LOCAL.to_owned()), holds: 300 }),
                false => Answer::Refused("invalid_pin".to_owned()),
            });
        }
        let datum =
            |id: &str, value: &Secret<String>| AuthDatum { id: id.to_owned(), value: value.expose().clone() };
        let mut auth_data = vec![datum("PIN", &proof.pin)];
        auth_data.extend(proof.otp.as_ref().map(|otp| datum("OTP", otp)));
        let asked = AuthorizeIn {
            credential_id: id.to_owned(),
            num_signatures: hashes.len(),
            hashes: hashes.iter().map(|hash| STANDARD.encode(hash)).collect(),
            hash_algorithm: SHA_256.to_owned(),
            auth_data,
        };
        let answer: Answer<Authorized> = self.post("credentials/authorize", &asked).await?;
        Ok(match answer {
            Answer::Done(Authorized { sad, expires_in }) => {
                Answer::Done(Sad { word: Secret::new(sad), holds: expires_in.unwrap_or(3600) })
            }
            Answer::Refused(why) => Answer::Refused(why),
        })
    }

    /// The signatures of the hashes, in their order. Whether they hold is for the caller.
    pub async fn sign(
        &self,
        id: &str,
        sad: &Secret<String>,
        hashes: &[[u8; 32]],
        algorithm: &str,
    ) -> Result<Answer<Vec<Vec<u8>>>> {
        if let Some(local) = &self.local {
            let signatures: Result<Vec<Vec<u8>>> = hashes.iter().map(|hash| local.key.sign(hash)).collect();
            return Ok(Answer::Done(signatures?));
        }
        let asked = SignHashIn {
            credential_id: id.to_owned(),
            sad: sad.expose().clone(),
            hashes: hashes.iter().map(|hash| STANDARD.encode(hash)).collect(),
            hash_algorithm: SHA_256.to_owned(),
            sign_algorithm: algorithm.to_owned(),
        };
        let answer: Signatures = match self.post("signatures/signHash", &asked).await? {
            Answer::Done(answer) => answer,
            Answer::Refused(why) => return Ok(Answer::Refused(why)),
        };
        let signatures: Result<Vec<Vec<u8>>, _> =
            answer.signatures.iter().map(|text| STANDARD.decode(text)).collect();
        Ok(Answer::Done(signatures.context("the signatures cannot be read")?))
    }

    /// Posts, with the token of our account; one that has ended is got anew, once.
    async fn post<T: DeserializeOwned>(&self, path: &str, asked: &impl Serialize) -> Result<Answer<T>> {
        for again in [true, false] {
            let token = self.token(!again).await?;
            let request = self.http.post(format!("{}/csc/v2/{path}", self.url));
            let answer = request.bearer_auth(token.expose()).json(asked).send().await?;
            match answer.status().as_u16() {
                200 => return Ok(Answer::Done(serde_json::from_slice(&read(answer).await?)?)),
                401 if again => {}
                400 => {
                    let body: Value = serde_json::from_slice(&read(answer).await?).unwrap_or_default();
                    let why = body["error"].as_str().unwrap_or("invalid_request");
                    return Ok(Answer::Refused(why.to_owned()));
                }
                status => bail!("the trust service answers {status} to {path}"),
            }
        }
        bail!("the trust service does not know us")
    }

    async fn token(&self, anew: bool) -> Result<Secret<String>> {
        let mut token = self.token.lock().await;
        if let Some(token) = token.as_ref().filter(|_| !anew) {
            return Ok(token.clone());
        }
        let asked = TokenIn {
            grant_type: "client_credentials".to_owned(),
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.expose().clone(),
        };
        let answer = self.http.post(format!("{}/csc/v2/oauth2/token", self.url)).form(&asked).send().await?;
        let found: Token = serde_json::from_slice(&read(answer.error_for_status()?).await?)?;
        let found = Secret::new(found.access_token);
        *token = Some(found.clone());
        Ok(found)
    }
}

/// The whole body of an answer that is not too long.
pub(super) async fn read(mut answer: reqwest::Response) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        body.extend_from_slice(&chunk);
        ensure!(body.len() <= ANSWER_LIMIT, "the answer is too long");
    }
    Ok(body)
}
