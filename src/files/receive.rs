//! Taking in a file: streamed to the store, counted, hashed and looked at on the way.

use std::fmt::Display;

use bytes::Bytes;
use futures_util::{TryStream, TryStreamExt};

use super::kind::Sniffer;
use super::store::{Sealed, Writer};
use super::{
    FILE_EMPTY, FILE_TOO_LARGE, FILE_TYPE_MISMATCH, FILE_TYPE_REFUSED, Files, Finding, Kind, Limits,
    SafeName, Scan, UPLOAD_INCOMPLETE, UPLOAD_TOO_SLOW,
};
use crate::error::{Error, Refused, Result};
use crate::http::Pace;

/// A file that lies in the store, durable, and that no row names yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Key in the store.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256, hex.
    pub sha256: String,
    pub media_type: &'static str,
    /// The cleaned name.
    pub name: String,
    /// What is to be told of it.
    pub findings: Vec<Finding>,
    /// What the virus scanner says.
    pub scan: Scan,
}

impl Files {
    /// Receives a file under the name that the sender gives it. What is refused or breaks off
    /// leaves nothing behind.
    pub async fn receive<S>(&self, payload: S, name: &str) -> Result<Received>
    where
        S: TryStream<Ok = Bytes, Error: Display> + Unpin,
    {
        let name = SafeName::of(name)?;
        let kind = self.limits.kind_of(&name)?;
        let sealed = pour(payload, self.store.begin().await?, &self.limits, kind).await?;
        let findings = self.examine(&sealed, kind).await?;
        let scan = self.scan(&sealed).await?;
        let (size, sha256) = (sealed.size, sealed.sha256.clone());
        let key = sealed.keep().await?;
        let (media_type, name) = (kind.media_type(), name.as_str().to_owned());
        Ok(Received { key, size, sha256, media_type, name, findings, scan })
    }
}

impl Limits {
    /// The type that the name promises, if it is taken.
    pub(super) fn kind_of(&self, name: &SafeName) -> Result<Kind> {
        name.kind().filter(|kind| self.allowed.contains(kind)).ok_or_else(|| {
            let words: Vec<&str> = self.allowed.iter().map(|kind| kind.word()).collect();
            let words = words.join(", ");
            FILE_TYPE_REFUSED.at("name", format!("chỉ nhận: {words}"), format!("accepted are: {words}"))
        })
    }

    /// Refuses what is larger than a file may be.
    pub(super) fn check_size(&self, bytes: u64) -> Result<()> {
        if bytes <= self.max_bytes {
            return Ok(());
        }
        Err(Refused::new(&FILE_TOO_LARGE).with("max_bytes", self.max_bytes).into())
    }
}

/// Takes everything that a sender sends.
async fn pour<S>(mut payload: S, mut writer: Writer, limits: &Limits, kind: Kind) -> Result<Sealed>
where
    S: TryStream<Ok = Bytes, Error: Display> + Unpin,
{
    let (mut size, mut sniffer) = (0, Sniffer::default());
    let mut pace = limits.pace();
    while let Some(chunk) = in_time(pace.wait(size, payload.try_next()).await)?.map_err(broken_off)? {
        size += chunk.len() as u64;
        limits.check_size(size)?;
        sniffer.push(&chunk);
        if sniffer.contradicts(kind) {
            return Err(mismatch(kind));
        }
        writer.write(&chunk).await?;
    }
    if size == 0 {
        return Err(FILE_EMPTY.err());
    }
    if !sniffer.confirms(kind) {
        return Err(mismatch(kind));
    }
    writer.seal().await
}

/// What came, unless it came too slowly.
pub(super) fn in_time<T>(came: Option<T>) -> Result<T> {
    came.ok_or_else(|| UPLOAD_TOO_SLOW.err())
}

/// The sender went away, or did not keep to its own frame.
pub(super) fn broken_off(error: impl Display) -> Error {
    UPLOAD_INCOMPLETE.because(error.to_string(), error.to_string())
}

fn mismatch(kind: Kind) -> Error {
    let word = kind.word();
    FILE_TYPE_MISMATCH.at(
        "name",
        format!("đuôi tên tệp nói là {word}, nội dung thì không phải"),
        format!("the name says {word}, the content is not"),
    )
}

impl Limits {
    pub(super) fn pace(&self) -> Pace {
        Pace::begin(self.floor, self.patience)
    }
}
