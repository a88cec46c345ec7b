//! Service levels: "full" and "partial" are found, not claimed (NĐ 42/2022/NĐ-CP Điều 11).
use super::identity::reversed;
use super::money::costs;
use crate::catalogue::definition::{ProcedureDef, Required, ServiceLevel, ServiceLevelDef};
use crate::catalogue::documents::can_be_given_online;
use crate::workflow::{Action, Channel, Defect, DefectCode, Effect, Role, StepId, TransitionDef, Workflow};

pub(super) fn defects(def: &ProcedureDef, workflow: &Workflow) -> Vec<Defect> {
    let mut found = named_steps(def, workflow);
    for (number, claim) in def.service_levels.iter().enumerate() {
        let path = format!("/service_levels/{number}");
        let own = claim_defects(def, workflow, number, claim);
        found.extend(own.into_iter().map(|d| d.within(&path)));
    }
    for (number, level) in def.levels.iter().enumerate() {
        if !def.service_levels.iter().any(|claim| claim.level == *level) {
            let path = format!("/levels/{number}");
            found.push(Defect::new(DefectCode::ServiceLevelMissing, path, level));
        }
    }
    found
}

/// Presence steps of the workflow and those that the procedure names are the same.
fn named_steps(def: &ProcedureDef, workflow: &Workflow) -> Vec<Defect> {
    let mut found = Vec::new();
    for step in presence_steps(workflow) {
        if !def.presence_steps.iter().any(|named| named.step == *step) {
            let code = DefectCode::PresenceUnnamed;
            found.push(Defect::new(code, "/presence_steps", step).via(vec![step.clone()]));
        }
    }
    for (number, named) in def.presence_steps.iter().enumerate() {
        if !presence_steps(workflow).any(|step| *step == named.step) {
            let path = format!("/presence_steps/{number}/step");
            found.push(Defect::new(DefectCode::PresenceUnknown, path, &named.step));
        }
    }
    found
}

fn presence_steps(workflow: &Workflow) -> impl Iterator<Item = &StepId> {
    let steps = workflow.definition().steps.iter();
    steps.filter(|step| step.presence).map(|step| &step.id)
}

fn claim_defects(
    def: &ProcedureDef,
    workflow: &Workflow,
    number: usize,
    claim: &ServiceLevelDef,
) -> Vec<Defect> {
    let mut found: Vec<Defect> = reversed(claim.from, claim.to, "/to").into_iter().collect();
    if !def.levels.contains(&claim.level) {
        let code = DefectCode::ServiceLevelForeign;
        found.push(Defect::new(code, "/level", claim.level));
    }
    let meets = |earlier: &ServiceLevelDef| {
        earlier.level == claim.level
            && claim.to.is_none_or(|last| earlier.from <= last)
            && earlier.to.is_none_or(|last| claim.from <= last)
    };
    if def.service_levels.iter().take(number).any(meets) {
        let code = DefectCode::ServiceLevelOverlap;
        found.push(Defect::new(code, "/from", claim.level));
    }
    let over = claim.to.is_some_and(|last| last < def.effective_from);
    if !over {
        let own = truth_defects(def, workflow, claim.service_level);
        found.extend(own.into_iter().map(|d| d.within("/service_level")));
    }
    found
}

/// Does the procedure keep what its service level says?
fn truth_defects(def: &ProcedureDef, workflow: &Workflow, claim: ServiceLevel) -> Vec<Defect> {
    let online = def.channels.contains(&Channel::Online);
    let plain = |code| vec![Defect::new(code, "", &def.code)];
    match claim {
        ServiceLevel::Full => why_not_full(def, workflow),
        ServiceLevel::Partial if !online => plain(DefectCode::PartialNotOnline),
        ServiceLevel::Partial if why_not_full(def, workflow).is_empty() => plain(DefectCode::PresenceUnnamed),
        ServiceLevel::Information if online => plain(DefectCode::InformationButOnline),
        ServiceLevel::Partial | ServiceLevel::Information => Vec::new(),
    }
}

/// Everything that keeps a procedure from being done wholly on the net.
fn why_not_full(def: &ProcedureDef, workflow: &Workflow) -> Vec<Defect> {
    let mut found: Vec<Defect> = presence_steps(workflow)
        .map(|step| {
            let defect = Defect::new(DefectCode::FullNeedsPresence, "", step);
            defect.via(route_to(workflow, step))
        })
        .collect();
    if !def.channels.contains(&Channel::Online) {
        found.push(Defect::new(DefectCode::FullNotOnline, "", &def.code));
    }
    let sent = [Channel::Online, Channel::Post];
    if !def.return_channels.iter().any(|way| sent.contains(way)) {
        found.push(Defect::new(DefectCode::FullNotReturned, "", &def.code));
    }
    let ways = &workflow.definition().transitions;
    let costly = def.fees.iter().find(|fee| {
        let online = |only: Option<Channel>| only.is_none_or(|only| only == Channel::Online);
        fee.rates.iter().any(|rate| online(rate.channel) && costs(&rate.rule))
    });
    if let Some(fee) = costly.filter(|_| !ways.iter().any(is_paid_online)) {
        found.push(Defect::new(DefectCode::FullNotPaidOnline, "", &fee.code));
    }
    for document in &def.documents {
        if document.required != Required::Optional && !can_be_given_online(document) {
            let code = DefectCode::FullPaperDocument;
            found.push(Defect::new(code, "", &document.code));
        }
    }
    found
}

/// The gateway, not a cashier, brings the news of the money.
fn is_paid_online(way: &TransitionDef) -> bool {
    way.effects.contains(&Effect::OpenPayment)
        || way.action == Action::ConfirmPayment && way.by.iter().any(|post| post.role == Role::System)
}

/// A shortest way of a dossier from filing to a step.
fn route_to(workflow: &Workflow, goal: &StepId) -> Vec<StepId> {
    workflow.route_to(goal).unwrap_or_else(|| vec![goal.clone()])
}
