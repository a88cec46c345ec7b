//! PURE: what a filing costs. Money is whole đồng; every step is checked arithmetic.
//!
//! An exemption comes before everything; else the one rate of the day and channel gives the
//! amount, and the reduction that leaves the least takes off its part. Rounding: a percentage
//! of a value is rounded down to whole đồng before its cap, and so is what a reduction by a
//! percentage leaves to pay; nothing else is ever rounded.
use super::condition::Filing;
use super::fee_def::{Collect, FeeDef, FeeKind, RateDef, RateRule, Tier};
use super::relief::{reduced, spared};
use super::rule_words::{Cited, sentence};
use serde::Serialize;

/// One line of a fee notice, with its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FeeLine {
    /// Code of the fee.
    pub code: String,
    /// What people read.
    pub name: String,
    /// "Phí" or "lệ phí".
    pub kind: FeeKind,
    /// In đồng, never negative.
    pub amount: i64,
    /// How it came about, in Vietnamese.
    pub explanation_vi: String,
    /// How it came about, in English.
    pub explanation_en: String,
    /// The document that sets (or spares) it.
    pub legal_basis: String,
    /// Goes back when the work never began.
    pub refundable: bool,
    /// When it is collected.
    pub collect: Collect,
    /// The rules that made the amount, in the order in which they did.
    pub rules: Vec<AppliedRule>,
}

/// A rule of the published definition that had a part in an amount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = AppliedFeeRule)]
pub struct AppliedRule {
    /// JSON Pointer to it in the definition, e.g. `/fees/0/rates/1`.
    pub pointer: String,
    /// The document.
    pub legal_basis: String,
    /// The clause of that document; absent where the definition does not name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
    /// What is owed after it, in đồng.
    #[schema(minimum = 0)]
    pub amount: i64,
}

/// Why a fee cannot be computed. A published procedure can still meet the ones about
/// answers; those about rates are refused at publishing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuoteError {
    /// No rate on this day and channel.
    #[error("fee {0}: no rate applies")]
    NoRate(String),
    /// Two rates on this day and channel.
    #[error("fee {0}: two rates apply")]
    TwoRates(String),
    /// The answer that a rate counts by is missing, no whole number, or negative.
    #[error("fee {fee}: the answer at {field} is not a number of units")]
    NoQuantity {
        /// Code of the fee.
        fee: String,
        /// JSON Pointer of the answer.
        field: String,
    },
    /// The amount is beyond what money can be.
    #[error("fee {0}: the amount is too large")]
    TooLarge(String),
}

/// Every fee of a filing, those that come to nothing included.
pub fn quote(fees: &[FeeDef], filing: &Filing) -> Result<Vec<FeeLine>, QuoteError> {
    fees.iter()
        .enumerate()
        .filter(|(_, fee)| fee.when.as_ref().is_none_or(|when| when.holds(filing)))
        .map(|(number, fee)| line(&format!("/fees/{number}"), fee, filing))
        .collect()
}

/// The sum of the lines.
pub fn total(lines: &[FeeLine]) -> Result<i64, QuoteError> {
    lines.iter().try_fold(0_i64, |sum, line| {
        sum.checked_add(line.amount).ok_or_else(|| QuoteError::TooLarge(line.code.clone()))
    })
}

/// `place`: the pointer to the fee in the definition.
fn line(place: &str, fee: &FeeDef, filing: &Filing) -> Result<FeeLine, QuoteError> {
    if let Some(line) = spared(place, fee, filing) {
        return Ok(line);
    }
    let (number, rate) = rate(fee, filing)?;
    let Computed { amount, vi, en } = compute(fee, &rate.rule, filing)?;
    let amount = i64::try_from(amount).map_err(|_| QuoteError::TooLarge(fee.code.clone()))?;
    let cited = Cited {
        legal_basis: rate.legal_basis.as_ref().unwrap_or(&fee.legal_basis),
        clause: if rate.legal_basis.is_none() {
            rate.clause.as_ref().or(fee.clause.as_ref())
        } else {
            rate.clause.as_ref()
        },
        from: Some(rate.from),
        to: rate.to,
        channel: rate.channel,
    };
    let (vi, en) = sentence((vi, en), &cited);
    let owed = base(fee, amount, (vi, en), &format!("{place}/rates/{number}"), &cited);
    Ok(reduced(place, fee, filing, owed))
}

/// A line by one rule.
pub(super) fn base(
    fee: &FeeDef,
    amount: i64,
    (vi, en): (String, String),
    pointer: &str,
    cited: &Cited,
) -> FeeLine {
    FeeLine {
        code: fee.code.clone(),
        name: fee.name.clone(),
        kind: fee.kind,
        amount,
        explanation_vi: vi,
        explanation_en: en,
        legal_basis: cited.legal_basis.to_owned(),
        refundable: fee.refundable,
        collect: fee.collect,
        rules: vec![cited.applied(pointer.to_owned(), amount)],
    }
}

/// The one rate of the day and channel with its place. A rate for the channel comes before
/// one for all.
pub fn rate<'a>(fee: &'a FeeDef, filing: &Filing) -> Result<(usize, &'a RateDef), QuoteError> {
    for channel in [Some(filing.channel), None] {
        let mut rates = fee.rates.iter().enumerate().filter(|(_, rate)| rate.covers(filing.date));
        let mut rates = rates.by_ref().filter(|(_, rate)| rate.channel == channel);
        match (rates.next(), rates.next()) {
            (Some(rate), None) => return Ok(rate),
            (Some(_), Some(_)) => return Err(QuoteError::TwoRates(fee.code.clone())),
            (None, _) => {}
        }
    }
    Err(QuoteError::NoRate(fee.code.clone()))
}

/// An amount in đồng with its explanation.
struct Computed {
    amount: i128,
    vi: String,
    en: String,
}

fn compute(fee: &FeeDef, rule: &RateRule, filing: &Filing) -> Result<Computed, QuoteError> {
    let count = |field: &str| quantity(fee, field, filing);
    let too_large = || QuoteError::TooLarge(fee.code.clone());
    match rule {
        RateRule::Fixed { amount: 0 } => Ok(Computed {
            amount: 0,
            vi: "Không thu: mức thu 0 đồng".to_owned(),
            en: "Nothing is charged: a rate of 0 đồng".to_owned(),
        }),
        RateRule::Fixed { amount } => Ok(Computed {
            amount: i128::from(*amount),
            vi: format!("Mức thu {amount} đồng"),
            en: format!("Flat rate of {amount} đồng"),
        }),
        RateRule::PerUnit { amount, quantity: field } => {
            let units = count(field)?;
            Ok(Computed {
                amount: units.checked_mul(i128::from(*amount)).ok_or_else(too_large)?,
                vi: format!("{units} × {amount} đồng"),
                en: format!("{units} × {amount} đồng"),
            })
        }
        RateRule::Tiers { quantity: field, tiers, cap, copies } => {
            let units = count(field)?;
            let copies = copies.as_deref().map_or(Ok(1), count)?;
            let whole = tiered(tiers, units).ok_or_else(too_large)?;
            let one = capped(whole, *cap);
            let (most_vi, most_en) = at_most(whole, *cap);
            Ok(Computed {
                amount: one.checked_mul(copies).ok_or_else(too_large)?,
                vi: format!("{copies} bản × {one} đồng ({units} đơn vị mỗi bản{most_vi})"),
                en: format!("{copies} copies × {one} đồng ({units} units a copy{most_en})"),
            })
        }
        RateRule::Percent { base, basis_points, cap } => {
            let value = count(base)?;
            let share = value.checked_mul(i128::from(*basis_points)).ok_or_else(too_large)?;
            // Of a value that is not negative: rounded down to whole đồng.
            let whole = share / 10_000;
            let percent = percent(*basis_points);
            let (most_vi, most_en) = at_most(whole, *cap);
            Ok(Computed {
                amount: capped(whole, *cap),
                vi: format!("{percent}% của {value} đồng{most_vi}"),
                en: format!("{percent}% of {value} đồng{most_en}"),
            })
        }
    }
}

/// Basis points as people write a percentage: 15 → `0.15`.
pub(super) fn percent(basis_points: i64) -> String {
    format!("{}.{:02}", basis_points / 100, basis_points % 100)
}

fn capped(amount: i128, cap: Option<i64>) -> i128 {
    cap.map_or(amount, |most| amount.min(i128::from(most)))
}

/// Says that the cap was reached.
fn at_most(amount: i128, cap: Option<i64>) -> (String, String) {
    match cap.filter(|cap| i128::from(*cap) < amount) {
        Some(cap) => (format!(", tối đa {cap} đồng"), format!(", at most {cap} đồng")),
        None => Default::default(),
    }
}

/// The price of units 1..=`units`, each by its tier; none if it is too large.
fn tiered(tiers: &[Tier], units: i128) -> Option<i128> {
    tiers.iter().try_fold(0_i128, |sum, tier| {
        let last = tier.to.map_or(units, |to| units.min(i128::from(to)));
        let inside = (last - i128::from(tier.from) + 1).max(0);
        sum.checked_add(inside.checked_mul(i128::from(tier.amount))?)
    })
}

fn quantity(fee: &FeeDef, field: &str, filing: &Filing) -> Result<i128, QuoteError> {
    filing
        .answers
        .pointer(field)
        .and_then(serde_json::Value::as_i64)
        .filter(|number| *number >= 0)
        .map(i128::from)
        .ok_or_else(|| QuoteError::NoQuantity { fee: fee.code.clone(), field: field.to_owned() })
}
