//! From a decision to the next state, its event and its effects. PURE.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::input::ActionIn;
use super::passage;
use super::state::{IssuedResult, Opinion, Presence, ReturnRecord, State, SupplementRequest};
use crate::calendar::{Calendar, Term, eight_hour_rule};
use crate::error::{INVALID, Result};
use crate::forms::FormCode;
use crate::workflow::{Action, Decision, Effect, LastEvent, Role, StepId, Unit, Workflow};

/// What a plan needs to know besides the state.
pub struct Setting<'a> {
    pub workflow: &'a Workflow,
    pub calendar: &'a Calendar,
    /// The promised term of the dossier's case.
    pub term: Term,
    pub now: Timestamp,
    pub actor: String,
    pub actor_name: String,
    /// The absent official a substitute acts for.
    pub on_behalf_of: Option<String>,
    pub receiving_unit_id: Uuid,
    /// The unit named in the request, where one is.
    pub unit: Option<NamedUnit>,
    /// The actor acts for the handling unit: work has begun.
    pub handles: bool,
    /// The unit for which the actor gives an opinion.
    pub opinion_unit: Option<Uuid>,
    pub return_by: String,
    pub applicant_name: String,
}

#[derive(Debug, Clone)]
pub struct NamedUnit {
    pub id: Uuid,
    pub name: String,
}

/// What is written in one transaction.
#[derive(Debug)]
pub struct Plan {
    pub state: State,
    pub event: NewEvent,
    pub effects: Vec<SideEffect>,
}

/// One line of the history.
#[derive(Debug, Clone)]
pub struct NewEvent {
    pub at: Timestamp,
    pub actor: String,
    pub actor_name: String,
    pub on_behalf_of: Option<String>,
    /// `submit`, or the word of an action.
    pub action: &'static str,
    pub from: Vec<StepId>,
    pub to: Vec<StepId>,
    pub status: u8,
    pub note: String,
    pub detail: Value,
    pub changes: Map<String, Value>,
}

/// What happens in other folders, in the same transaction, or as jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SideEffect {
    /// The fees of the filing become due.
    ComputeFees,
    /// A payment is opened at the gateway.
    OpenPayment,
    /// An open payment is given up: nobody shall pay for a dossier that is closed.
    CancelPayment,
    /// A unit sees the dossier from now on.
    Share { unit: Uuid, relation: &'static str },
    /// A job of this kind about the dossier.
    Job(&'static str),
}

/// What a job about a dossier carries: the event that caused it. The job tells of the dossier
/// as that event left it, however late it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DossierJob {
    pub dossier_id: Uuid,
    /// Number of the event in the dossier's history.
    pub seq: i32,
}

/// Jobs that tell others about a dossier. Payload [`DossierJob`], subject: the dossier.
pub mod jobs {
    /// The national portal is told of the status.
    pub const SYNC_NATIONAL: &str = "sync_national";
    /// The applicant is told.
    pub const NOTIFY: &str = "notify_applicant";
    /// The leader's attention is called.
    pub const ESCALATE: &str = "escalate_to_leader";
    /// The form that belongs to the event is produced.
    pub const PRODUCE_FORM: &str = "produce_form";
    /// The slip goes to the tax office.
    pub const TAX_SLIP: &str = "send_tax_slip";
    /// The slip is recalled from the tax office.
    pub const TAX_RECALL: &str = "recall_tax_slip";
}

/// The form of Thông tư 03/2025 that the applicant gets for an action.
pub const fn form_of(action: Action) -> Option<FormCode> {
    match action {
        Action::Receive => Some(FormCode::Receipt),
        Action::RequestSupplement => Some(FormCode::Supplement),
        Action::Refuse => Some(FormCode::Refusal),
        Action::Extend => Some(FormCode::Apology),
        Action::Stop => Some(FormCode::Stop),
        _ => None,
    }
}

/// The plan of an allowed action.
pub fn plan(setting: &Setting, before: &State, decision: &Decision, input: &ActionIn) -> Result<Plan> {
    let mut state = before.clone();
    state.marking.clone_from(&decision.position.marking);
    state.progress.came_from.clone_from(&decision.position.came_from);
    state.progress.arrived.clone_from(&decision.position.arrived);
    state.status = decision.status;
    let mut effects = Vec::new();
    for effect in &decision.effects {
        apply_effect(setting, &mut state, *effect, input, &mut effects)?;
    }
    settle(setting, before, &mut state, decision, input)?;
    if state.status != before.status {
        effects.push(SideEffect::Job(jobs::SYNC_NATIONAL));
        effects.push(SideEffect::Job(jobs::NOTIFY));
    }
    if state.closed_at.is_some() && before.closed_at.is_none() {
        effects.push(SideEffect::CancelPayment);
    }
    if form_of(input.action).is_some() {
        effects.push(SideEffect::Job(jobs::PRODUCE_FORM));
    }
    let event = NewEvent {
        at: setting.now,
        actor: setting.actor.clone(),
        actor_name: setting.actor_name.clone(),
        on_behalf_of: setting.on_behalf_of.clone(),
        action: input.action.word(),
        from: before.marking.clone(),
        to: state.marking.clone(),
        status: state.status.code(),
        note: input.note.clone().unwrap_or_default(),
        detail: detail(setting, input),
        changes: state.changes_since(before)?,
    };
    dedup(&mut effects);
    Ok(Plan { state, event, effects })
}

/// What follows from every move, whatever the transition lists.
fn settle(
    setting: &Setting,
    before: &State,
    state: &mut State,
    decision: &Decision,
    input: &ActionIn,
) -> Result<()> {
    // Who only gives the dossier to a colleague has not begun; a remark shows that it was read.
    if setting.handles && input.action != Action::Assign {
        state.progress.work_begun = true;
    }
    attach_result(setting, state, input);
    if decision.moved {
        passage::begin(before, state, input.action, setting.now);
        passage::set_aside(before, state);
        hold(setting, state);
    }
    if input.action == Action::Supplement {
        state.progress.request = None;
        if state.clock_started_at.is_none() {
            state.progress.complete_at = Some(setting.now);
            if state.progress.reply_by.is_some() {
                state.progress.reply_by = eight_hour_rule(setting.calendar, setting.now)?.at();
            }
            state.due_at = super::deadline::deadline(setting.calendar, &setting.term, setting.now)?.due_at;
        }
    }
    if input.action == Action::ReturnResult {
        state.progress.returned = Some(ReturnRecord {
            by: setting.return_by.clone(),
            to: input.returned_to.clone().unwrap_or_else(|| setting.applicant_name.clone()),
            at: setting.now,
        });
    }
    if state.status.is_terminal() && before.closed_at.is_none() {
        state.stop_clock(setting.calendar, setting.now)?;
        state.closed_at = Some(setting.now);
    }
    remember(setting, state, input.action);
    Ok(())
}

/// Keeps what a recall asks: who sent it, and whether the receiver has touched it since. The
/// sender's own remark and the mark of lateness touch nothing; a remark of the receiver does.
fn remember(setting: &Setting, state: &mut State, action: Action) {
    match (action, &mut state.progress.last_event) {
        (Action::MarkLate, _) | (Action::Comment, None) => {}
        (Action::Comment, Some(last)) => last.untouched &= last.actor == setting.actor,
        (_, last) => {
            *last = Some(LastEvent { action, actor: setting.actor.clone(), untouched: action.sends() });
        }
    }
}

/// Whose turn it is at the present step.
pub fn hold(setting: &Setting, state: &mut State) {
    let holder = state.marking.first().and_then(|step| setting.workflow.step(step)).and_then(|s| s.holder);
    let unit = match holder.and_then(|post| post.unit) {
        Some(Unit::Receiving) => Some(setting.receiving_unit_id),
        Some(Unit::Handling) => Some(state.handling_unit_id),
        Some(Unit::Opinion) => Some(state.asked_unit().unwrap_or(state.handling_unit_id)),
        None => None,
    };
    let role: Option<Role> = holder.map(|post| post.role);
    if (unit, role) != (state.holder_unit_id, state.holder_role) {
        // Another role or unit has it now: nobody there has taken it yet.
        state.assignee_id = None;
    }
    state.holder_unit_id = unit;
    state.holder_role = role;
}

fn apply_effect(
    setting: &Setting,
    state: &mut State,
    effect: Effect,
    input: &ActionIn,
    effects: &mut Vec<SideEffect>,
) -> Result<()> {
    let now = setting.now;
    match effect {
        Effect::StartClock => state.start_clock(setting.calendar, &setting.term, now)?,
        Effect::RestartClock => {
            state.progress.complete_at = Some(now);
            state.start_clock(setting.calendar, &setting.term, now)?;
        }
        Effect::PauseClock => state.pause_clock(now),
        Effect::ResumeClock => state.resume_clock(setting.calendar, now)?,
        Effect::StopClock => state.stop_clock(setting.calendar, now)?,
        Effect::ComputeFees => effects.push(SideEffect::ComputeFees),
        Effect::OpenPayment => effects.push(SideEffect::OpenPayment),
        Effect::RecordReasons => {
            if input.action == Action::RequestSupplement {
                let reasons = input.reasons.clone();
                state.progress.request = Some(SupplementRequest { asked_at: now, reasons });
            }
        }
        Effect::CountSupplement => state.progress.supplements += 1,
        // Whatever action brings the result along attaches it: see `settle`.
        Effect::AttachResult => {}
        Effect::ClearAssignee => state.assignee_id = None,
        Effect::SetAssignee => state.assignee_id = input.assignee,
        Effect::NotifyApplicant => effects.push(SideEffect::Job(jobs::NOTIFY)),
        Effect::SyncNational => effects.push(SideEffect::Job(jobs::SYNC_NATIONAL)),
        Effect::EscalateToLeader => effects.push(SideEffect::Job(jobs::ESCALATE)),
        Effect::RefundIfDue if state.progress.work_begun => {}
        Effect::RefundIfDue => state.progress.refund_claimed_at = Some(now),
        Effect::SendTaxSlip => {
            state.progress.tax_sent_at = Some(now);
            effects.push(SideEffect::Job(jobs::TAX_SLIP));
        }
        Effect::RecallTaxSlip => {
            if state.progress.tax_sent_at.take().is_some() {
                effects.push(SideEffect::Job(jobs::TAX_RECALL));
            }
        }
        Effect::OpenOpinion => open_opinion(setting, state, input, effects),
        Effect::CloseOpinion => close_opinion(setting, state, input)?,
        Effect::RecordPresence => {
            let step = input.step.clone().or_else(|| state.marking.first().cloned());
            if let Some(step) = step {
                let persons = input.persons.clone();
                state.progress.presence.push(Presence { step, at: now, persons, past_since: None });
            }
        }
        Effect::SetNewDue => {
            if let Some(to) = input.new_due {
                state.extend(setting.calendar, to, input.note.as_deref().unwrap_or_default(), now)?;
            }
        }
        Effect::MarkLate => state.late_at = Some(now),
        Effect::ChooseHandlingUnit => choose_handling_unit(setting, state, effects),
    }
    Ok(())
}

fn attach_result(setting: &Setting, state: &mut State, input: &ActionIn) {
    if let Some(result) = &input.result {
        state.progress.result = Some(IssuedResult {
            code: result.code.clone(),
            number: result.number.clone(),
            file_id: result.file,
            decided_at: setting.now,
            decided_by: setting.actor_name.clone(),
        });
    }
}

fn open_opinion(setting: &Setting, state: &mut State, input: &ActionIn, effects: &mut Vec<SideEffect>) {
    if let Some(unit) = &setting.unit {
        state.progress.opinions.push(Opinion {
            unit_id: unit.id,
            unit_name: unit.name.clone(),
            question: input.text.clone().unwrap_or_default(),
            asked_at: setting.now,
            answer: None,
            answered_by: None,
            answered_at: None,
        });
        effects.push(SideEffect::Share { unit: unit.id, relation: "opinion" });
    }
}

/// The unit answers, or who asked recalls the question, which then was never asked.
fn close_opinion(setting: &Setting, state: &mut State, input: &ActionIn) -> Result<()> {
    if input.action == Action::Recall {
        state.progress.opinions.pop_if(|opinion| opinion.answered_at.is_none());
        return Ok(());
    }
    let open = state
        .progress
        .opinions
        .iter_mut()
        .find(|o| o.answered_at.is_none() && Some(o.unit_id) == setting.opinion_unit);
    let Some(open) = open else {
        return Err(INVALID.because(
            "đơn vị này không có yêu cầu ý kiến đang chờ",
            "no opinion of this unit is waited for",
        ));
    };
    open.answer = Some(input.text.clone().unwrap_or_default());
    open.answered_by = Some(setting.actor_name.clone());
    open.answered_at = Some(setting.now);
    Ok(())
}

fn choose_handling_unit(setting: &Setting, state: &mut State, effects: &mut Vec<SideEffect>) {
    if let Some(unit) = &setting.unit
        && unit.id != state.handling_unit_id
    {
        effects.push(SideEffect::Share { unit: state.handling_unit_id, relation: "former" });
        state.handling_unit_id = unit.id;
        state.assignee_id = None;
        hold(setting, state);
    }
}

/// What the history keeps of the request.
fn detail(setting: &Setting, input: &ActionIn) -> Value {
    let mut detail = Map::new();
    if !input.reasons.is_empty() {
        detail.insert("reasons".to_owned(), json!(input.reasons));
    }
    if !input.persons.is_empty() {
        detail.insert("persons".to_owned(), json!(input.persons));
    }
    if let Some(unit) = &setting.unit {
        detail.insert("unit".to_owned(), json!({ "id": unit.id, "name": unit.name }));
    }
    if let Some(text) = &input.text {
        detail.insert("text".to_owned(), json!(text));
    }
    if let Some(answers) = &input.answers {
        detail.insert("answered_fields".to_owned(), json!(answers.keys().collect::<Vec<_>>()));
    }
    Value::Object(detail)
}

/// The same effect twice is one effect.
fn dedup(effects: &mut Vec<SideEffect>) {
    let mut seen = Vec::new();
    effects.retain(|effect| {
        let new = !seen.contains(effect);
        if new {
            seen.push(effect.clone());
        }
        new
    });
}
