//! Access and refresh tokens: signed names of a session, and nothing more.
//!
//! A token says who issued it, for whom, until when, and which session it belongs to.
//! Roles, positions and mandates are never in it: they are read fresh at every request, so
//! what is taken away is gone at once. One algorithm (EdDSA, Ed25519) is written and read;
//! the header `typ` keeps the two kinds apart (RFC 9068, RFC 8725 §3.11).

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use anyhow::Context;
use aws_lc_rs::hmac;
use aws_lc_rs::signature::KeyPair;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::actor::SessionRef;
use super::key_file::{der_of, pair_of, read_or_create};
use super::session::{Named, SubjectKind};
use crate::config::Config;
use crate::error::{Code, Error, Result};

pub static TOKEN_INVALID: Code =
    Code::new(401, "token_invalid", "Mã truy cập không hợp lệ", "The token is not valid");
pub static TOKEN_EXPIRED: Code =
    Code::new(401, "token_expired", "Mã truy cập đã hết hạn", "The token has expired");

/// Longest token that is looked at, in bytes; ours are about 400.
const TOKEN_LIMIT: usize = 2048;
/// Tokens that are kept as verified; some 4 MB.
const SEEN: usize = 8192;

/// What a token may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Opens the API, for minutes.
    Access,
    /// Gets the next access token, as long as the session lives.
    Refresh,
}

impl Kind {
    /// The `typ` of the token's header.
    fn typ(self) -> &'static str {
        match self {
            Self::Access => "at+jwt",
            Self::Refresh => "rt+jwt",
        }
    }
}

/// What a token says.
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    /// Whose session, as `kind:id`.
    sub: String,
    sid: Uuid,
    /// Seconds since 1970.
    iat: i64,
    exp: i64,
    /// Of a refresh token: how often its session was refreshed before. 0 is not written.
    #[serde(default, skip_serializing_if = "is_first")]
    turn: i32,
}

fn is_first(turn: &i32) -> bool {
    *turn == 0
}

/// Writes and reads tokens; built once from the key file.
pub struct Tokens {
    signing: EncodingKey,
    verifying: DecodingKey,
    /// Made of the signing key, so that all portals of one database have the same.
    sealing: hmac::Key,
    issuer: String,
    audience: String,
    access_lifetime: SignedDuration,
    /// Tokens whose signature was verified, by their text.
    seen: RwLock<HashMap<String, Read>>,
}

/// A token that motcua wrote.
#[derive(Debug, Clone, Copy)]
struct Read {
    kind: Kind,
    named: Named,
    /// Which refresh token of its session it is.
    turn: i32,
    /// Seconds since 1970.
    exp: i64,
}

/// A token and the moment it ends.
#[derive(Debug, Clone)]
pub struct Token {
    pub text: String,
    pub expires_at: Timestamp,
}

impl Tokens {
    /// Reads the key file; the first start creates it.
    pub fn load(config: &Config) -> anyhow::Result<Self> {
        let path = config.signing_key_file();
        let pem = read_or_create(&path).with_context(|| format!("signing key {}", path.display()))?;
        Self::from_pem(&pem, config)
    }

    fn from_pem(pem: &str, config: &Config) -> anyhow::Result<Self> {
        let der = der_of(pem)?;
        let pair = pair_of(&der)?;
        Ok(Self {
            signing: EncodingKey::from_ed_pem(pem.as_bytes())?,
            verifying: DecodingKey::from_ed_der(pair.public_key().as_ref()),
            sealing: hmac::Key::new(hmac::HMAC_SHA256, &der),
            issuer: config.auth.issuer.clone(),
            audience: config.auth.audience.clone(),
            access_lifetime: SignedDuration::from_mins(config.auth.access_token_minutes.into()),
            seen: RwLock::default(),
        })
    }

    /// A token of a session; it never outlives the session.
    pub fn issue(&self, kind: Kind, session: &SessionRef, subject: &str, now: Timestamp) -> Result<Token> {
        self.sign(kind, session, 0, subject, now)
    }

    /// The refresh token that follows another one; it never outlives the session either.
    pub fn issue_next(
        &self,
        session: &SessionRef,
        turn: i32,
        subject: &str,
        now: Timestamp,
    ) -> Result<Token> {
        self.sign(Kind::Refresh, session, turn, subject, now)
    }

    fn sign(
        &self,
        kind: Kind,
        session: &SessionRef,
        turn: i32,
        subject: &str,
        now: Timestamp,
    ) -> Result<Token> {
        let expires_at = match kind {
            Kind::Access => session.expires_at.min(now + self.access_lifetime),
            Kind::Refresh => session.expires_at,
        };
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: subject.to_owned(),
            sid: session.id,
            iat: now.as_second(),
            exp: expires_at.as_second(),
            turn,
        };
        let header = Header { typ: Some(kind.typ().to_owned()), ..Header::new(Algorithm::EdDSA) };
        let text = jsonwebtoken::encode(&header, &claims, &self.signing).map_err(anyhow::Error::from)?;
        Ok(Token { text, expires_at })
    }

    /// A hash that nobody makes who has only the database. The idempotency key of a request with
    /// a password in it is stored with this one: the plain hash of the body would let a thief of
    /// the database try a list of passwords millions a second, which argon2 is there to prevent.
    pub fn seal(&self, hash: &[u8; 32]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.sealing);
        context.update(b"motcua request ");
        context.update(hash);
        let mut sealed = [0; 32];
        sealed.copy_from_slice(context.sign().as_ref());
        sealed
    }

    /// The session that a token names, if motcua wrote it, for this use, and its time is not over.
    pub fn verify(&self, kind: Kind, text: &str, now: Timestamp) -> Result<Named> {
        Ok(self.read_in_time(kind, text, now)?.named)
    }

    /// The turn of a refresh token that holds.
    pub fn turn(&self, text: &str, now: Timestamp) -> Result<i32> {
        Ok(self.read_in_time(Kind::Refresh, text, now)?.turn)
    }

    fn read_in_time(&self, kind: Kind, text: &str, now: Timestamp) -> Result<Read> {
        if text.len() > TOKEN_LIMIT {
            return Err(TOKEN_INVALID.err());
        }
        let read = self.read_once(kind, text)?;
        if read.exp <= now.as_second() {
            return Err(TOKEN_EXPIRED.err());
        }
        Ok(read)
    }

    /// What a token says, which never changes: its signature is verified when it is first seen.
    fn read_once(&self, kind: Kind, text: &str) -> Result<Read> {
        let known = self.seen.read().unwrap_or_else(PoisonError::into_inner).get(text).copied();
        let read = match known {
            Some(read) => read,
            None => {
                let read = self.read(text)?;
                let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
                if seen.len() >= SEEN {
                    seen.clear();
                }
                seen.insert(text.to_owned(), read);
                read
            }
        };
        if read.kind == kind { Ok(read) } else { Err(TOKEN_INVALID.err()) }
    }

    fn read(&self, text: &str) -> Result<Read> {
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.set_issuer(&[&self.issuer]);
        rules.set_audience(&[&self.audience]);
        rules.set_required_spec_claims(&["iss", "aud", "exp", "sub"]);
        // The portal's clock decides below, not the machine's.
        rules.validate_exp = false;
        let token = jsonwebtoken::decode::<Claims>(text, &self.verifying, &rules).map_err(refuse)?;
        let typ = token.header.typ.as_deref();
        let kind = [Kind::Access, Kind::Refresh].into_iter().find(|kind| typ == Some(kind.typ()));
        match (kind, SubjectKind::of_key(&token.claims.sub)) {
            (Some(kind), Some(subject)) => {
                let named = Named { id: token.claims.sid, kind: subject };
                Ok(Read { kind, named, turn: token.claims.turn, exp: token.claims.exp })
            }
            _ => Err(TOKEN_INVALID.err()),
        }
    }
}

/// Why a token was refused goes to the log, not to the caller.
fn refuse(reason: jsonwebtoken::errors::Error) -> Error {
    tracing::debug!(%reason, "a token was refused");
    TOKEN_INVALID.err()
}

#[cfg(test)]
#[path = "tests_tokens.rs"]
mod tests;
