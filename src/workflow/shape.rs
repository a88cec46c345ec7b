//! The first check: names, posts and targets, one by one.
use super::defect::{Defect, DefectCode};
use super::definition::{Post, StepDef, StepId, Target, TransitionDef, WorkflowDef};
use super::guard;
use super::vocabulary::Role;
use std::collections::BTreeSet;

pub(super) fn defects(def: &WorkflowDef) -> Vec<Defect> {
    let known: BTreeSet<&StepId> = def.steps.iter().map(|step| &step.id).collect();
    let mut found = Vec::new();
    if !is_snake_case(&def.id) {
        found.push(Defect::new(DefectCode::BadName, "/id", &def.id));
    }
    if !known.contains(&def.start) {
        found.push(Defect::new(DefectCode::UnknownStep, "/start", &def.start));
    }
    let mut seen = BTreeSet::new();
    for (number, step) in def.steps.iter().enumerate() {
        let path = format!("/steps/{number}");
        if !seen.insert(&step.id) {
            found.push(Defect::new(DefectCode::DuplicateStep, path.clone(), &step.id));
        }
        found.extend(step_defects(step).into_iter().map(|d| d.within(&path)));
    }
    for (number, transition) in def.transitions.iter().enumerate() {
        let path = format!("/transitions/{number}");
        let own = transition_defects(def, &known, transition);
        found.extend(own.into_iter().map(|d| d.within(&path)));
    }
    found.extend(ambiguities(def));
    found
}

/// `snake_case`: the shape of every name that people write into a definition.
pub(crate) fn is_snake_case(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn step_defects(step: &StepDef) -> Vec<Defect> {
    let mut found = Vec::new();
    if !is_snake_case(step.id.as_str()) {
        found.push(Defect::new(DefectCode::BadName, "/id", &step.id));
    }
    match &step.holder {
        None if !step.status.is_terminal() => {
            let code = DefectCode::StepWithoutHolder;
            found.push(Defect::new(code, "/holder", &step.id));
        }
        Some(_) if step.status.is_terminal() => {
            found.push(Defect::new(DefectCode::TerminalHeld, "/holder", &step.id));
        }
        Some(post) => found.extend(post_defect(post, "/holder")),
        None => {}
    }
    found
}

/// Officials act for an agency; the applicant and the system do not.
fn post_defect(post: &Post, path: &str) -> Option<Defect> {
    let alone = matches!(post.role, Role::Applicant | Role::System);
    (alone == post.unit.is_some()).then(|| Defect::new(DefectCode::BadPost, path, post.role))
}

fn transition_defects(
    def: &WorkflowDef,
    known: &BTreeSet<&StepId>,
    transition: &TransitionDef,
) -> Vec<Defect> {
    let mut found = Vec::new();
    let action = transition.action;
    if transition.from.is_empty() {
        found.push(Defect::new(DefectCode::NoFrom, "/from", action));
    }
    if transition.by.is_empty() {
        found.push(Defect::new(DefectCode::NobodyMay, "/by", action));
    }
    for (number, post) in transition.by.iter().enumerate() {
        found.extend(post_defect(post, &format!("/by/{number}")));
    }
    if guard::contradictory(&transition.when) {
        found.push(Defect::new(DefectCode::ContradictoryGuards, "/when", action));
    }
    for (number, from) in transition.from.iter().enumerate() {
        let path = format!("/from/{number}");
        match def.steps.iter().find(|step| step.id == *from) {
            None => found.push(Defect::new(DefectCode::UnknownStep, path, from)),
            Some(step) if step.status.is_terminal() => {
                found.push(Defect::new(DefectCode::TerminalWithExit, path, from));
            }
            Some(_) => {}
        }
    }
    for (number, target) in transition.to.iter().enumerate() {
        let path = format!("/to/{number}");
        match target {
            Target::Step(id) if !known.contains(id) => {
                found.push(Defect::new(DefectCode::UnknownStep, path, id));
            }
            Target::Back if transition.to.len() > 1 => {
                found.push(Defect::new(DefectCode::BackToNowhere, path, action));
            }
            _ => {}
        }
    }
    found
}

/// Two transitions of one step and action that one post may both mean.
fn ambiguities(def: &WorkflowDef) -> Vec<Defect> {
    let mut found = Vec::new();
    for (number, later) in def.transitions.iter().enumerate() {
        for earlier in def.transitions.iter().take(number) {
            let shared = later.from.iter().find(|from| earlier.from.contains(from));
            let Some(step) = shared.filter(|_| earlier.action == later.action) else {
                continue;
            };
            let same_post = later.by.iter().any(|post| earlier.by.contains(post));
            if same_post && !guard::exclude_each_other(&earlier.when, &later.when) {
                let path = format!("/transitions/{number}");
                let what = format!("{} @ {step}", later.action);
                found.push(Defect::new(DefectCode::AmbiguousTransition, path, what));
            }
        }
    }
    found
}
