//! How a position changes. The one place that knows forks, joins and ways back.
use super::compile::Workflow;
use super::definition::{StepId, Target, TransitionDef};
use super::facts::Position;
use super::vocabulary::{ClockState, Effect};
use std::collections::BTreeMap;

/// The position after a transition of `step`; none if a way back leads nowhere.
pub(super) fn advance(
    workflow: &Workflow,
    position: &Position,
    step: &StepId,
    transition: &TransitionDef,
) -> Option<Position> {
    if transition.to.is_empty() {
        return Some(position.clone());
    }
    let (leaving, staying): (Vec<_>, Vec<_>) =
        position.marking.iter().cloned().partition(|active| transition.whole || active == step);
    let mut next = position.clone();
    if transition.to.contains(&Target::Back) {
        let origin = next.came_from.remove(step)?;
        next.marking = [staying, origin].concat();
    } else {
        enter(workflow, &mut next, step, transition, leaving, staying);
    }
    tidy(workflow, &mut next);
    Some(next)
}

/// Moves to the named steps of a transition.
fn enter(
    workflow: &Workflow,
    next: &mut Position,
    step: &StepId,
    transition: &TransitionDef,
    leaving: Vec<StepId>,
    staying: Vec<StepId>,
) {
    let targets: Vec<StepId> = transition
        .to
        .iter()
        .filter_map(|target| match target {
            Target::Step(id) => Some(id.clone()),
            Target::Back => None,
        })
        .collect();
    let joins = targets.iter().any(|id| workflow.step(id).is_some_and(|step| step.join));
    if joins && !staying.is_empty() {
        next.arrived.push(step.clone());
        next.marking = staying;
        return;
    }
    let aside = targets.iter().any(|id| workflow.is_detour(id));
    if joins || targets.len() > 1 || (transition.whole && !aside) {
        next.arrived.clear();
    }
    for target in targets.iter().filter(|id| workflow.is_detour(id)) {
        next.came_from.insert(target.clone(), leaving.clone());
    }
    next.marking = [staying, targets].concat();
}

/// Puts the steps in the order of the definition and forgets origins that no way back
/// can need any more.
fn tidy(workflow: &Workflow, next: &mut Position) {
    for steps in [&mut next.marking, &mut next.arrived] {
        steps.sort_by_key(|id| workflow.place(id));
        steps.dedup();
    }
    if workflow.is_closed(next) {
        next.came_from.clear();
        next.arrived.clear();
        return;
    }
    let mut open = next.marking.clone();
    let mut kept = BTreeMap::new();
    while let Some(step) = open.pop() {
        if let Some(origin) = next.came_from.remove(&step) {
            open.extend(origin.iter().cloned());
            kept.insert(step, origin);
        }
    }
    next.came_from = kept;
}

/// The clock at a position: that of its first step, since parallel branches agree.
pub(super) fn clock(workflow: &Workflow, position: &Position) -> ClockState {
    position.marking.first().and_then(|id| workflow.step(id)).map_or(ClockState::Stopped, |step| step.clock)
}

/// What happens to the clock between two steps.
pub(super) fn clock_effect(before: ClockState, after: ClockState) -> Option<Effect> {
    use ClockState::{NotStarted, Paused, Running, Stopped};
    match (before, after) {
        (NotStarted, Running) => Some(Effect::StartClock),
        (Running, Paused) => Some(Effect::PauseClock),
        (Paused | Stopped, Running) => Some(Effect::ResumeClock),
        (Running | Paused, Stopped) => Some(Effect::StopClock),
        _ => None,
    }
}
