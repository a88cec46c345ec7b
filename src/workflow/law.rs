//! The third check: what the field demands of every workflow.
use super::compile::Workflow;
use super::defect::{Defect, DefectCode};
use super::definition::{StepDef, StepId, Target, TransitionDef};
use super::guard::demands;
use super::status::DossierStatus;
use super::vocabulary::{Action, Effect, Guard, Role};

pub(super) fn defects(workflow: &Workflow) -> Vec<Defect> {
    let mut found = Vec::new();
    for (number, way) in workflow.definition().transitions.iter().enumerate() {
        let path = format!("/transitions/{number}");
        let own = [
            reasons(way),
            supplement_count(way),
            second_supplement(way),
            recall(way),
            extension(way),
            finish(workflow, way),
            opinion(workflow, way),
        ];
        found.extend(own.into_iter().flatten().map(|d| d.within(&path)));
    }
    for (number, step) in workflow.definition().steps.iter().enumerate() {
        let path = format!("/steps/{number}");
        found.extend(withdraw(workflow, step).map(|d| d.within(&path)));
        found.extend(presence(workflow, step).into_iter().map(|d| d.within(&path)));
    }
    found
}

/// Nobody is sent away without being told why.
fn reasons(way: &TransitionDef) -> Option<Defect> {
    let told = demands(&way.when, Guard::ReasonsGiven) && way.effects.contains(&Effect::RecordReasons);
    (way.action.needs_reasons() && !told).then(|| Defect::new(DefectCode::ReasonsNotDemanded, "", way.action))
}

fn supplement_count(way: &TransitionDef) -> Option<Defect> {
    let counted = way.effects.contains(&Effect::CountSupplement);
    (way.action == Action::RequestSupplement && !counted)
        .then(|| Defect::new(DefectCode::SupplementNotCounted, "/do", way.action))
}

/// One request for papers is the official's; another one is the leader's.
fn second_supplement(way: &TransitionDef) -> Option<Defect> {
    let first_only = demands(&way.when, Guard::FirstSupplement);
    let junior = way.by.iter().find(|post| post.role != Role::Leader)?;
    (way.action == Action::RequestSupplement && !first_only)
        .then(|| Defect::new(DefectCode::SecondSupplementWithoutLeader, "/by", junior.role))
}

fn recall(way: &TransitionDef) -> Option<Defect> {
    (way.action == Action::Recall && !demands(&way.when, Guard::JustSent))
        .then(|| Defect::new(DefectCode::RecallUnguarded, "/when", way.action))
}

fn extension(way: &TransitionDef) -> Option<Defect> {
    let appointed = demands(&way.when, Guard::AppointmentGiven) && way.effects.contains(&Effect::SetNewDue);
    (way.action == Action::Extend && !appointed)
        .then(|| Defect::new(DefectCode::ExtendUnguarded, "", way.action))
}

/// What comes to the desk as done has its result with it.
fn finish(workflow: &Workflow, way: &TransitionDef) -> Option<Defect> {
    let status = |id: &StepId| workflow.step(id).map(|step| step.status);
    let arrives = way.to.iter().any(|target| match target {
        Target::Step(id) => status(id) == Some(DossierStatus::Done),
        Target::Back => false,
    });
    let was_done = way.from.iter().all(|id| status(id) == Some(DossierStatus::Done));
    let in_hand = demands(&way.when, Guard::ResultAttached) || way.effects.contains(&Effect::AttachResult);
    (arrives && !was_done && !in_hand).then(|| Defect::new(DefectCode::FinishWithoutResult, "", way.action))
}

/// An opinion asked for is opened, and can be given where the dossier then lies.
fn opinion(workflow: &Workflow, way: &TransitionDef) -> Option<Defect> {
    if way.action != Action::RequestOpinion {
        return None;
    }
    let places: Vec<&StepId> = match way.to.as_slice() {
        [] => way.from.iter().collect(),
        targets => targets
            .iter()
            .filter_map(|target| match target {
                Target::Step(id) => Some(id),
                Target::Back => None,
            })
            .collect(),
    };
    let answerable = places.iter().any(|id| {
        workflow.transitions_at(id).any(|(_, answer)| {
            answer.action == Action::GiveOpinion && answer.effects.contains(&Effect::CloseOpinion)
        })
    });
    let opened = way.effects.contains(&Effect::OpenOpinion);
    (!answerable || !opened).then(|| Defect::new(DefectCode::OpinionUnanswerable, "", way.action))
}

/// The applicant can withdraw what was just filed, and whatever lies with the applicant.
fn withdraw(workflow: &Workflow, step: &StepDef) -> Option<Defect> {
    let with_applicant = step.holder.is_some_and(|holder| holder.role == Role::Applicant);
    if !with_applicant && step.id != *workflow.start() {
        return None;
    }
    let can = workflow.transitions_at(&step.id).any(|(_, way)| {
        way.action == Action::Withdraw && way.by.iter().any(|post| post.role == Role::Applicant)
    });
    (!can).then(|| Defect::new(DefectCode::NoWithdraw, "", &step.id))
}

/// Where somebody must come, it is recorded, and nothing passes without the record.
fn presence(workflow: &Workflow, step: &StepDef) -> Vec<Defect> {
    if !step.presence {
        return Vec::new();
    }
    let mut found = Vec::new();
    let records = |way: &TransitionDef| {
        way.action == Action::RecordPresence && way.effects.contains(&Effect::RecordPresence)
    };
    if !workflow.transitions_at(&step.id).any(|(_, way)| records(way)) {
        found.push(Defect::new(DefectCode::PresenceUnrecordable, "", &step.id));
    }
    for (_, way) in workflow.transitions_at(&step.id) {
        let passes = !way.to.is_empty() && !way.action.turns_aside();
        if passes && !demands(&way.when, Guard::PresenceRecorded) {
            let route = vec![step.id.clone()];
            found.push(Defect::new(DefectCode::PresencePassed, "", way.action).via(route));
        }
    }
    found
}
