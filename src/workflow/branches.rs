//! Parallel branches: every fork meets in one join, and no branch slips away.
use super::compile::Workflow;
use super::defect::{Defect, DefectCode};
use super::definition::{StepId, Target, TransitionDef};
use super::status::DossierStatus;
use super::vocabulary::ClockState;
use std::collections::BTreeSet;

pub(super) fn defects(workflow: &Workflow) -> Vec<Defect> {
    let mut found = Vec::new();
    let mut joined = BTreeSet::new();
    for (number, transition) in workflow.definition().transitions.iter().enumerate() {
        if transition.to.len() > 1 {
            let path = format!("/transitions/{number}");
            let own = fork_defects(workflow, transition, &mut joined);
            found.extend(own.into_iter().map(|d| d.within(&path)));
        }
    }
    for (number, step) in workflow.definition().steps.iter().enumerate() {
        if step.join && !joined.contains(&step.id) {
            let path = format!("/steps/{number}/join");
            found.push(Defect::new(DefectCode::JoinNotReached, path, &step.id));
        }
    }
    found
}

/// One branch: the steps it can be at before the join, and the joins it can reach.
struct Branch {
    steps: BTreeSet<StepId>,
    joins: BTreeSet<StepId>,
}

fn fork_defects(workflow: &Workflow, fork: &TransitionDef, joined: &mut BTreeSet<StepId>) -> Vec<Defect> {
    let mut found = Vec::new();
    let mut branches: Vec<Branch> = Vec::new();
    for (number, target) in fork.to.iter().enumerate() {
        let Target::Step(first) = target else {
            continue;
        };
        let path = format!("/to/{number}");
        let branch = walk(workflow, first, &path, &mut found);
        let overlaps = branches.iter().any(|other| !other.steps.is_disjoint(&branch.steps));
        let returns = fork.from.iter().any(|from| branch.steps.contains(from));
        if overlaps || returns {
            let code = DefectCode::BranchEscapes;
            found.push(Defect::new(code, path.clone(), first).via(vec![first.clone()]));
        }
        if branch.joins.is_empty() {
            found.push(Defect::new(DefectCode::ForkWithoutJoin, path, first));
        }
        branches.push(branch);
    }
    let joins: BTreeSet<StepId> = branches.iter().flat_map(|b| b.joins.clone()).collect();
    if joins.len() > 1 {
        let names: Vec<_> = joins.iter().map(StepId::as_str).collect();
        let code = DefectCode::ForkWithoutJoin;
        found.push(Defect::new(code, "/to", names.join(", ")));
    }
    let looks: BTreeSet<(DossierStatus, ClockState)> = branches
        .iter()
        .flat_map(|branch| &branch.steps)
        .filter_map(|id| workflow.step(id))
        .map(|step| (step.status, step.clock))
        .collect();
    if looks.len() > 1 {
        found.push(Defect::new(DefectCode::BranchDiffers, "/to", fork.action));
    }
    joined.extend(joins);
    found
}

/// Walks one branch from its first step to the join.
fn walk(workflow: &Workflow, first: &StepId, path: &str, found: &mut Vec<Defect>) -> Branch {
    let mut branch = Branch { steps: BTreeSet::new(), joins: BTreeSet::new() };
    let mut open = vec![vec![first.clone()]];
    while let Some(route) = open.pop() {
        let Some(id) = route.last().cloned() else {
            continue;
        };
        let Some(step) = workflow.step(&id) else {
            continue;
        };
        if step.join {
            branch.joins.insert(id);
            continue;
        }
        if step.status.is_terminal() {
            let code = DefectCode::BranchEscapes;
            found.push(Defect::new(code, path, &id).via(route));
            continue;
        }
        if !branch.steps.insert(id.clone()) {
            continue;
        }
        for (_, way) in workflow.transitions_at(&id).filter(|(_, way)| !way.whole) {
            if way.to.len() > 1 {
                let code = DefectCode::NestedFork;
                found.push(Defect::new(code, path, &id).via(route.clone()));
                continue;
            }
            open.extend(way.to.iter().filter_map(|target| match target {
                Target::Step(next) => Some([route.clone(), vec![next.clone()]].concat()),
                Target::Back => None,
            }));
        }
    }
    branch
}
