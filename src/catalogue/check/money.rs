//! Fees: one valid rate on every day and channel, and a workflow that collects them.
use super::{identity::reversed, reliefs};
use crate::catalogue::condition::Cond;
use crate::catalogue::definition::ProcedureDef;
use crate::catalogue::fee_def::{FeeDef, RateDef, RateRule, Tier};
use crate::catalogue::form::Form;
use crate::workflow::{Channel, Defect, DefectCode, Effect, Guard, Target, When, Workflow};
use jiff::civil::Date;
use serde_json::Value;

pub(super) fn defects(def: &ProcedureDef) -> Vec<Defect> {
    let mut found = Vec::new();
    for (number, fee) in def.fees.iter().enumerate() {
        let path = format!("/fees/{number}");
        let own = [rate_defects(fee), overlaps(fee), reliefs::defects(fee), holes(def, fee)].concat();
        found.extend(own.into_iter().map(|d| d.within(&path)));
    }
    found
}

fn rate_defects(fee: &FeeDef) -> Vec<Defect> {
    let mut found = Vec::new();
    for (number, rate) in fee.rates.iter().enumerate() {
        let path = format!("/rates/{number}");
        found.extend(reversed(rate.from, rate.to, &format!("{path}/to")));
        if !is_valid(&rate.rule) {
            let place = format!("{path}/rule");
            found.push(Defect::new(DefectCode::BadRate, place, &fee.code));
        }
    }
    found
}

fn is_valid(rule: &RateRule) -> bool {
    let not_negative = |cap: &Option<i64>| cap.is_none_or(|cap| cap >= 0);
    match rule {
        RateRule::Fixed { amount } | RateRule::PerUnit { amount, .. } => *amount >= 0,
        RateRule::Tiers { tiers, cap, .. } => not_negative(cap) && are_gapless(tiers),
        RateRule::Percent { basis_points, cap, .. } => {
            not_negative(cap) && (0..=10_000).contains(basis_points)
        }
    }
}

/// From unit 1 on, without hole or overlap, to all that follow.
fn are_gapless(tiers: &[Tier]) -> bool {
    let mut next = Some(1);
    for tier in tiers {
        if next != Some(tier.from) || tier.amount < 0 || tier.to.is_some_and(|to| to < tier.from) {
            return false;
        }
        next = tier.to.and_then(|to| to.checked_add(1));
    }
    tiers.last().is_some_and(|last| last.to.is_none())
}

/// Two rates that would both apply on a day of a channel; the pair is named.
fn overlaps(fee: &FeeDef) -> Vec<Defect> {
    let mut found = Vec::new();
    for (number, later) in fee.rates.iter().enumerate() {
        let meets = |earlier: &RateDef| {
            earlier.channel == later.channel
                && days_meet((Some(earlier.from), earlier.to), (Some(later.from), later.to))
        };
        if let Some(other) = fee.rates.iter().take(number).position(meets) {
            let pair = format!("{}: /rates/{other} ↔ /rates/{number}", fee.code);
            found.push(Defect::new(DefectCode::OverlappingRates, format!("/rates/{number}"), pair));
        }
    }
    found
}

/// A first and a last day; none = without end on that side.
pub(super) type Days = (Option<Date>, Option<Date>);

/// Is there a day in both?
pub(super) fn days_meet(a: Days, b: Days) -> bool {
    let begins_in_time = |first: Option<Date>, last: Option<Date>| match (first, last) {
        (Some(first), Some(last)) => first <= last,
        _ => true,
    };
    begins_in_time(a.0, b.1) && begins_in_time(b.0, a.1)
}

/// A day on which the version takes filings and no rate applies: its first day, or the
/// day after a rate ends.
fn holes(def: &ProcedureDef, fee: &FeeDef) -> Vec<Defect> {
    let ends = fee.rates.iter().filter_map(|rate| rate.to?.tomorrow().ok());
    let days = std::iter::once(def.effective_from)
        .chain(ends)
        .filter(|day| *day >= def.effective_from)
        .filter(|day| def.effective_to.is_none_or(|last| *day <= last));
    let mut found = Vec::new();
    for day in days {
        for channel in def.channels.iter().copied() {
            let excluded = fee.when.as_ref().is_some_and(|when| excludes(when, channel));
            if !excluded && !fee.rates.iter().any(|rate| applies(rate, day, channel)) {
                let what = format!("{} {day} {channel}", fee.code);
                found.push(Defect::new(DefectCode::RateMissing, "/rates", what));
            }
        }
    }
    found
}

fn applies(rate: &RateDef, day: Date, channel: Channel) -> bool {
    rate.covers(day) && rate.channel.is_none_or(|only| only == channel)
}

/// The condition can never hold on this channel.
fn excludes(cond: &Cond, channel: Channel) -> bool {
    match cond {
        Cond::Channel(only) => *only != channel,
        Cond::Not(inner) => matches!(**inner, Cond::Channel(other) if other == channel),
        Cond::All(conds) => conds.iter().any(|cond| excludes(cond, channel)),
        Cond::Any(conds) => conds.iter().all(|cond| excludes(cond, channel)),
        _ => false,
    }
}

/// The fields that rates count by are whole numbers of the form, there and not negative.
pub(super) fn field_defects(def: &ProcedureDef, form: &Form) -> Vec<Defect> {
    let mut found = Vec::new();
    for (number, fee) in def.fees.iter().enumerate() {
        for (place, rate) in fee.rates.iter().enumerate() {
            for (key, field) in rate.rule.counted() {
                let path = format!("/fees/{number}/rates/{place}/rule/{key}");
                if let Some(code) = quantity_defect(fee, form, field) {
                    found.push(Defect::new(code, path, field));
                }
            }
        }
    }
    found
}

fn quantity_defect(fee: &FeeDef, form: &Form, field: &str) -> Option<DefectCode> {
    let Some(schema) = form.field(field) else {
        return Some(DefectCode::UnknownField);
    };
    if schema.get("type").and_then(Value::as_str) != Some("integer") {
        return Some(DefectCode::WrongFieldType);
    }
    let least = schema.get("minimum").and_then(Value::as_i64);
    let there = fee.when.is_some() || form.demands(field);
    (!there || least.is_none_or(|least| least < 0)).then_some(DefectCode::QuantityUnsure)
}

/// A rate that can come to more than nothing.
pub(super) fn costs(rule: &RateRule) -> bool {
    match rule {
        RateRule::Fixed { amount } | RateRule::PerUnit { amount, .. } => *amount > 0,
        RateRule::Tiers { tiers, .. } => tiers.iter().any(|tier| tier.amount > 0),
        RateRule::Percent { basis_points, .. } => *basis_points > 0,
    }
}

/// What costs money is computed, and something waits for the money.
pub(super) fn collection_defects(def: &ProcedureDef, workflow: &Workflow) -> Vec<Defect> {
    let costly = |fee: &&FeeDef| fee.rates.iter().any(|rate| costs(&rate.rule));
    let Some(fee) = def.fees.iter().find(costly) else {
        return Vec::new();
    };
    let written = workflow.definition();
    let computed = written.transitions.iter().any(|way| way.effects.contains(&Effect::ComputeFees));
    let waits = written.steps.iter().any(|step| step.requires_payment)
        || written.transitions.iter().any(|way| {
            let leads = way.to.iter().any(|to| matches!(to, Target::Step(_)));
            leads && way.when.contains(&When::Is(Guard::NothingDue))
        });
    if computed && waits {
        return Vec::new();
    }
    let code = DefectCode::FeeNeverCollected;
    vec![Defect::new(code, "/workflow", &fee.code)]
}
