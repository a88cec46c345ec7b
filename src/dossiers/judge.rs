//! Is a filing complete, and what does it become? PURE but for ids.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::deadline::{self, promised};
use super::facts::Known;
use super::filing::Applicant;
use super::input::ActionIn;
use super::plan::{NewEvent, Plan, Setting, SideEffect, hold, jobs, plan};
use super::receipt;
use super::scope::{Units, relation};
use super::state::{Progress, Reused, State};
use super::submit::NewFiling;
use super::take_action::refused;
use crate::auth::Actor;
use crate::calendar::{Calendar, Term};
use crate::catalogue::condition::Filing;
use crate::catalogue::definition::{CaseDef, DocumentDef};
use crate::catalogue::tariff::FeeLine;
use crate::catalogue::{Version, documents, tariff};
use crate::clock::day_of;
use crate::error::{Code, Error, FieldProblem, Refused, Result};
use crate::records::digitise::{Came, GivenFile, inventory};
use crate::records::{Offer, offer};
use crate::workflow::{Action, Channel, Request, Who, decide};

pub static FORM_INVALID: Code =
    Code::new(422, "form_invalid", "Tờ khai chưa đúng hoặc chưa đủ", "The form is not filled in correctly");
pub static DOCUMENTS_MISSING: Code =
    Code::new(422, "documents_missing", "Thiếu giấy tờ bắt buộc", "Required documents are missing");
pub static NO_CASE: Code = Code::new(
    422,
    "no_case_applies",
    "Không có trường hợp nào của thủ tục phù hợp với tờ khai",
    "No case of the procedure fits the answers",
);
pub static FEE_UNCLEAR: Code = Code::new(
    422,
    "fee_not_computable",
    "Không tính được phí, lệ phí từ tờ khai",
    "The fee cannot be computed from the answers",
);

/// A file of a filing.
#[derive(Debug, Clone, Deserialize)]
pub struct FiledFile {
    pub id: Uuid,
    pub component: String,
    pub name: String,
    pub media_type: String,
    pub size: i64,
    pub sha256: String,
}

/// A filing that may be stored.
pub struct Filed {
    pub id: Uuid,
    pub version_id: Uuid,
    pub procedure_code: String,
    pub case_code: String,
    pub channel: Channel,
    pub applicant: Applicant,
    pub person_id: Option<Uuid>,
    pub org_id: Option<Uuid>,
    pub filed_by: String,
    pub return_by: String,
    pub receiving_unit_id: Uuid,
    pub unit_code: String,
    pub submitted_at: Timestamp,
    pub receipt: Value,
    /// The state before any event.
    pub start: State,
    /// The submission, and at the counter its acceptance.
    pub plans: Vec<Plan>,
    /// What is charged with the acceptance.
    pub charges: Vec<FeeLine>,
    pub has_files: bool,
    /// The components that came, where it is received in the same act.
    pub stock: Vec<Came>,
    /// Components that documents of the store take the place of.
    pub reused: Vec<Reused>,
}

/// Judges a filing: form, case, documents, fees, deadline; then its first events.
pub fn prepare(calendar: &Calendar, actor: &Actor, new: NewFiling, now: Timestamp) -> Result<Filed> {
    let channel = new.row.channel()?;
    let case = case_of(&new, channel, now)?;
    let filing = Filing {
        channel,
        date: day_of(now),
        case: Some(&case.code),
        answers: &new.row.answers,
        subjects: &new.applicant.subjects,
        identity_level: new.identity_level,
    };
    let reused = reused(&new, &filing);
    complete(&new, &filing, &reused)?;
    let quote = quote(&new.version, &filing)?;
    let term = promised(&case).ok_or_else(|| NO_CASE.err())?;
    let deadline = deadline::deadline(calendar, &term, now)?;
    let reply_by = deadline::reply_by(calendar, channel, now)?;
    let state = first_state(&new, &reused, deadline.due_at, reply_by, now);
    let receipt = receipt::receipt(&new, &reused, &quote, &deadline, now)?;
    let setting = setting(calendar, actor, &new, term, now);
    let mut plans = vec![submission(&setting, state)?];
    let mut charges = Vec::new();
    if new.receive {
        let accepted = receive(actor, &new, &setting, &case, plans.last().map(|p| &p.state), now)?;
        if accepted.effects.contains(&SideEffect::ComputeFees) {
            charges = quote;
        }
        plans.push(accepted);
    }
    Ok(Filed {
        id: Uuid::now_v7(),
        version_id: new.row.version_id,
        procedure_code: new.row.procedure_code.clone(),
        case_code: case.code.clone(),
        channel,
        person_id: new.row.person_id,
        org_id: new.row.org_id,
        filed_by: actor.key(),
        return_by: new.row.return_by.clone(),
        receiving_unit_id: new.unit.id,
        unit_code: new.unit.code.clone(),
        submitted_at: now,
        receipt,
        start: plans[0].state.clone(),
        plans,
        charges,
        has_files: !new.files.is_empty(),
        stock: if new.receive { stock_of(actor, &new, &filing, &reused) } else { Vec::new() },
        reused,
        applicant: new.applicant,
    })
}

/// The components that come with a filing that is received at once.
fn stock_of(actor: &Actor, new: &NewFiling, filing: &Filing, reused: &[Reused]) -> Vec<Came> {
    let given = |file: &FiledFile| GivenFile {
        id: file.id,
        component: file.component.clone(),
        by_official: actor.staff().is_some(),
    };
    let files: Vec<GivenFile> = new.files.iter().map(given).collect();
    let reused: Vec<&str> = reused.iter().map(|reused| &*reused.component).collect();
    inventory(&new.version.procedure.def.documents, filing, &new.row.papers, &reused, &files)
}

/// The state before any event.
fn first_state(
    new: &NewFiling,
    reused: &[Reused],
    due_at: Timestamp,
    reply_by: Option<Timestamp>,
    now: Timestamp,
) -> State {
    State {
        marking: vec![new.version.procedure.workflow.start().clone()],
        status: crate::workflow::DossierStatus::Submitted,
        answers: new.row.answers.clone(),
        handling_unit_id: new.handling,
        holder_unit_id: None,
        holder_role: None,
        assignee_id: None,
        clock_started_at: None,
        due_at,
        paused_since: None,
        late_at: None,
        closed_at: None,
        progress: Progress {
            complete_at: Some(now),
            reply_by,
            identity_level: new.identity_level,
            papers: new.row.papers.clone(),
            reused: reused.to_vec(),
            ..Progress::default()
        },
    }
}

/// The case of a filing: the one chosen, where it applies; without a choice the first that does.
pub fn applying<'v>(version: &'v Version, chosen: Option<&str>, filing: &Filing) -> Option<&'v CaseDef> {
    let mut cases = version.procedure.def.cases.iter();
    cases.find(|case| {
        chosen.is_none_or(|code| case.code == code)
            && case.when.as_ref().is_none_or(|when| when.holds(filing))
    })
}

fn case_of(new: &NewFiling, channel: Channel, now: Timestamp) -> Result<CaseDef> {
    let filing = Filing {
        channel,
        date: day_of(now),
        case: None,
        answers: &new.row.answers,
        subjects: &new.applicant.subjects,
        identity_level: new.identity_level,
    };
    let case = applying(&new.version, new.row.case_code.as_deref(), &filing);
    case.cloned().ok_or_else(|| NO_CASE.at("/case", "trường hợp không phù hợp", "this case does not apply"))
}

/// Components that came with the filing, as files or on paper.
fn given(new: &NewFiling) -> Vec<String> {
    new.files.iter().map(|f| &f.component).chain(&new.row.papers).cloned().collect()
}

/// What is not asked for, since the applicant's store holds it and nothing else was brought.
fn reused(new: &NewFiling, filing: &Filing) -> Vec<Reused> {
    let given = given(new);
    let all = new.version.procedure.def.documents.iter();
    let open = all.filter(|d| documents::reusable(d, filing) && !given.contains(&d.code));
    let held = open.filter_map(|d| match offer(&new.held, &d.satisfied_by, filing.date) {
        Offer::Held(held) => Some((d, held)),
        Offer::Unfit(..) | Offer::Nothing => None,
    });
    held.map(|(d, held)| Reused {
        component: d.code.clone(),
        document: held.id,
        title: held.title.clone(),
        number: held.number.clone(),
        issuer: held.issuer.clone(),
    })
    .collect()
}

/// Refuses a filing whose form or documents are not complete, naming every field.
fn complete(new: &NewFiling, filing: &Filing, reused: &[Reused]) -> Result<()> {
    let mistakes = new.version.check_answers(&new.row.answers);
    if !mistakes.is_empty() {
        let mut refused = Refused::new(&FORM_INVALID);
        refused.fields = mistakes;
        return Err(refused.into());
    }
    let all = &new.version.procedure.def.documents;
    let mut there = given(new);
    there.extend(reused.iter().map(|reused| reused.component.clone()));
    let missing = documents::missing(all, filing, &there);
    if missing.is_empty() {
        return Ok(());
    }
    let mut refused = Refused::new(&DOCUMENTS_MISSING);
    refused.fields = missing
        .iter()
        .filter_map(|code| all.iter().find(|d| d.code == *code))
        .map(|document| lacks(document, new, filing))
        .collect();
    Err(refused.into())
}

/// A document that is missing; where the store holds one that does not do, it says why. Not which
/// one: the refusal undoes what it writes, so nobody could be told that it was shown.
fn lacks(document: &DocumentDef, new: &NewFiling, filing: &Filing) -> FieldProblem {
    let (field, name) = (format!("/documents/{}", document.code), &document.name);
    let (vi, en) = (format!("thiếu: {name}"), format!("missing: {name}"));
    if documents::reusable(document, filing)
        && let Offer::Unfit(_, unfit) = offer(&new.held, &document.satisfied_by, filing.date)
    {
        let (why_vi, why_en) = unfit.words();
        let vi = format!("{vi}; giấy tờ trong kho không dùng được: {why_vi}");
        let en = format!("{en}; the document of the store does not do: {why_en}");
        return FieldProblem::new(&field, "held_document_unfit", vi, en);
    }
    FieldProblem::new(&field, "required", vi, en)
}

/// The fees of a filing by channel and date.
pub fn quote(version: &Version, filing: &Filing) -> Result<Vec<FeeLine>> {
    let lines = tariff::quote(&version.procedure.def.fees, filing).map_err(|e| unclear(&e))?;
    tariff::total(&lines).map_err(|e| unclear(&e))?;
    Ok(lines)
}

fn unclear(error: &tariff::QuoteError) -> Error {
    FEE_UNCLEAR.because(format!("kiểm tra các trường làm căn cứ tính phí: {error}"), error.to_string())
}

fn setting<'a>(
    calendar: &'a Calendar,
    actor: &Actor,
    new: &'a NewFiling,
    term: Term,
    now: Timestamp,
) -> Setting<'a> {
    Setting {
        workflow: &new.version.procedure.workflow,
        calendar,
        term,
        now,
        actor: actor.key(),
        actor_name: actor.name(),
        on_behalf_of: None,
        receiving_unit_id: new.unit.id,
        unit: None,
        handles: false,
        opinion_unit: None,
        return_by: new.row.return_by.clone(),
        applicant_name: new.applicant.name.clone(),
    }
}

/// The first event of every history.
fn submission(setting: &Setting, mut state: State) -> Result<Plan> {
    hold(setting, &mut state);
    let event = NewEvent {
        at: setting.now,
        actor: setting.actor.clone(),
        actor_name: setting.actor_name.clone(),
        on_behalf_of: None,
        action: "submit",
        from: Vec::new(),
        to: state.marking.clone(),
        status: state.status.code(),
        note: String::new(),
        detail: json!({}),
        changes: state.as_changes()?,
    };
    let effects = vec![SideEffect::Job(jobs::SYNC_NATIONAL), SideEffect::Job(jobs::NOTIFY)];
    Ok(Plan { state, event, effects })
}

/// The clerk's acceptance, in the same act as the intake.
fn receive(
    actor: &Actor,
    new: &NewFiling,
    setting: &Setting,
    case: &CaseDef,
    state: Option<&State>,
    now: Timestamp,
) -> Result<Plan> {
    let Some(state) = state else { unreachable!("a filing has its submission") };
    let known = Known {
        version: &new.version,
        channel: new.row.channel()?,
        case_code: &case.code,
        subjects: &new.applicant.subjects,
        submitted_at: now,
        with_files: new.files.iter().map(|f| f.component.clone()).collect(),
        supplied: Vec::new(),
        due_amount: 0,
        payment_confirmed: false,
        tax_met: false,
    };
    let units = Units { receiving: new.unit.id, handling: new.handling };
    let who = Who {
        id: actor.key(),
        posts: relation(actor, &units, state).posts(),
        is_assignee: false,
        is_substitute: false,
    };
    let request = Request::bare(Action::Receive);
    let decision =
        decide(&new.version.procedure.workflow, &known.facts(state), &request, &who).map_err(refused)?;
    plan(setting, state, &decision, &ActionIn::bare(Action::Receive))
}
