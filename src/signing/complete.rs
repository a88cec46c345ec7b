//! Job `complete_signature`: a signature that was made gets its time-stamp and what makes it
//! last, and becomes part of the stored document.
//!
//! The document is prepared again from the stored file, whose hash is checked; only if it
//! is the very one that was signed, the signature is put in. The row is changed by
//! compare-and-set after the bytes are durable: killed in between, the job does it again.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, Binary, Text as SqlText, Timestamptz, Uuid as SqlUuid};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::document::{Act, ready};
use super::make::forget;
use super::pades::{document_container, keep_evidence};
use super::record::{Part, Pending, Signature, pending, signature};
use super::request::tell;
use super::revocation::check_chain;
use super::seal;
use super::trust::TrustService;
use crate::db::{Tx, prepared, to_sql};
use crate::error::{Error, Result};
use crate::files::{self, FileRow, Made};
use crate::jobs::{JobContext, Outcome};

/// Kind of the job. Payload [`Completing`], subject: the request.
pub const COMPLETE_SIGNATURE: &str = "complete_signature";

/// Payload of [`COMPLETE_SIGNATURE`].
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Completing {
    pub signature_id: Uuid,
}

/// All that a signed document is made from.
struct Work {
    signature: Signature,
    value: Vec<u8>,
    pending: Pending,
    file: FileRow,
    /// Certificates of the signatures that are there already.
    before: Vec<Vec<Vec<u8>>>,
}

/// A document with its signature.
struct Signed {
    bytes: Vec<u8>,
    level: &'static str,
    stamped_at: Timestamp,
}

/// Why a signature cannot be put in.
enum Failed {
    /// It never will: it is void, for this reason.
    Void(&'static str),
    /// Not now.
    Later(anyhow::Error),
}

impl From<anyhow::Error> for Failed {
    fn from(error: anyhow::Error) -> Self {
        Self::Later(error)
    }
}

/// Runs the job.
pub async fn run(context: JobContext) -> Result<Outcome> {
    let Completing { signature_id: id } = context.job.payload()?;
    let Some(work) = context.db.read(move |conn| load(conn, id)).await? else { return Ok(Outcome::Done) };
    let service = context.app.trust.service()?;
    let pdf = context.app.files.whole(&work.file).await?;
    let (request, name) = (work.pending.id, work.file.name.clone());
    let last = work.signature.part() == Part::Seal || !work.pending.seal;
    let seals = context.app.trust.seals_by_itself();
    match signed(&service, work, pdf, last).await {
        Err(Failed::Later(error)) => Ok(Outcome::Retry(format!("{error:#}"))),
        Err(Failed::Void(why)) => context.finish_with(move |tx| forget(tx, id, request, why, seals)).await,
        Ok(Signed { bytes, level, stamped_at }) => {
            let made = context.app.files.keep_made(bytes, &name).await?;
            context
                .finish_with(move |tx| {
                    put(tx, (id, request), &made, (level, stamped_at), last)?;
                    if last { tell(tx, request) } else { seal::next(tx, request, seals) }
                })
                .await
        }
    }
}

fn load(conn: &mut PgConnection, id: Uuid) -> Result<Option<Work>> {
    #[derive(QueryableByName)]
    struct Chain {
        #[diesel(sql_type = Array<Binary>)]
        chain: Vec<Vec<u8>>,
    }
    let signature = signature(conn, id)?;
    let pending = pending(conn, &[signature.request_id])?.pop();
    let (Some(pending), Some(value)) = (pending, signature.value.clone()) else { return Ok(None) };
    if signature.state != "made" || pending.part() != signature.part() {
        return Ok(None);
    }
    let before: Vec<Chain> = prepared(
        "SELECT g.chain FROM signature s JOIN signing_authorisation g ON g.id = s.authorisation_id
          WHERE s.request_id = ? AND s.state = 'put'",
    )
    .bind::<SqlUuid, _>(pending.id)
    .load(conn)?;
    let file = files::find(conn, pending.file_id)?;
    let before = before.into_iter().map(|one| one.chain).collect();
    Ok(Some(Work { signature, value, pending, file, before }))
}

/// Makes the signed document.
async fn signed(
    service: &TrustService,
    work: Work,
    pdf: Vec<u8>,
    last: bool,
) -> std::result::Result<Signed, Failed> {
    let Work { signature, value, pending, file, before } = work;
    let part = signature.part();
    if part == Part::Official && file.sha256 != pending.sha256 {
        return Err(Failed::Void("document_changed"));
    }
    let certificate = signature.chain.first().cloned().unwrap_or_default();
    let act = Act { name: signature.by_name.clone(), at: signature.given_at(), certificate };
    let prepared = tokio::task::spawn_blocking(move || ready(&pdf, &pending, part, &act));
    let prepared = prepared.await.map_err(anyhow::Error::from)??;
    if prepared.attributes != signature.attributes {
        return Err(Failed::Void("document_changed"));
    }
    let stamp = service.stamp(&value).await?;
    check_chain(&stamp.chain, &service.anchors, stamp.at)?;
    let container = document_container(&signature.attributes, &value, &signature.chain, Some(&stamp.token))?;
    let bytes = prepared.document.embed(&container)?;
    let mut chains = vec![signature.chain.clone(), stamp.chain.clone()];
    chains.extend(before);
    let stamped_at = stamp.at;
    match service.evidence(&chains).await {
        Ok((evidence, checked)) => {
            let revoked =
                |one: &super::revocation::Checked| one.revoked.is_some_and(|since| since <= stamp.at);
            if checked.iter().any(|one| signature.chain.contains(&one.certificate) && revoked(one)) {
                return Err(Failed::Void("certificate_revoked"));
            }
            let bytes = if last { keep_evidence(&bytes, &evidence)? } else { bytes };
            Ok(Signed { bytes, level: if last { "B-LT" } else { "B-T" }, stamped_at })
        }
        Err(error) => {
            tracing::warn!(
                error = format!("{error:#}"),
                "a document is signed without evidence about revocation"
            );
            Ok(Signed { bytes, level: "B-T", stamped_at })
        }
    }
}

/// made → put, and the document is the new one; refused where somebody was faster.
fn put(
    tx: &mut Tx,
    (id, request): (Uuid, Uuid),
    made: &Made,
    (level, stamped_at): (&str, Timestamp),
    last: bool,
) -> Result<()> {
    let file = files::record_made(tx, made)?;
    let put = prepared(
        "UPDATE signature SET state = 'put', level = ?, stamped_at = ? WHERE id = ? AND state = 'made'",
    )
    .bind::<SqlText, _>(level)
    .bind::<Timestamptz, _>(to_sql(stamped_at))
    .bind::<SqlUuid, _>(id)
    .execute(tx.conn)?;
    let (state, ended) = if last { ("signed", Some(to_sql(tx.now))) } else { ("sealing", None) };
    let moved = prepared(
        "UPDATE signing_request SET state = ?, note = '', signed_file_id = ?, ended_at = ?
          WHERE id = ? AND state IN ('waiting', 'sealing')",
    )
    .bind::<SqlText, _>(state)
    .bind::<SqlUuid, _>(file.id)
    .bind::<diesel::sql_types::Nullable<Timestamptz>, _>(ended)
    .bind::<SqlUuid, _>(request)
    .execute(tx.conn)?;
    if (put, moved) != (1, 1) {
        return Err(Error::Internal(anyhow::anyhow!("the document has been signed or refused meanwhile")));
    }
    tx.audit("put_signature", Some(request))
}
