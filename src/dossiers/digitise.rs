//! Digitising the paper components of received dossiers: what was scanned is compared with the
//! paper and signed by a clerk of the receiving unit. Both take many scans at once, of many
//! dossiers, each with its own answer: one that is refused holds up no other.

use std::collections::{HashMap, HashSet};

use actix_web::{HttpRequest, post, web};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::scope::visible;
use super::take_action::NOT_YOUR_ROLE;
use crate::app::App;
use crate::auth::Actor;
use crate::db::Tx;
use crate::db::schema::{digitisation, dossier};
use crate::error::{Error, INVALID, Language, NOT_FOUND, Problem, Result};
use crate::http::{Keyed, Reply, Text, language, once};
use crate::records::digitise::{self as records, Scan, ScanState};
use crate::workflow::Role;

/// Scans in one request.
const BATCH_LIMIT: usize = 100;

/// What a clerk says of scans.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ComparisonsIn {
    #[schema(min_items = 1, max_items = 100)]
    items: Vec<ComparisonIn>,
}

/// What a clerk says of one scan.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ComparisonIn {
    digitisation: Uuid,
    /// SHA-256 of the file that was looked at, hex.
    #[schema(min_length = 64, max_length = 64)]
    sha256: String,
    /// How the scan differs from the paper: it is refused. Absent: it is the same.
    #[serde(default)]
    difference: Option<Text<500>>,
}

/// Scans to be signed.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignaturesIn {
    #[schema(min_items = 1, max_items = 100)]
    items: Vec<SignatureIn>,
}

/// A scan to be signed.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignatureIn {
    digitisation: Uuid,
    /// SHA-256 of the scan, hex.
    #[schema(min_length = 64, max_length = 64)]
    sha256: String,
}

/// What became of each scan, in the order of the request.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScansOut {
    pub items: Vec<ScanOut>,
}

/// What became of one scan.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScanOut {
    pub digitisation: Uuid,
    /// Where it stands; absent when the request was refused for it.
    pub state: Option<ScanState>,
    /// Why it was refused.
    pub problem: Option<Problem>,
}

/// Says of scans whether they are as their papers are. An act of its own, bound to the file that
/// was looked at; one that differs is refused with the difference, and scanned again.
#[utoipa::path(
    operation_id = "compare_scans", tag = "records", request_body = ComparisonsIn,
    params(("Idempotency-Key" = String, Header, description = "A new word for each request")),
    responses(
        (status = 200, description = "What became of each", body = ScansOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/digitisations/comparisons")]
pub async fn compare(
    app: web::Data<App>,
    actor: Actor,
    request: HttpRequest,
    sent: Keyed<ComparisonsIn>,
) -> Result<Reply> {
    actor.need_role(Role::OneStopClerk)?;
    let told_in = language(request.headers());
    bounded(sent.body.items.iter().map(|item| item.digitisation))?;
    app.db.write(&actor, move |tx| once(tx, &sent.key, |tx| compare_all(tx, &sent.body.items, told_in))).await
}

fn compare_all(tx: &mut Tx, items: &[ComparisonIn], told_in: Language) -> Result<Reply> {
    let scans = own(tx, items.iter().map(|item| item.digitisation).collect())?;
    let mut changes = Vec::new();
    let mut out = Vec::with_capacity(items.len());
    let mut dossiers = HashSet::new();
    for item in items {
        let difference = item.difference.as_ref().map(Text::as_str);
        let judged = of(&scans, item.digitisation).and_then(|scan| {
            let next = records::compared(scan, &item.sha256, difference)?;
            if next.is_some() {
                changes.push((scan.id, difference.map(str::to_owned)));
                dossiers.insert(scan.dossier_id);
            }
            next.map_or_else(|| scan.state(), Ok)
        });
        out.push(answer(item.digitisation, judged, told_in)?);
    }
    records::compare(tx, &changes)?;
    audit(tx, "compare_scans", dossiers)?;
    Reply::ok(ScansOut { items: out })
}

/// Signs scans that were compared with their papers: the clerk vouches for each. From then on
/// they never change.
#[utoipa::path(
    operation_id = "sign_scans", tag = "records", request_body = SignaturesIn,
    params(("Idempotency-Key" = String, Header, description = "A new word for each request")),
    responses(
        (status = 200, description = "What became of each", body = ScansOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/digitisations/signatures")]
pub async fn sign(
    app: web::Data<App>,
    actor: Actor,
    request: HttpRequest,
    sent: Keyed<SignaturesIn>,
) -> Result<Reply> {
    actor.need_role(Role::OneStopClerk)?;
    let told_in = language(request.headers());
    bounded(sent.body.items.iter().map(|item| item.digitisation))?;
    app.db.write(&actor, move |tx| once(tx, &sent.key, |tx| sign_all(tx, &sent.body.items, told_in))).await
}

fn sign_all(tx: &mut Tx, items: &[SignatureIn], told_in: Language) -> Result<Reply> {
    let scans = own(tx, items.iter().map(|item| item.digitisation).collect())?;
    let mut ready: Vec<&Scan> = Vec::new();
    let mut out = Vec::with_capacity(items.len());
    for item in items {
        let judged = of(&scans, item.digitisation).and_then(|scan| {
            if records::signed(scan, &item.sha256)? {
                ready.push(scan);
            }
            Ok(ScanState::Signed)
        });
        out.push(answer(item.digitisation, judged, told_in)?);
    }
    records::sign(tx, &ready)?;
    audit(tx, "sign_scans", ready.iter().map(|scan| scan.dossier_id).collect())?;
    Reply::ok(ScansOut { items: out })
}

/// One to a hundred scans, each named once.
fn bounded(ids: impl ExactSizeIterator<Item = Uuid>) -> Result<()> {
    let count = ids.len();
    if !(1..=BATCH_LIMIT).contains(&count) {
        return Err(INVALID.at("/items", "phải có từ 1 đến 100 mục", "must have 1 to 100 items"));
    }
    if ids.collect::<HashSet<_>>().len() != count {
        return Err(INVALID.at("/items", "có mục lặp lại", "names a scan twice"));
    }
    Ok(())
}

/// The scans that the clerk may act on, locked; of the others, why not. What the clerk does not
/// see is not there.
fn own(tx: &mut Tx, ids: Vec<Uuid>) -> Result<HashMap<Uuid, Result<Scan>>> {
    let seen: Vec<(Uuid, Uuid)> = digitisation::table
        .inner_join(dossier::table.on(dossier::id.eq(digitisation::dossier_id)))
        .filter(visible(tx.actor))
        .filter(digitisation::id.eq_any(ids))
        .select((digitisation::id, dossier::receiving_unit_id))
        .load(tx.conn)?;
    let staff = tx.actor.need_staff()?;
    let (mine, others): (Vec<_>, Vec<_>) =
        seen.into_iter().partition(|(_, unit)| staff.holds(Role::OneStopClerk, *unit));
    let mine: Vec<Uuid> = mine.into_iter().map(|(id, _)| id).collect();
    let mut scans: HashMap<Uuid, Result<Scan>> =
        records::lock(tx, &mine)?.into_iter().map(|scan| (scan.id, Ok(scan))).collect();
    scans.extend(others.into_iter().map(|(id, _)| (id, Err(NOT_YOUR_ROLE.err()))));
    Ok(scans)
}

fn of(scans: &HashMap<Uuid, Result<Scan>>, id: Uuid) -> Result<&Scan> {
    match scans.get(&id) {
        Some(Ok(scan)) => Ok(scan),
        Some(Err(_)) => Err(NOT_YOUR_ROLE.err()),
        None => Err(NOT_FOUND.err()),
    }
}

/// The answer for one scan; what is no refusal of ours fails the whole request.
fn answer(id: Uuid, judged: Result<ScanState>, told_in: Language) -> Result<ScanOut> {
    match judged {
        Ok(state) => Ok(ScanOut { digitisation: id, state: Some(state), problem: None }),
        Err(Error::Refused(refused)) => {
            let problem = Error::Refused(refused).problem(told_in);
            Ok(ScanOut { digitisation: id, state: None, problem: Some(problem) })
        }
        Err(error) => Err(error),
    }
}

fn audit(tx: &mut Tx, operation: &str, dossiers: HashSet<Uuid>) -> Result<()> {
    if dossiers.is_empty() {
        return Ok(());
    }
    let actor = tx.actor;
    tx.audit_all(operation, dossiers.into_iter().map(|dossier| (actor, dossier)))
}
