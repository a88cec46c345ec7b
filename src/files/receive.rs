//! Taking in a file: streamed to the store, counted, hashed and looked at on the way.

use std::fmt::Display;

use bytes::Bytes;
use futures_util::{TryStream, TryStreamExt};
use sha2::{Digest, Sha256};

use super::kind::Sniffer;
use super::store::Writer;
use super::{
    FILE_EMPTY, FILE_TOO_LARGE, FILE_TYPE_MISMATCH, FILE_TYPE_REFUSED, Files, Finding, Kind, Limits,
    SafeName, UPLOAD_INCOMPLETE, UPLOAD_TOO_SLOW,
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
        let mut writer = self.store.begin().await?;
        let (size, sha256) = match pour(payload, &mut writer, &self.limits, kind).await {
            Ok(counted) => counted,
            Err(error) => {
                writer.abort().await;
                return Err(error);
            }
        };
        let key = writer.finish().await?;
        let findings = match self.examine(&key, kind, size).await {
            Ok(findings) => findings,
            Err(error) => {
                self.store.delete(&key.as_str().into()).await?;
                return Err(error);
            }
        };
        let (media_type, name) = (kind.media_type(), name.as_str().to_owned());
        Ok(Received { key, size, sha256, media_type, name, findings })
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

/// Size and hash of what went from the sender to the store.
async fn pour<S>(mut payload: S, writer: &mut Writer, limits: &Limits, kind: Kind) -> Result<(u64, String)>
where
    S: TryStream<Ok = Bytes, Error: Display> + Unpin,
{
    let (mut size, mut hash, mut sniffer) = (0, Sha256::new(), Sniffer::default());
    let pace = limits.pace();
    while let Some(chunk) = in_time(pace.wait_for(size, payload.try_next()).await)?.map_err(broken_off)? {
        size += chunk.len() as u64;
        limits.check_size(size)?;
        sniffer.push(&chunk);
        if sniffer.contradicts(kind) {
            return Err(mismatch(kind));
        }
        hash.update(&chunk);
        writer.write(chunk).await?;
    }
    if size == 0 {
        return Err(FILE_EMPTY.err());
    }
    if !sniffer.confirms(kind) {
        return Err(mismatch(kind));
    }
    Ok((size, hex::encode(hash.finalize())))
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
