//! The judge of every action: total, pure, and the same for screen and server.
use super::compile::Workflow;
use super::definition::{StepId, TransitionDef, When};
use super::facts::{Facts, Position, Request, Who};
use super::moves;
use super::refusal::{Refusal, RefusalCode};
use super::status::DossierStatus;
use super::vocabulary::{Action, ClockState, Effect, Guard};
use super::{guard, moves::advance};
use serde::Serialize;

/// What an allowed action does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// The number of the transition in the definition.
    pub transition: usize,
    /// The step at which it was taken.
    pub step: StepId,
    /// Where the dossier is from now on.
    pub position: Position,
    /// Its status from now on.
    pub status: DossierStatus,
    /// What its clock does from now on.
    pub clock: ClockState,
    /// What happens besides, in this order.
    pub effects: Vec<Effect>,
    /// It is at another step than before.
    pub moved: bool,
    /// Nothing can follow.
    pub closed: bool,
}

/// An action that the roles of a person allow at the present step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Available {
    /// The action.
    pub action: Action,
    /// The step at which it would be taken.
    pub step: StepId,
    /// Where it would lead.
    pub to: Vec<StepId>,
    /// It may be done now (given what it needs).
    pub allowed: bool,
    /// What the request has to bring along.
    pub needs: Vec<Guard>,
    /// Why not.
    pub refusal: Option<Refusal>,
}

/// A transition open at an active step.
type Way<'a> = (&'a StepId, usize, &'a TransitionDef);

/// Judges one action. A refusal changes nothing and says which condition failed.
pub fn decide(workflow: &Workflow, facts: &Facts, request: &Request, who: &Who) -> Result<Decision, Refusal> {
    if workflow.is_closed(&facts.position) {
        return Err(refusal(RefusalCode::Closed));
    }
    let ways = ways(workflow, facts, request);
    if ways.is_empty() {
        return Err(refusal(RefusalCode::WrongStep));
    }
    let mine: Vec<Way> =
        ways.into_iter().filter(|(_, _, way)| way.by.iter().any(|post| who.posts.contains(post))).collect();
    let Some((first, _, _)) = mine.first() else {
        return Err(refusal(RefusalCode::NotYourRole));
    };
    if mine.iter().any(|(step, _, way)| step != first && !way.whole && !way.action.concerns_all()) {
        return Err(refusal(RefusalCode::NameTheStep));
    }
    choose(workflow, facts, request, who, &mine)
}

/// The transitions of the action at the active steps (or at the one named).
fn ways<'a>(workflow: &'a Workflow, facts: &'a Facts, request: &Request) -> Vec<Way<'a>> {
    facts
        .position
        .marking
        .iter()
        .filter(|step| request.step.as_ref().is_none_or(|named| named == *step))
        .flat_map(|step| workflow.transitions_at(step).map(move |(number, way)| (step, number, way)))
        .filter(|(_, _, way)| way.action == request.action)
        .collect()
}

/// The first way whose conditions hold; else the refusal that is nearest to allowed.
fn choose(
    workflow: &Workflow,
    facts: &Facts,
    request: &Request,
    who: &Who,
    ways: &[Way],
) -> Result<Decision, Refusal> {
    let mut nearest: Option<Refusal> = None;
    for (step, number, way) in ways {
        let Some(position) = advance(workflow, &facts.position, step, way) else {
            continue;
        };
        let conditions = conditions(workflow, &facts.position, &position, way);
        let failed: Vec<When> = conditions
            .into_iter()
            .filter(|when| !guard::failures(when, facts, request, who).is_empty())
            .collect();
        if failed.is_empty() {
            return Ok(decision(workflow, facts, step, *number, way, position));
        }
        let refused = guard_failed(&failed, facts, request, who);
        if nearest.as_ref().is_none_or(|other| refused.failed.len() < other.failed.len()) {
            nearest = Some(refused);
        }
    }
    Err(nearest.unwrap_or_else(|| refusal(RefusalCode::WrongStep)))
}

/// The conditions of a way, with the one that its targets imply: nothing enters a step
/// that requires payment while money is due.
fn conditions(workflow: &Workflow, before: &Position, after: &Position, way: &TransitionDef) -> Vec<When> {
    let mut conditions = way.when.clone();
    let pays = after
        .marking
        .iter()
        .filter(|id| !before.marking.contains(id))
        .any(|id| workflow.step(id).is_some_and(|step| step.requires_payment));
    let due = When::Is(Guard::NothingDue);
    if pays && !conditions.contains(&due) {
        conditions.push(due);
    }
    conditions
}

fn decision(
    workflow: &Workflow,
    facts: &Facts,
    step: &StepId,
    transition: usize,
    way: &TransitionDef,
    position: Position,
) -> Decision {
    let status = status(workflow, &position);
    let clock = moves::clock(workflow, &position);
    let clock_effect = moves::clock_effect(moves::clock(workflow, &facts.position), clock).map(|derived| {
        if way.effects.contains(&Effect::RestartClock) { Effect::RestartClock } else { derived }
    });
    let named = way.effects.iter().copied().filter(|e| !e.is_clock());
    let mut effects: Vec<Effect> = clock_effect.into_iter().chain(named).collect();
    if status != self::status(workflow, &facts.position) {
        for told in [Effect::NotifyApplicant, Effect::SyncNational] {
            if !effects.contains(&told) {
                effects.push(told);
            }
        }
    }
    Decision {
        transition,
        step: step.clone(),
        status,
        clock,
        effects,
        moved: position.marking != facts.position.marking,
        closed: workflow.is_closed(&position),
        position,
    }
}

/// The status at a position: that of its first step, since parallel branches agree.
pub fn status(workflow: &Workflow, position: &Position) -> DossierStatus {
    position
        .marking
        .first()
        .and_then(|id| workflow.step(id))
        .map_or(DossierStatus::Submitted, |step| step.status)
}

/// What a person may do with a dossier: [`decide`] for every action that the roles allow,
/// with the requests complete, so that a screen asks for reasons instead of hiding it.
pub fn available_actions(workflow: &Workflow, facts: &Facts, who: &Who) -> Vec<Available> {
    let mut seen = Vec::new();
    let mut found = Vec::new();
    for step in &facts.position.marking {
        for (_, way) in workflow.transitions_at(step) {
            let once = (way.action, (!way.whole).then_some(step));
            if seen.contains(&once) {
                continue;
            }
            seen.push(once);
            found.extend(available(workflow, facts, who, step, way.action));
        }
    }
    found
}

fn available(
    workflow: &Workflow,
    facts: &Facts,
    who: &Who,
    step: &StepId,
    action: Action,
) -> Option<Available> {
    let request = Request::complete(action).at(step.clone());
    let judged = decide(workflow, facts, &request, who);
    let (to, needs, refusal) = match judged {
        Ok(decision) => {
            let way = workflow.definition().transitions.get(decision.transition)?;
            (decision.position.marking, needs(way), None)
        }
        Err(refusal) if refusal.code == RefusalCode::GuardFailed => (Vec::new(), Vec::new(), Some(refusal)),
        Err(_) => return None,
    };
    Some(Available { action, step: step.clone(), to, allowed: refusal.is_none(), needs, refusal })
}

/// What the request for a way has to bring along.
fn needs(way: &TransitionDef) -> Vec<Guard> {
    Guard::ALL.iter().copied().filter(|guard| guard.is_input() && guard::demands(&way.when, *guard)).collect()
}

fn refusal(code: RefusalCode) -> Refusal {
    Refusal { code, failed: Vec::new(), vi: code.vi().to_owned(), en: code.en().to_owned() }
}

fn guard_failed(failed: &[When], facts: &Facts, request: &Request, who: &Who) -> Refusal {
    let code = RefusalCode::GuardFailed;
    let (vi, en): (Vec<_>, Vec<_>) = failed.iter().map(guard::say).unzip();
    let mut guards: Vec<Guard> =
        failed.iter().flat_map(|when| guard::failures(when, facts, request, who)).collect();
    guards.dedup();
    Refusal {
        code,
        failed: guards,
        vi: format!("{}: {}", code.vi(), vi.join("; ")),
        en: format!("{}: {}", code.en(), en.join("; ")),
    }
}
