//! PURE: who pays nothing, and who pays less.
use super::condition::Filing;
use super::fee_def::{FeeDef, ReductionDef, ReductionRule};
use super::rule_words::{Cited, sentence};
use super::tariff::{FeeLine, base, percent};

/// Parts of a whole, as basis points count them.
const WHOLE: i64 = 10_000;

/// The line of a fee that the filing is spared; the first exemption that applies says why.
pub(super) fn spared(place: &str, fee: &FeeDef, filing: &Filing) -> Option<FeeLine> {
    let applies = |(_, spared): &(usize, &_)| exempts(spared, filing);
    let (number, exemption) = fee.exemptions.iter().enumerate().find(applies)?;
    let cited = Cited {
        legal_basis: &exemption.legal_basis,
        clause: exemption.clause.as_ref(),
        from: exemption.from,
        to: exemption.to,
        channel: None,
    };
    let name = &exemption.name;
    let told = sentence((format!("Miễn: {name}"), format!("Exempt: {name}")), &cited);
    Some(base(fee, 0, told, &format!("{place}/exemptions/{number}"), &cited))
}

fn exempts(exemption: &super::fee_def::ExemptionDef, filing: &Filing) -> bool {
    exemption.covers(filing.date) && exemption.when.holds(filing)
}

/// What is owed after the reduction that leaves the least; of equal ones the first.
pub(super) fn reduced(place: &str, fee: &FeeDef, filing: &Filing, owed: FeeLine) -> FeeLine {
    let applies = |reduction: &ReductionDef| {
        reduction.covers(filing.date) && reduction.when.as_ref().is_none_or(|when| when.holds(filing))
    };
    let all = fee.reductions.iter().enumerate().filter(|(_, reduction)| applies(reduction));
    let least = all.map(|(number, one)| (left(owed.amount, &one.rule), number, one));
    match least.min_by_key(|(left, number, _)| (*left, *number)) {
        Some((amount, number, reduction)) if amount < owed.amount => {
            less(owed, amount, &format!("{place}/reductions/{number}"), reduction)
        }
        _ => owed,
    }
}

fn less(owed: FeeLine, amount: i64, pointer: &str, reduction: &ReductionDef) -> FeeLine {
    let cited = Cited {
        legal_basis: &reduction.legal_basis,
        clause: reduction.clause.as_ref(),
        from: Some(reduction.from),
        to: reduction.to,
        channel: None,
    };
    let off = match &reduction.rule {
        ReductionRule::Percent { basis_points } => format!("{}%", percent(*basis_points)),
        ReductionRule::Amount { amount } => format!("{amount} đồng"),
    };
    let name = &reduction.name;
    let told = (format!("giảm {off}: {name}"), format!("reduced by {off}: {name}"));
    let (vi, en) = sentence(told, &cited);
    let mut rules = owed.rules;
    rules.push(cited.applied(pointer.to_owned(), amount));
    FeeLine {
        amount,
        explanation_vi: format!("{}; {vi}; còn {amount} đồng", owed.explanation_vi),
        explanation_en: format!("{}; {en}; {amount} đồng left", owed.explanation_en),
        legal_basis: format!("{}; {}", owed.legal_basis, reduction.legal_basis),
        rules,
        ..owed
    }
}

/// What is left to pay of an amount, rounded down to whole đồng; never less than nothing.
fn left(amount: i64, rule: &ReductionRule) -> i64 {
    match rule {
        // Whole parts and the rest apart, so that no product is too large; exact all the same.
        ReductionRule::Percent { basis_points } => {
            let kept = WHOLE - basis_points;
            amount / WHOLE * kept + amount % WHOLE * kept / WHOLE
        }
        ReductionRule::Amount { amount: off } => (amount - off).max(0),
    }
}
