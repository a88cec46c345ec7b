//! More of an upload comes.
//!
//! A request that dies takes its handler with it. So the bytes are handed to a task of their
//! own, which keeps what came when the sender is gone: on a network that breaks every few
//! seconds, an upload still comes to its end.

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use diesel::prelude::*;
use futures_util::{TryStream, TryStreamExt};
use std::fmt::Display;
use subtle::ConstantTimeEq;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::super::Files;
use super::super::receive::{broken_off, in_time};
use super::super::store::Writer;
use super::begin::expires_at;
use super::{TOO_MANY_UPLOADS, UPLOAD_CHECKSUM, UPLOAD_OFFSET, UPLOAD_TOO_LONG, Upload};
use crate::auth::Actor;
use crate::db::schema::{upload, upload_part};
use crate::db::{Db, Tx, to_sql};
use crate::error::{Error, Result};

/// Bytes of a part: so much at most is sent again when the server dies.
const PART: u64 = 1024 * 1024;
/// Parts of one upload, so that nobody stores a file byte by byte.
const PARTS: i64 = 2_000;
/// Pieces that wait between the sender and the store.
const AHEAD: usize = 4;

/// `Upload-Checksum`: of all bytes of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checksum {
    algorithm: Algorithm,
    digest: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    Sha1,
    Sha256,
}

impl Checksum {
    /// The algorithms, as the `Tus-Checksum-Algorithm` header lists them.
    pub const ALGORITHMS: &'static str = "sha1,sha256";

    /// Reads the header: a name, a space, the digest in Base64.
    pub fn read(header: &str) -> Option<Self> {
        let (name, digest) = header.trim().split_once(' ')?;
        let algorithm = match name {
            "sha1" => Algorithm::Sha1,
            "sha256" => Algorithm::Sha256,
            _ => return None,
        };
        Some(Self { algorithm, digest: STANDARD.decode(digest.trim()).ok()? })
    }

    fn begin(&self) -> digest::Context {
        digest::Context::new(match self.algorithm {
            Algorithm::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Algorithm::Sha256 => &digest::SHA256,
        })
    }

    fn agrees(&self, seen: digest::Context) -> bool {
        seen.finish().as_ref().ct_eq(&self.digest).into()
    }
}

/// Where a request goes on, and what it says of its bytes.
#[derive(Debug, Clone)]
pub struct Part {
    pub offset: u64,
    pub checksum: Option<Checksum>,
}

/// What the sender's side says to the side that keeps.
enum Piece {
    Bytes(Bytes),
    /// The request came to its end; without it, it broke off.
    End,
}

impl Files {
    /// Keeps what a request brings from an offset on; gives the next one. What came before the
    /// sender broke off is kept, unless a checksum was to cover it.
    pub async fn append<S>(
        &self,
        db: &Db,
        actor: &Actor,
        upload: &Upload,
        part: Part,
        mut payload: S,
    ) -> Result<u64>
    where
        S: TryStream<Ok = Bytes, Error: Display> + Unpin,
    {
        if i64::try_from(part.offset) != Ok(upload.received) {
            return Err(UPLOAD_OFFSET.err());
        }
        let (pieces, taken) = mpsc::channel(AHEAD);
        let keeper = Keeper {
            files: self.clone(),
            db: db.clone(),
            actor: actor.clone(),
            upload: upload.clone(),
            at: part.offset,
        };
        let kept = tokio::spawn(keeper.keep(taken, part.checksum));
        let (mut pace, mut came) = (self.limits.pace(), 0);
        let sent = loop {
            let next = match in_time(pace.wait(came, payload.try_next()).await) {
                Ok(Ok(next)) => next,
                Ok(Err(error)) => break Err(broken_off(error)),
                Err(error) => break Err(error),
            };
            let Some(bytes) = next else { break Ok(()) };
            came += bytes.len() as u64;
            // The other side has ended: it says why.
            if pieces.send(Piece::Bytes(bytes)).await.is_err() {
                break Ok(());
            }
        };
        if sent.is_ok() {
            let _ = pieces.send(Piece::End).await;
        }
        drop(pieces);
        let kept = kept.await.map_err(anyhow::Error::from)?;
        sent.and(kept)
    }
}

/// The side that keeps.
struct Keeper {
    files: Files,
    db: Db,
    actor: Actor,
    upload: Upload,
    /// Place of the next byte.
    at: u64,
}

impl Keeper {
    async fn keep(mut self, mut taken: mpsc::Receiver<Piece>, checksum: Option<Checksum>) -> Result<u64> {
        let length = self.upload.length.unsigned_abs();
        let mut seen = checksum.as_ref().map(Checksum::begin);
        let mut open: Option<(Writer, u64)> = None;
        let mut ended = false;
        while let Some(piece) = taken.recv().await {
            let Piece::Bytes(mut bytes) = piece else {
                ended = true;
                break;
            };
            if let Some(seen) = &mut seen {
                seen.update(&bytes);
            }
            while !bytes.is_empty() {
                let (mut writer, filled) = match open.take() {
                    Some(open) => open,
                    None => (self.files.store.begin().await?, 0),
                };
                // What a checksum covers is kept whole or not at all.
                let room = if seen.is_some() { u64::MAX } else { PART - filled };
                let take = bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX));
                let filled = filled + take as u64;
                if self.at + filled > length {
                    return Err(UPLOAD_TOO_LONG.err());
                }
                writer.write(&bytes.split_to(take)).await?;
                open = Some((writer, filled));
                if seen.is_none() && filled == PART {
                    self.record(open.take()).await?;
                }
            }
        }
        if let (Some(checksum), Some(seen)) = (&checksum, seen)
            && !(ended && checksum.agrees(seen))
        {
            return Err(UPLOAD_CHECKSUM.err());
        }
        self.record(open).await?;
        Ok(self.at)
    }

    /// Makes a part durable, then says so.
    async fn record(&mut self, part: Option<(Writer, u64)>) -> Result<()> {
        let Some((writer, size)) = part else { return Ok(()) };
        let key = writer.seal().await?.keep().await?;
        let (id, start) = (self.upload.id, self.at);
        let named = key.clone();
        let recorded = self.db.write(&self.actor, move |tx| record(tx, id, start, size, &named)).await;
        // Where it is not known whether the row was written, the sweep finds out.
        if matches!(recorded, Err(Error::Refused(_))) {
            self.files.store.delete(&key.as_str().into()).await?;
        }
        recorded?;
        self.at += size;
        Ok(())
    }
}

/// The next place by compare-and-set: of two who go on at once, one does.
fn record(tx: &mut Tx, id: Uuid, start: u64, size: u64, key: &str) -> Result<()> {
    let (start, size) = (as_sql(start)?, as_sql(size)?);
    let moved = diesel::update(upload::table.find(id))
        .filter(upload::received.eq(start))
        .set((upload::received.eq(start + size), upload::expires_at.eq(to_sql(expires_at(tx.now)))))
        .execute(tx.conn)?;
    if moved == 0 {
        return Err(UPLOAD_OFFSET.err());
    }
    let parts: i64 = upload_part::table.filter(upload_part::upload_id.eq(id)).count().get_result(tx.conn)?;
    if parts >= PARTS {
        return Err(TOO_MANY_UPLOADS.err());
    }
    diesel::insert_into(upload_part::table)
        .values((
            upload_part::upload_id.eq(id),
            upload_part::start.eq(start),
            upload_part::size.eq(size),
            upload_part::storage_key.eq(key),
        ))
        .execute(tx.conn)?;
    Ok(())
}

fn as_sql(bytes: u64) -> Result<i64> {
    Ok(i64::try_from(bytes).map_err(anyhow::Error::from)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_is_a_name_and_base64() {
        // SHA-1 and SHA-256 of "abc".
        for header in
            ["sha1 qZk+NkcGgWq6PiVxeFDCbJzQ2J0=", "sha256 ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="]
        {
            let checksum = Checksum::read(header).unwrap();
            let seen = |text: &[u8]| {
                let mut context = checksum.begin();
                context.update(text);
                context
            };
            assert!(checksum.agrees(seen(b"abc")) && !checksum.agrees(seen(b"abd")), "{header}");
        }
        for header in ["", "sha1", "md5 kAFQmDzST7DWlj99KOF/cg==", "sha1 ?"] {
            assert_eq!(Checksum::read(header), None, "{header}");
        }
    }
}
