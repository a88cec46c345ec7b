//! Exemptions and reductions: sound figures, and never two for the same people on one day.
use std::collections::BTreeSet;

use super::conditions::exclude;
use super::identity::reversed;
use super::money::{Days, days_meet};
use crate::catalogue::condition::{Cond, Subject};
use crate::catalogue::fee_def::{FeeDef, ReductionRule};
use crate::workflow::{Defect, DefectCode};

/// An exemption or a reduction, as far as it can meet another one.
struct Relief<'a> {
    days: Days,
    when: Option<&'a Cond>,
}

pub(super) fn defects(fee: &FeeDef) -> Vec<Defect> {
    let mut found = Vec::new();
    for (number, exemption) in fee.exemptions.iter().enumerate() {
        let path = format!("/exemptions/{number}/to");
        found.extend(exemption.from.and_then(|from| reversed(from, exemption.to, &path)));
    }
    for (number, reduction) in fee.reductions.iter().enumerate() {
        found.extend(reversed(reduction.from, reduction.to, &format!("/reductions/{number}/to")));
        let sound = match &reduction.rule {
            ReductionRule::Percent { basis_points } => (1..=10_000).contains(basis_points),
            ReductionRule::Amount { amount } => *amount > 0,
        };
        if !sound {
            let place = format!("/reductions/{number}/rule");
            found.push(Defect::new(DefectCode::BadReduction, place, &fee.code));
        }
    }
    let exemptions = fee.exemptions.iter().map(|e| Relief { days: (e.from, e.to), when: Some(&e.when) });
    let reductions =
        fee.reductions.iter().map(|r| Relief { days: (Some(r.from), r.to), when: r.when.as_ref() });
    found.extend(pairs(fee, "exemptions", &exemptions.collect::<Vec<_>>()));
    found.extend(pairs(fee, "reductions", &reductions.collect::<Vec<_>>()));
    found
}

/// Every later one that meets an earlier one; the pair is named.
fn pairs(fee: &FeeDef, list: &str, reliefs: &[Relief]) -> Vec<Defect> {
    let mut found = Vec::new();
    for (number, later) in reliefs.iter().enumerate() {
        if let Some(other) = reliefs.iter().take(number).position(|earlier| meet(earlier, later)) {
            let pair = format!("{}: /{list}/{other} ↔ /{list}/{number}", fee.code);
            let place = format!("/{list}/{number}");
            found.push(Defect::new(DefectCode::OverlappingReliefs, place, pair));
        }
    }
    found
}

/// May both apply to the same people on one day and channel? Who belongs to two groups has
/// both, by law; two rules for one group (or for everybody) contradict one another.
fn meet(a: &Relief, b: &Relief) -> bool {
    let (people, others) = (subjects(a.when), subjects(b.when));
    let same_people = if people.is_empty() { others.is_empty() } else { !people.is_disjoint(&others) };
    same_people && days_meet(a.days, b.days) && !at_odds(a.when, b.when)
}

/// The groups that a condition speaks of.
fn subjects(cond: Option<&Cond>) -> BTreeSet<Subject> {
    let parts = cond.map(Cond::parts).unwrap_or_default();
    parts
        .into_iter()
        .filter_map(|part| match part {
            Cond::Subject(subject) => Some(*subject),
            _ => None,
        })
        .collect()
}

/// Some part of one excludes some part of the other.
fn at_odds(a: Option<&Cond>, b: Option<&Cond>) -> bool {
    let (a, b) = (conjuncts(a), conjuncts(b));
    a.iter().any(|x| b.iter().any(|y| exclude(x, y) || exclude(y, x)))
}

/// What must hold for the condition to hold.
fn conjuncts(cond: Option<&Cond>) -> Vec<&Cond> {
    match cond {
        Some(Cond::All(conds)) => conds.iter().flat_map(|inner| conjuncts(Some(inner))).collect(),
        Some(cond) => vec![cond],
        None => Vec::new(),
    }
}
