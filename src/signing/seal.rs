//! The agency's seal, after the official's signature.
//!
//! Where the configuration has the PIN of the seals, job `put_seal` puts it without a person;
//! else those who keep the unit's seal find the document in their tray.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Uuid as SqlUuid};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::csc::{Answer, Proof};
use super::document::Act;
use super::make::{Making, SIGN_HASHES};
use super::pades::sha256;
use super::record::{Part, pending};
use super::request::Ended;
use super::sign::{open, prepared_one, usable, want};
use crate::db::{Tx, prepared};
use crate::error::Result;
use crate::jobs::{self, JobContext, Outcome};

/// Kind of the job. Payload [`Ended`], subject: the request.
pub const PUT_SEAL: &str = "put_seal";
/// Tries without a person; then those who keep the seal look after it.
const TRIES: i64 = 5;

/// The official has signed: the seal is next.
pub(super) fn next(tx: &mut Tx, request_id: Uuid, by_itself: bool) -> Result<()> {
    if !by_itself {
        return Ok(());
    }
    jobs::enqueue(tx, PUT_SEAL, Some(request_id), json!(Ended { request_id }), None)
}

/// A seal came to nothing: once more, a few times.
pub(super) fn again(tx: &mut Tx, request_id: Uuid) -> Result<()> {
    #[derive(QueryableByName)]
    struct Tried {
        #[diesel(sql_type = BigInt)]
        times: i64,
    }
    let Tried { times } = prepared(
        "SELECT count(*) AS times FROM signature s JOIN signing_request r ON r.id = s.request_id
          WHERE s.request_id = ? AND s.part = 'seal' AND s.state = 'void' AND r.state = 'sealing'",
    )
    .bind::<SqlUuid, _>(request_id)
    .get_result(tx.conn)?;
    if (1..TRIES).contains(&times) { next(tx, request_id, true) } else { Ok(()) }
}

/// Runs the job: authorises the seal; its signature is made like any other.
pub async fn run(context: JobContext) -> Result<Outcome> {
    let Ended { request_id } = context.job.payload()?;
    let found = context.db.read(move |conn| pending(conn, &[request_id])).await?.pop();
    let Some(one) = found.filter(|one| one.part() == Part::Seal) else { return Ok(Outcome::Done) };
    let service = context.app.trust.service()?;
    let Some(pin) = service.seal_pin.clone() else { return Ok(Outcome::Done) };
    let at = Timestamp::from_second(context.db.clock.now().as_second()).map_err(anyhow::Error::from)?;
    let credential = usable(&service, &one.unit_code, None, at).await?;
    let act = Act { name: String::new(), at, certificate: credential.chain[0].clone() };
    let attributes = match prepared_one(&context.app, one, Part::Seal, act).await? {
        Ok(attributes) => attributes,
        Err(why) => return Ok(Outcome::Dead(why.to_owned())),
    };
    let proof = Proof { pin, otp: None };
    let sad = match service.authorize(&credential.id, &[sha256(&attributes)], &proof).await {
        Ok(Answer::Done(sad)) => sad,
        Ok(Answer::Refused(why)) => return Ok(Outcome::Dead(why)),
        Err(error) => return Ok(Outcome::Retry(format!("{error:#}"))),
    };
    context
        .finish_with(move |tx| {
            let act = open(tx, &credential, &sad, at)?;
            if want(tx, act, request_id, Part::Seal, &attributes)? {
                jobs::enqueue(tx, SIGN_HASHES, None, json!(Making { authorisation_id: act }), None)?;
            }
            Ok(())
        })
        .await
}
