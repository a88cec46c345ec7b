//! Signing what waits in the tray: one document or a hundred by one confirmation.
//!
//! May call: the official who shall sign, whoever stands in for an absent one, and for seals
//! those who keep the unit's. The answer tells of each document by itself; signatures follow
//! by jobs. The PIN goes from the request to the trust service and nowhere else: the row of
//! the idempotency key is bound to the request without it, since it could be guessed from its
//! hash. What the service gives back is good for these hashes alone, once, for minutes; it is
//! kept until the job has used it, so that another process, or this one after a restart, can.

use std::collections::BTreeSet;

use actix_web::{HttpRequest, post, web};
use diesel::prelude::*;
use diesel::sql_types::{Array, Binary, Double, Text as SqlText, Timestamptz, Uuid as SqlUuid};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::csc::{Answer, Credential, Proof, Sad};
use super::document::{Act, ready};
use super::make::{Making, SIGN_HASHES};
use super::pades::sha256;
use super::record::{Part, Pending, pending};
use super::revocation::check_chain;
use super::tray::Reach;
use super::trust::{TrustService, unavailable};
use crate::app::App;
use crate::auth::Actor;
use crate::config::Secret;
use crate::db::{Tx, prepared, to_sql};
use crate::error::{Code, INVALID, Problem, Result};
use crate::files;
use crate::http::{Key, Once, Reply, Text, answered, once, parse_json};
use crate::jobs;

/// Documents of one confirmation at most.
const MOST: usize = 100;

pub static PIN_REFUSED: Code = Code::new(
    422,
    "signing_pin_refused",
    "Mã PIN hoặc OTP của dịch vụ ký số không đúng",
    "The trust service does not accept the PIN or the one-time password",
);
pub static CREDENTIAL_UNKNOWN: Code = Code::new(
    409,
    "signing_credential_unknown",
    "Dịch vụ ký số không có chứng thư này của người ký",
    "The trust service has no such certificate of this signer",
);
pub static CREDENTIAL_INVALID: Code = Code::new(
    409,
    "signing_certificate_invalid",
    "Chứng thư số của người ký không có hiệu lực",
    "The certificate of the signer is not valid",
);
pub static SIGNING_REFUSED: Code = Code::new(
    409,
    "signing_refused",
    "Dịch vụ ký số từ chối yêu cầu",
    "The trust service refuses the request",
);

/// What to sign.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// Documents of the tray, 1 to 100, all to be signed or all to be sealed for one unit.
    #[schema(min_items = 1, max_items = 100)]
    requests: Vec<Uuid>,
    /// PIN of the key; it is not kept.
    #[schema(value_type = String, min_length = 1, max_length = 100, format = Password, write_only)]
    pin: Secret<String>,
    /// One-time password, where the trust service wants one; it is not kept.
    #[schema(value_type = Option<String>, max_length = 100, format = Password, write_only)]
    otp: Option<Secret<String>>,
    /// Which of the signer's keys; the first when absent.
    #[schema(value_type = Option<String>, max_length = 200)]
    credential: Option<Text<200>>,
}

/// What was confirmed.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignOut {
    /// Each document, in the order of the request.
    pub items: Vec<SignItem>,
}

/// What becomes of a document.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SignItem {
    pub request_id: Uuid,
    /// `accepted`: it is being signed; else why not: `not_found` (nothing of that number waits
    /// for me), `under_way` (it is being signed already), `document_changed`,
    /// `document_unusable`.
    pub outcome: &'static str,
}

/// A document that can be signed.
struct Item {
    request_id: Uuid,
    attributes: Vec<u8>,
}

/// Sign documents of the tray
#[utoipa::path(
    operation_id = "sign_documents", tag = "signing", security(("bearer" = [])),
    params(("Idempotency-Key" = String, Header, description = "A new one for each request", max_length = 200)),
    request_body = SignIn,
    responses(
        (status = 201, description = "Confirmed; the signatures follow", body = SignOut),
        (status = 400, description = "Not JSON, or no Idempotency-Key", body = Problem),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Not an official", body = Problem),
        (status = 409, description = "The certificate is not valid, the trust service refuses, or the same key is under way", body = Problem),
        (status = 413, description = "Too large", body = Problem),
        (status = 422, description = "Not valid, a wrong PIN, or the key was used for something else", body = Problem),
        (status = 503, description = "No trust service, or it does not answer; or busy", body = Problem),
    )
)]
#[post("/api/v1/signing/signatures")]
pub async fn sign_documents(
    app: web::Data<App>,
    actor: Actor,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<Reply> {
    let owner = actor.need_staff()?.staff_id;
    let wanted: SignIn = parse_json(&body)?;
    let key = key(&request, &wanted)?;
    let claim = Once { actor: actor.key(), key: key.clone() };
    if let Some(answer) = app.db.read(move |conn| answered(conn, &claim)).await? {
        return answer;
    }
    check(&wanted)?;
    let (ids, reach) = (wanted.requests.clone(), Reach::of(&actor));
    let (found, username) = app
        .db
        .read(move |conn| {
            let found = pending(conn, &ids)?;
            let found: Vec<Pending> = found.into_iter().filter(|one| reach.may_sign(one)).collect();
            Ok((found, username(conn, owner)?))
        })
        .await?;
    let Some(first) = found.first() else { return Reply::created(refused(&wanted.requests)) };
    let service = app.trust.service()?;
    let (part, unit) = (first.part(), first.unit_id);
    let alike = |one: &Pending| one.part() == part && (part == Part::Official || one.unit_id == unit);
    if !found.iter().all(alike) {
        return Err(INVALID.at("/requests", "ký và đóng dấu riêng từng loại", "signatures and seals apart"));
    }
    let holder = if part == Part::Seal { first.unit_code.clone() } else { username };
    let at = Timestamp::from_second(app.db.clock.now().as_second()).map_err(anyhow::Error::from)?;
    let chosen = wanted.credential.as_ref().map(|credential| credential.as_str().to_owned());
    let credential = usable(&service, &holder, chosen, at).await?;
    let act = Act { name: actor.name(), at, certificate: credential.chain[0].clone() };
    let (items, unusable) = prepare_all(&app, found, part, act).await?;
    if items.is_empty() {
        return Reply::created(told(&wanted.requests, &[], &unusable, &BTreeSet::new()));
    }
    let proof = Proof { pin: wanted.pin.clone(), otp: wanted.otp.clone() };
    let sad = authorized(&service, &credential.id, &items, &proof).await?;
    let requests = wanted.requests;
    let confirmed = move |tx: &mut Tx| {
        let taken = record(tx, &credential, &sad, at, part, &items)?;
        Reply::created(told(&requests, &items, &unusable, &taken))
    };
    app.db.write(&actor, move |tx| once(tx, &key, &confirmed)).await
}

/// The key of the request without what only the signer knows.
fn key(request: &HttpRequest, wanted: &SignIn) -> Result<Key> {
    let credential = wanted.credential.as_ref().map(Text::as_str);
    Key::of(request, json!({ "requests": wanted.requests, "credential": credential }).to_string().as_bytes())
}

fn check(wanted: &SignIn) -> Result<()> {
    let distinct: BTreeSet<&Uuid> = wanted.requests.iter().collect();
    if !(1..=MOST).contains(&wanted.requests.len()) || distinct.len() != wanted.requests.len() {
        return Err(INVALID.at(
            "/requests",
            "từ 1 đến 100 văn bản khác nhau",
            "1 to 100 different documents",
        ));
    }
    if !(1..=100).contains(&wanted.pin.expose().len()) {
        return Err(INVALID.at("/pin", "từ 1 đến 100 ký tự", "1 to 100 characters"));
    }
    Ok(())
}

fn username(conn: &mut PgConnection, staff: Uuid) -> Result<String> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = SqlText)]
        username: String,
    }
    let found: Found =
        prepared("SELECT username FROM staff WHERE id = ?").bind::<SqlUuid, _>(staff).get_result(conn)?;
    Ok(found.username)
}

/// A key of its holder that is in force now and comes from a root that is believed.
pub(super) async fn usable(
    service: &TrustService,
    holder: &str,
    chosen: Option<String>,
    at: Timestamp,
) -> Result<Credential> {
    let there = service.credentials(holder).await.map_err(unavailable)?;
    let wanted = chosen.or_else(|| there.first().cloned()).filter(|id| there.contains(id));
    let wanted = wanted.ok_or_else(|| CREDENTIAL_UNKNOWN.err())?;
    let credential = match service.credential(&wanted).await.map_err(unavailable)? {
        Answer::Done(credential) => credential,
        Answer::Refused(_) => return Err(CREDENTIAL_UNKNOWN.err()),
    };
    if credential.status != "valid" {
        return Err(CREDENTIAL_INVALID.because(
            format!("trạng thái: {}", credential.status),
            format!("its state: {}", credential.status),
        ));
    }
    check_chain(&credential.chain, &service.anchors, at)
        .map_err(|flaw| CREDENTIAL_INVALID.because(format!("{flaw:#}"), format!("{flaw:#}")))?;
    Ok(credential)
}

/// Those that can be signed, and why others cannot.
async fn prepare_all(
    app: &App,
    found: Vec<Pending>,
    part: Part,
    act: Act,
) -> Result<(Vec<Item>, Vec<SignItem>)> {
    let (mut items, mut unusable) = (Vec::new(), Vec::new());
    for one in found {
        let request_id = one.id;
        match prepared_one(app, one, part, act.clone()).await? {
            Ok(attributes) => items.push(Item { request_id, attributes }),
            Err(outcome) => unusable.push(SignItem { request_id, outcome }),
        }
    }
    Ok((items, unusable))
}

/// What the key is to sign for a document.
pub(super) async fn prepared_one(
    app: &App,
    one: Pending,
    part: Part,
    act: Act,
) -> Result<std::result::Result<Vec<u8>, &'static str>> {
    let file_id = one.file_id;
    let file = app.db.read(move |conn| files::find(conn, file_id)).await?;
    if part == Part::Official && file.sha256 != one.sha256 {
        return Ok(Err("document_changed"));
    }
    let pdf = match app.files.whole(&file).await {
        Ok(pdf) => pdf,
        // It waits for the scanner: the seal, or who signs, tries again.
        Err(waits) if waits.code() == &files::FILE_QUARANTINED => return Err(waits),
        Err(_) => return Ok(Err("document_changed")),
    };
    let made = tokio::task::spawn_blocking(move || ready(&pdf, &one, part, &act));
    Ok(match made.await.map_err(anyhow::Error::from)? {
        Ok(ready) => Ok(ready.attributes),
        Err(flaw) => {
            tracing::warn!(flaw = format!("{flaw:#}"), "a document cannot be signed");
            Err("document_unusable")
        }
    })
}

async fn authorized(service: &TrustService, id: &str, items: &[Item], proof: &Proof) -> Result<Sad> {
    let hashes: Vec<[u8; 32]> = items.iter().map(|item| sha256(&item.attributes)).collect();
    match service.authorize(id, &hashes, proof).await.map_err(unavailable)? {
        Answer::Done(sad) => Ok(sad),
        Answer::Refused(why) if ["invalid_pin", "invalid_otp"].contains(&why.as_str()) => {
            Err(PIN_REFUSED.err())
        }
        Answer::Refused(why) => Err(SIGNING_REFUSED.because(why.clone(), why)),
    }
}

/// Writes the act with its signatures and enqueues its job; gives those that are being signed
/// already.
fn record(
    tx: &mut Tx,
    credential: &Credential,
    sad: &Sad,
    at: Timestamp,
    part: Part,
    items: &[Item],
) -> Result<BTreeSet<Uuid>> {
    let id = open(tx, credential, sad, at)?;
    let mut taken = BTreeSet::new();
    for item in items {
        if !want(tx, id, item.request_id, part, &item.attributes)? {
            taken.insert(item.request_id);
        }
        tx.audit("sign_document", Some(item.request_id))?;
    }
    jobs::enqueue(tx, SIGN_HASHES, None, json!(Making { authorisation_id: id }), None)?;
    Ok(taken)
}

/// Writes the act; it ends by the clock that the jobs go by.
pub(super) fn open(tx: &mut Tx, credential: &Credential, sad: &Sad, at: Timestamp) -> Result<Uuid> {
    let id = Uuid::now_v7();
    prepared(
        "INSERT INTO signing_authorisation (id, credential, chain, sad, expires_at, given_at, given_by)
         VALUES (?, ?, ?, ?, now() + make_interval(secs => ?), ?, ?)",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<SqlText, _>(&credential.id)
    .bind::<Array<Binary>, _>(&credential.chain)
    .bind::<SqlText, _>(sad.word.expose())
    .bind::<Double, _>(f64::from(sad.holds))
    .bind::<Timestamptz, _>(to_sql(at))
    .bind::<SqlText, _>(tx.actor.key())
    .execute(tx.conn)?;
    Ok(id)
}

/// Writes a signature that is to be made; `false`: another one of this part is under way or
/// there. One whose authorisation ended unused does not count any more.
pub(super) fn want(tx: &mut Tx, act: Uuid, request: Uuid, part: Part, attributes: &[u8]) -> Result<bool> {
    prepared(
        "UPDATE signature s SET state = 'void', note = 'authorisation_over'
           FROM signing_authorisation g
          WHERE g.id = s.authorisation_id AND s.request_id = ? AND s.part = ? AND s.state = 'authorised'
            AND g.expires_at <= now()",
    )
    .bind::<SqlUuid, _>(request)
    .bind::<SqlText, _>(part.word())
    .execute(tx.conn)?;
    // The lock holds the document as it stands: refused or called off meanwhile, it is not signed.
    let written = prepared(
        "INSERT INTO signature (id, request_id, part, authorisation_id, attributes, state)
         SELECT ?, r.id, ?, ?, ?, 'authorised' FROM signing_request r
          WHERE r.id = ? AND r.state = ? FOR UPDATE
         ON CONFLICT (request_id, part) WHERE state <> 'void' DO NOTHING",
    )
    .bind::<SqlUuid, _>(Uuid::now_v7())
    .bind::<SqlText, _>(part.word())
    .bind::<SqlUuid, _>(act)
    .bind::<Binary, _>(attributes.to_vec())
    .bind::<SqlUuid, _>(request)
    .bind::<SqlText, _>(if part == Part::Seal { "sealing" } else { "waiting" })
    .execute(tx.conn)?;
    Ok(written == 1)
}

fn refused(requests: &[Uuid]) -> SignOut {
    told(requests, &[], &[], &BTreeSet::new())
}

fn told(requests: &[Uuid], items: &[Item], unusable: &[SignItem], taken: &BTreeSet<Uuid>) -> SignOut {
    let outcome = |id: &Uuid| {
        if let Some(item) = unusable.iter().find(|item| item.request_id == *id) {
            return item.outcome;
        }
        match items.iter().any(|item| item.request_id == *id) {
            false => "not_found",
            true if taken.contains(id) => "under_way",
            true => "accepted",
        }
    };
    SignOut { items: requests.iter().map(|id| SignItem { request_id: *id, outcome: outcome(id) }).collect() }
}
