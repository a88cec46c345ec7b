//! Job `sign_hashes`: the trust service signs what its owner authorised.
//!
//! What the service made is kept at once, before anything else can fail. When it refuses, also
//! because an answer of its was lost and the authorisation is used up, the signatures are void
//! and the documents wait for a new confirmation.

use std::sync::Arc;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, Binary, Bool, Nullable, Text as SqlText, Uuid as SqlUuid};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::complete::{COMPLETE_SIGNATURE, Completing};
use super::csc::Answer;
use super::pades::{KeyKind, check_signature, sha256};
use super::seal;
use crate::config::Secret;
use crate::db::{Tx, prepared};
use crate::error::Result;
use crate::jobs::{self, JobContext, NewJob, Outcome};

/// Kind of the job. Payload [`Making`], no subject: authorisations do not wait for each other.
pub const SIGN_HASHES: &str = "sign_hashes";

/// Payload of [`SIGN_HASHES`].
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Making {
    pub authorisation_id: Uuid,
}

#[derive(QueryableByName)]
struct Authorisation {
    #[diesel(sql_type = SqlText)]
    credential: String,
    #[diesel(sql_type = Array<Binary>)]
    chain: Vec<Vec<u8>>,
    #[diesel(sql_type = Nullable<SqlText>)]
    sad: Option<String>,
    #[diesel(sql_type = Bool)]
    over: bool,
}

#[derive(Debug, Clone, QueryableByName)]
struct Wanted {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    request_id: Uuid,
    #[diesel(sql_type = Binary)]
    attributes: Vec<u8>,
}

/// What became of a signature that was asked for.
#[derive(Debug, Clone)]
struct Made {
    wanted: Wanted,
    value: std::result::Result<Vec<u8>, String>,
}

/// Runs the job.
pub async fn run(context: JobContext) -> Result<Outcome> {
    let Making { authorisation_id: id } = context.job.payload()?;
    let (act, wanted) = context.db.read(move |conn| load(conn, id)).await?;
    if wanted.is_empty() {
        return Ok(Outcome::Done);
    }
    let Some(sad) = act.sad.clone().filter(|_| !act.over) else {
        return void(&context, id, wanted, "authorisation_over").await;
    };
    let Ok(service) = context.app.trust.service() else {
        return void(&context, id, wanted, "signing_not_configured").await;
    };
    let hashes: Vec<[u8; 32]> = wanted.iter().map(|one| sha256(&one.attributes)).collect();
    let certificate = act.chain.first().cloned().unwrap_or_default();
    let algorithm = KeyKind::of(&certificate)?.oid().to_string();
    let values = match service.sign(&act.credential, &Secret::new(sad), &hashes, &algorithm).await {
        Err(error) => return Ok(Outcome::Retry(format!("{error:#}"))),
        Ok(Answer::Refused(why)) => return void(&context, id, wanted, &why).await,
        Ok(Answer::Done(values)) => values,
    };
    if values.len() != wanted.len() {
        return void(&context, id, wanted, "wrong_count").await;
    }
    let made = wanted.into_iter().zip(hashes).zip(values).map(|((wanted, hash), value)| {
        let held = check_signature(&certificate, &hash, &value);
        Made { wanted, value: held.map(|()| value).map_err(|_| "not_by_this_key".to_owned()) }
    });
    store(&context, id, made.collect()).await
}

fn load(conn: &mut PgConnection, id: Uuid) -> Result<(Authorisation, Vec<Wanted>)> {
    let act: Authorisation = prepared(
        "SELECT credential, chain, sad, expires_at <= now() AS over FROM signing_authorisation WHERE id = ?",
    )
    .bind::<SqlUuid, _>(id)
    .get_result(conn)?;
    let wanted = prepared(
        "SELECT id, request_id, attributes FROM signature
          WHERE authorisation_id = ? AND state = 'authorised' ORDER BY id",
    )
    .bind::<SqlUuid, _>(id)
    .load(conn)?;
    Ok((act, wanted))
}

async fn void(context: &JobContext, id: Uuid, wanted: Vec<Wanted>, why: &str) -> Result<Outcome> {
    let made = wanted.into_iter().map(|wanted| Made { wanted, value: Err(why.to_owned()) });
    store(context, id, made.collect()).await
}

/// Keeps what was made; the authorisation is used up.
async fn store(context: &JobContext, id: Uuid, made: Vec<Made>) -> Result<Outcome> {
    let made = Arc::new(made);
    let seals = context.app.trust.seals_by_itself();
    context
        .finish_with(move |tx| {
            prepared("UPDATE signing_authorisation SET sad = NULL WHERE id = ?")
                .bind::<SqlUuid, _>(id)
                .execute(tx.conn)?;
            for one in made.iter() {
                match &one.value {
                    Ok(value) => keep(tx, &one.wanted, value)?,
                    Err(why) => forget(tx, one.wanted.id, one.wanted.request_id, why, seals)?,
                }
            }
            Ok(())
        })
        .await
}

fn keep(tx: &mut Tx, wanted: &Wanted, value: &[u8]) -> Result<()> {
    let kept =
        prepared("UPDATE signature SET state = 'made', value = ? WHERE id = ? AND state = 'authorised'")
            .bind::<Binary, _>(value.to_vec())
            .bind::<SqlUuid, _>(wanted.id)
            .execute(tx.conn)?;
    // Refused, cancelled or confirmed anew meanwhile: it never counts.
    if kept == 0 {
        return Ok(());
    }
    let payload = json!(Completing { signature_id: wanted.id });
    let job = NewJob { kind: COMPLETE_SIGNATURE, subject: Some(wanted.request_id), payload, dedup: None };
    jobs::enqueue_many(tx, &[job])
}

/// A signature that does not count; its document waits again, with the reason. `seals`: the
/// portal puts seals by itself, and tries once more.
pub(super) fn forget(tx: &mut Tx, id: Uuid, request_id: Uuid, why: &str, seals: bool) -> Result<()> {
    let voided = prepared(
        "UPDATE signature SET state = 'void', note = ? WHERE id = ? AND state IN ('authorised', 'made')",
    )
    .bind::<SqlText, _>(why)
    .bind::<SqlUuid, _>(id)
    .execute(tx.conn)?;
    if voided == 1 {
        prepared("UPDATE signing_request SET note = ? WHERE id = ? AND state IN ('waiting', 'sealing')")
            .bind::<SqlText, _>(why)
            .bind::<SqlUuid, _>(request_id)
            .execute(tx.conn)?;
        if seals {
            seal::again(tx, request_id)?;
        }
    }
    Ok(())
}
