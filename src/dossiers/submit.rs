//! A draft becomes a dossier: all or nothing, under an idempotency key, with a receipt.
//!
//! Checks the answers against the form and the required documents against the answers.
//! Effects: dossier, events, charges, jobs, audit row; the code is the next number of the
//! unit's day. Written by group commit: a batch of submissions is one transaction. Refusals:
//! wrong answers, missing documents, a draft that changed or was submitted meanwhile.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use actix_web::{post, web};
use diesel::prelude::*;
use diesel::sql_types::{Array, Date as SqlDate, Integer, Uuid as SqlUuid};
use jiff::Timestamp;
use jiff::civil::Date;
use rand::Rng;
use rand::distr::Alphanumeric;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::begin_draft::check_level;
use super::code::DossierCode;
use super::draft::{self, DraftRow, applicant_of};
use super::filing::{self, ActingFor, Applicant, ReceivingUnit};
use super::judge::{Filed, FiledFile, prepare};
use super::load_submission::{Found, Looked, Submitted, Wanted, load, looked};
use super::plan::{DossierJob, Plan, SideEffect};
use super::row::{DossierRow, EventRow, StateColumns};
use super::signed_receipt::ReceiptKey;
use super::store;
use super::write_rows::{insert_dossiers, insert_events};
use crate::app::App;
use crate::auth::{Actor, Who};
use crate::calendar::Calendar;
use crate::catalogue::{Catalogue, Version};
use crate::clock::day_of;
use crate::db::{Batcher, Db, Tx, date_to_sql, prepared, to_sql};
use crate::error::{BUSY, Error, FORBIDDEN, Problem, Result, STALE};
use crate::http::{IfMatch, KEY_REUSED, Keyed, Once, Reply, answered, store_answers};
use crate::jobs;
use crate::ledger::Payer;
use crate::payments::Debtor;
use crate::records::digitise::{Stock, take_stock};
use crate::records::{self, HeldDocument, NewReuse};
use crate::workflow::Channel;

/// Length of the word that opens the public tracking: 62^16 possibilities.
const SECRET_LENGTH: usize = 16;

/// A submission.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmitIn {
    /// Clerks: receive it at once, in the same act.
    #[serde(default)]
    pub receive: bool,
}

/// A submission that has been judged and waits for its number.
pub struct Submission {
    once: Once,
    draft_id: Uuid,
    draft_version: i32,
    actor: Actor,
    unit_code: String,
    day: Date,
    filed: Filed,
}

/// A request to submit.
#[derive(Clone)]
struct Asked {
    actor: Actor,
    once: Once,
    draft_id: Uuid,
    seen: IfMatch,
    receive: bool,
}

/// The two doors of submissions: what is asked is judged together, what may be stored is
/// stored together.
pub struct Submissions {
    asked: Batcher<Asked, Judged>,
    judged: Batcher<Submission, Reply>,
}

impl Submissions {
    /// Opens both.
    pub fn start(db: &Db, catalogue: &Catalogue, calendar: &'static Calendar, key: Arc<ReceiptKey>) -> Self {
        let (clock, catalogue) = (db.clock.clone(), catalogue.clone());
        let judge = move |conn: &mut PgConnection, asked: &[Asked]| {
            judge_all(&catalogue, calendar, conn, asked, clock.now())
        };
        let store = move |tx: &mut Tx, batch: &[Submission]| apply(tx, batch, &key);
        Self { asked: Batcher::reading(db, "judge", judge), judged: Batcher::writing(db, "submit", store) }
    }
}

/// Submits a draft.
#[utoipa::path(
    operation_id = "submit_draft",
    tag = "dossiers",
    request_body = SubmitIn,
    params(
        ("id" = Uuid, Path, description = "The draft"),
        ("Idempotency-Key" = String, Header, description = "A new word for each request"),
        ("If-Match" = String, Header, description = "The version of the draft that was seen"),
    ),
    responses(
        (status = 201, description = "The dossier's code and receipt", body = super::receipt::SubmittedOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/drafts/{id}/submit")]
pub async fn submit(
    app: web::Data<App>,
    actor: Actor,
    id: web::Path<Uuid>,
    seen: IfMatch,
    request: Keyed<SubmitIn>,
) -> Result<Reply> {
    let once = Once { actor: actor.key(), key: request.key };
    let receive = request.body.receive;
    let asked = Asked { actor, once: once.clone(), draft_id: id.into_inner(), seen, receive };
    match app.submissions.asked.submit(asked).await? {
        Judged::Answered(reply) => Ok(reply),
        Judged::New(submission) => match app.submissions.judged.submit(*submission).await {
            Err(refusal) if refusal.code() != &BUSY => answer_of_twin(&app, once, refusal).await,
            done => done,
        },
    }
}

/// The same request may have been answered since it was judged, where it was sent twice at the
/// same time: then this is its answer as well.
async fn answer_of_twin(app: &App, once: Once, refusal: Error) -> Result<Reply> {
    let answer = app.db.read(move |conn| answered(conn, &once)).await?;
    answer.unwrap_or(Err(refusal))
}

enum Judged {
    /// This key was answered before.
    Answered(Reply),
    New(Box<Submission>),
}

/// Load and decide: everything that needs no lock.
fn judge_all(
    catalogue: &Catalogue,
    calendar: &Calendar,
    conn: &mut PgConnection,
    asked: &[Asked],
    now: Timestamp,
) -> Result<Vec<Result<Judged>>> {
    let wanted: Vec<Wanted> = asked
        .iter()
        .map(|a| Wanted { actor: &a.actor, key: Some(&a.once.key), draft_id: a.draft_id })
        .collect();
    let found = load(conn, &wanted, day_of(now))?;
    let judge = |(asked, found)| judge(catalogue, calendar, conn, asked, found, now);
    Ok(asked.iter().zip(found).map(judge).collect())
}

fn judge(
    catalogue: &Catalogue,
    calendar: &Calendar,
    conn: &mut PgConnection,
    asked: &Asked,
    found: Option<Found>,
    now: Timestamp,
) -> Result<Judged> {
    let found = match looked(conn, &asked.actor, &asked.once, found)? {
        Looked::Answered(reply) => return Ok(Judged::Answered(reply)),
        Looked::Open(found) => found,
    };
    asked.seen.check(found.row.version)?;
    let day = day_of(now);
    let new = as_filing(catalogue, conn, &asked.actor, &found, day)?;
    let filed = prepare(calendar, &asked.actor, NewFiling { receive: asked.receive, ..new }, now)?;
    let submission = Submission {
        once: asked.once.clone(),
        draft_id: asked.draft_id,
        draft_version: found.row.version,
        unit_code: filed.unit_code.clone(),
        actor: asked.actor.clone(),
        day,
        filed,
    };
    Ok(Judged::New(Box::new(submission)))
}

/// A draft as a filing of today; refused where the procedure, the unit or the actor's right to
/// file has changed since it was begun.
pub fn as_filing<'a>(
    catalogue: &Catalogue,
    conn: &mut PgConnection,
    actor: &Actor,
    found: &'a Submitted,
    day: Date,
) -> Result<NewFiling<'a>> {
    let row = &found.row;
    let version = catalogue.open_version(conn, found.version_id(day)?, day)?;
    if version.id != row.version_id {
        return Err(draft::DRAFT_OUTDATED.err());
    }
    let acting_for: ActingFor = serde_json::from_value(row.acting_for.clone())?;
    filing::still_covered(actor, &acting_for, &row.procedure_code)?;
    Ok(NewFiling {
        row,
        applicant: applicant_of(row)?,
        unit: found.unit.clone(),
        handling: filing::handling_unit(conn, &version.procedure.def, &found.unit, day)?,
        identity_level: identity_level(actor, row, &version)?,
        files: found.files.clone(),
        held: found.held.clone(),
        receive: false,
        version,
    })
}

/// Everything that is known of a filing when it is judged.
pub struct NewFiling<'a> {
    pub row: &'a DraftRow,
    pub version: Arc<Version>,
    pub applicant: Applicant,
    pub unit: ReceivingUnit,
    pub handling: Uuid,
    pub identity_level: u8,
    pub files: Vec<FiledFile>,
    /// What the applicant's store has that may take the place of a document.
    pub held: Vec<HeldDocument>,
    pub receive: bool,
}

/// The VNeID level of the filing; a citizen's login must reach what the procedure demands.
fn identity_level(actor: &Actor, row: &DraftRow, version: &Version) -> Result<u8> {
    match (&actor.who, row.channel()?) {
        (Who::Citizen(citizen), Channel::Online) => {
            check_level(version.procedure.def.identity_level, citizen.identity_level)?;
            Ok(u8::try_from(citizen.identity_level).unwrap_or_default())
        }
        (Who::Staff(_), Channel::Counter | Channel::Post) => Ok(0),
        _ => Err(FORBIDDEN.err()),
    }
}

/// Writes a batch: drafts, children, numbers, the dossier rows, and the answers last.
fn apply(tx: &mut Tx, batch: &[Submission], key: &ReceiptKey) -> Result<Vec<Result<Reply>>> {
    let (fresh, twins) = told_apart(batch);
    take_drafts(tx, &fresh)?;
    write_children(tx, &fresh)?;
    let codes = take_numbers(tx, &fresh)?;
    let replies = write_dossiers(tx, &fresh, &codes, key)?;
    let stored: Vec<(&Once, &Reply)> = fresh.iter().map(|s| &s.once).zip(&replies).collect();
    store_answers(tx, &stored)?;
    let answer = |(submission, n): (&Submission, usize)| match fresh[n].once.key == submission.once.key {
        true => Ok(replies[n].clone()),
        false => Err(KEY_REUSED.err()),
    };
    Ok(batch.iter().zip(twins).map(answer).collect())
}

/// The first submission under each key, and for every one of the batch which of these it is
/// or repeats.
fn told_apart(batch: &[Submission]) -> (Vec<&Submission>, Vec<usize>) {
    let (mut fresh, mut twins, mut places) = (Vec::new(), Vec::new(), HashMap::new());
    for submission in batch {
        let place = *places.entry((&submission.once.actor, &submission.once.key.key)).or_insert(fresh.len());
        if place == fresh.len() {
            fresh.push(submission);
        }
        twins.push(place);
    }
    (fresh, twins)
}

#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// Ties each draft to its dossier, if nobody changed or submitted it meanwhile. One that was
/// fails the whole batch; alone, it fails by itself.
fn take_drafts(tx: &mut Tx, batch: &[&Submission]) -> Result<()> {
    let ids: Vec<Uuid> = batch.iter().map(|s| s.draft_id).collect();
    let taken: Vec<Taken> = prepared(
        "UPDATE draft SET dossier_id = (?::uuid[])[array_position(?, id)]
         WHERE id = ANY (?) AND version = (?::integer[])[array_position(?, id)] AND dossier_id IS NULL
         RETURNING id",
    )
    .bind::<Array<SqlUuid>, _>(batch.iter().map(|s| s.filed.id).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(&ids)
    .bind::<Array<SqlUuid>, _>(&ids)
    .bind::<Array<Integer>, _>(batch.iter().map(|s| s.draft_version).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(&ids)
    .load(tx.conn)?;
    if taken.len() == batch.len() && batch.iter().all(|s| taken.iter().any(|t| t.id == s.draft_id)) {
        return Ok(());
    }
    Err(STALE.err())
}

/// Events, charges, jobs, audit rows, and the files' way from the draft to the dossier.
fn write_children(tx: &mut Tx, batch: &[&Submission]) -> Result<()> {
    let mut events = Vec::new();
    let mut queue = Vec::new();
    for submission in batch {
        let filed = &submission.filed;
        for (seq, plan) in (1..).zip(&filed.plans) {
            events.push(EventRow::of(filed.id, seq, &plan.event));
            queue.extend(jobs_of(filed.id, seq, plan));
        }
    }
    insert_events(tx, &events)?;
    tx.audit_all("submit_draft", batch.iter().map(|s| (&s.actor, s.filed.id)))?;
    jobs::enqueue_many(tx, &queue)?;
    let with_files: Vec<(Uuid, Uuid)> =
        batch.iter().filter(|s| s.filed.has_files).map(|s| (s.draft_id, s.filed.id)).collect();
    if !with_files.is_empty() {
        crate::files::move_to_dossiers(tx, &with_files)?;
    }
    let stocks = batch.iter().map(|s| s.filed.stock());
    take_stock(tx, &stocks.collect::<Vec<_>>())?;
    records::reuse(tx, &reuses_of(batch))?;
    let owed: Vec<_> = batch.iter().map(|s| (s.filed.debtor(), &*s.filed.charges, &*s.filed.plans)).collect();
    store::money_of_all(tx, &owed)
}

/// What the filings of a batch take from the stores.
fn reuses_of<'a>(batch: &[&'a Submission]) -> Vec<NewReuse<'a>> {
    let of = |submission: &&'a Submission| {
        let (actor, filed) = (&submission.actor, &submission.filed);
        filed.reused.iter().map(move |reused| NewReuse {
            dossier: filed.id,
            unit: filed.receiving_unit_id,
            component: &reused.component,
            document: reused.document,
            actor,
            purpose: format!("Nộp hồ sơ thủ tục {}", filed.procedure_code),
        })
    };
    batch.iter().flat_map(of).collect()
}

/// The jobs that a plan asks for, about its event `seq`.
pub fn jobs_of(dossier_id: Uuid, seq: i32, plan: &Plan) -> Vec<jobs::NewJob> {
    let job = |kind: &'static str| jobs::NewJob {
        kind,
        subject: Some(dossier_id),
        payload: json!(DossierJob { dossier_id, seq }),
        dedup: None,
    };
    let kinds = plan.effects.iter().filter_map(|effect| match effect {
        SideEffect::Job(kind) => Some(*kind),
        _ => None,
    });
    kinds.map(job).collect()
}

/// Takes the next numbers of each unit and day, in one order for all transactions, and as
/// late as possible: the number rows stay locked until the commit.
fn take_numbers(tx: &mut Tx, batch: &[&Submission]) -> Result<Vec<DossierCode>> {
    let mut wanted: BTreeMap<(Uuid, Date), Vec<usize>> = BTreeMap::new();
    for (n, submission) in batch.iter().enumerate() {
        wanted.entry((submission.filed.receiving_unit_id, submission.day)).or_default().push(n);
    }
    let last = raise_numbers(tx, &wanted)?;
    let mut codes: Vec<Option<DossierCode>> = vec![None; batch.len()];
    for ((unit, day), members) in wanted {
        let last = last.get(&(unit, day)).ok_or_else(|| anyhow::anyhow!("no number of {unit} on {day}"))?;
        let before = last - i32::try_from(members.len()).unwrap_or(i32::MAX);
        for (number, n) in (before + 1..).zip(members) {
            codes[n] = Some(DossierCode::new(&batch[n].unit_code, day, number));
        }
    }
    Ok(codes.into_iter().flatten().collect())
}

#[derive(QueryableByName)]
struct LastNumber {
    #[diesel(sql_type = SqlUuid)]
    unit_id: Uuid,
    #[diesel(sql_type = SqlDate)]
    day: jiff_diesel::Date,
    #[diesel(sql_type = Integer)]
    last: i32,
}

/// Raises the number of each unit and day by as many as are wanted; gives the last ones taken.
fn raise_numbers(
    tx: &mut Tx,
    wanted: &BTreeMap<(Uuid, Date), Vec<usize>>,
) -> Result<HashMap<(Uuid, Date), i32>> {
    let count = |members: &Vec<usize>| i32::try_from(members.len()).unwrap_or(i32::MAX);
    let raised: Vec<LastNumber> = prepared(
        "INSERT INTO dossier_number (unit_id, day, last)
         SELECT * FROM unnest(?, ?, ?) AS wanted (unit_id, day, last) ORDER BY unit_id, day
         ON CONFLICT (unit_id, day) DO UPDATE SET last = dossier_number.last + excluded.last
         RETURNING unit_id, day, last",
    )
    .bind::<Array<SqlUuid>, _>(wanted.keys().map(|(unit, _)| *unit).collect::<Vec<_>>())
    .bind::<Array<SqlDate>, _>(wanted.keys().map(|(_, day)| date_to_sql(*day)).collect::<Vec<_>>())
    .bind::<Array<Integer>, _>(wanted.values().map(count).collect::<Vec<_>>())
    .load(tx.conn)?;
    Ok(raised.into_iter().map(|row| ((row.unit_id, row.day.to_jiff()), row.last)).collect())
}

/// The dossier rows, with their codes and signed receipts; the answers follow from them.
fn write_dossiers(
    tx: &mut Tx,
    batch: &[&Submission],
    codes: &[DossierCode],
    key: &ReceiptKey,
) -> Result<Vec<Reply>> {
    let mut rows = Vec::with_capacity(batch.len());
    let mut replies = Vec::with_capacity(batch.len());
    for (submission, code) in batch.iter().zip(codes) {
        let row = submission.filed.row(code, secret(), key)?;
        replies.push(Reply::created(super::receipt::submitted(&row))?);
        rows.push(row);
    }
    insert_dossiers(tx, &rows)?;
    Ok(replies)
}

fn secret() -> String {
    rand::rng().sample_iter(Alphanumeric).take(SECRET_LENGTH).map(char::from).collect()
}

impl Filed {
    fn debtor(&self) -> Debtor {
        let payer = Payer::of(self.id, self.person_id, self.org_id);
        Debtor { dossier_id: self.id, payer, unit_id: self.receiving_unit_id }
    }

    fn stock(&self) -> Stock<'_> {
        Stock { dossier_id: self.id, unit_id: self.receiving_unit_id, came: &self.stock }
    }

    /// The row of the dossier under its code.
    fn row(&self, code: &DossierCode, tracking_secret: String, key: &ReceiptKey) -> Result<DossierRow> {
        let last = self.plans.last().map(|plan| &plan.state).unwrap_or(&self.start);
        let seq = i32::try_from(self.plans.len()).unwrap_or(i32::MAX);
        let state = StateColumns::of(last, seq)?;
        let mut receipt = self.receipt.clone();
        if let Value::Object(members) = &mut receipt {
            members.insert("code".to_owned(), json!(code.as_str()));
        }
        key.sign(&mut receipt)?;
        Ok(DossierRow {
            id: self.id,
            code: code.as_str().to_owned(),
            tracking_secret,
            version_id: self.version_id,
            procedure_code: self.procedure_code.clone(),
            case_code: self.case_code.clone(),
            channel: self.channel.word().to_owned(),
            applicant: serde_json::to_value(&self.applicant)?,
            applicant_person_id: self.person_id,
            applicant_org_id: self.org_id,
            filed_by: self.filed_by.clone(),
            return_by: self.return_by.clone(),
            answers: state.answers,
            receiving_unit_id: self.receiving_unit_id,
            submitted_at: to_sql(self.submitted_at),
            receipt,
            seq: state.seq,
            marking: state.marking,
            status: state.status,
            handling_unit_id: state.handling_unit_id,
            holder_unit_id: state.holder_unit_id,
            holder_role: state.holder_role,
            assignee_id: state.assignee_id,
            clock_started_at: state.clock_started_at,
            due_at: state.due_at,
            paused_since: state.paused_since,
            late_at: state.late_at,
            closed_at: state.closed_at,
            progress: state.progress,
        })
    }
}
