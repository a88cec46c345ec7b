//! PURE: what a filing costs. Money is whole đồng; every step is checked arithmetic.
use super::condition::Filing;
use super::fee_def::{Collect, ExemptionDef, FeeDef, FeeKind, RateDef, RateRule, Tier};
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
        .filter(|fee| fee.when.as_ref().is_none_or(|when| when.holds(filing)))
        .map(|fee| line(fee, filing))
        .collect()
}

/// The sum of the lines.
pub fn total(lines: &[FeeLine]) -> Result<i64, QuoteError> {
    lines.iter().try_fold(0_i64, |sum, line| {
        sum.checked_add(line.amount).ok_or_else(|| QuoteError::TooLarge(line.code.clone()))
    })
}

fn line(fee: &FeeDef, filing: &Filing) -> Result<FeeLine, QuoteError> {
    let exemption = fee.exemptions.iter().find(|spared| spared.when.holds(filing));
    if let Some(exemption) = exemption {
        return Ok(spared(fee, exemption));
    }
    let rate = rate(fee, filing)?;
    let Computed { amount, vi, en } = compute(fee, &rate.rule, filing)?;
    let amount = i64::try_from(amount).map_err(|_| QuoteError::TooLarge(fee.code.clone()))?;
    let legal_basis = rate.legal_basis.as_ref().unwrap_or(&fee.legal_basis);
    Ok(FeeLine { amount, explanation_vi: vi, explanation_en: en, ..base(fee, legal_basis) })
}

/// A line of nothing, by this document.
fn base(fee: &FeeDef, legal_basis: &str) -> FeeLine {
    FeeLine {
        code: fee.code.clone(),
        name: fee.name.clone(),
        kind: fee.kind,
        amount: 0,
        explanation_vi: String::new(),
        explanation_en: String::new(),
        legal_basis: legal_basis.to_owned(),
        refundable: fee.refundable,
        collect: fee.collect,
    }
}

fn spared(fee: &FeeDef, exemption: &ExemptionDef) -> FeeLine {
    FeeLine {
        explanation_vi: format!("Miễn: {}", exemption.name),
        explanation_en: format!("Exempt: {}", exemption.name),
        ..base(fee, &exemption.legal_basis)
    }
}

/// The one rate of the day and channel. A rate for the channel comes before one for all.
fn rate<'a>(fee: &'a FeeDef, filing: &Filing) -> Result<&'a RateDef, QuoteError> {
    let in_force =
        |rate: &&RateDef| rate.from <= filing.date && rate.to.is_none_or(|last| filing.date <= last);
    for channel in [Some(filing.channel), None] {
        let mut rates = fee.rates.iter().filter(in_force).filter(|rate| rate.channel == channel);
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
            let one = capped(tiered(tiers, units).ok_or_else(too_large)?, *cap);
            Ok(Computed {
                amount: one.checked_mul(copies).ok_or_else(too_large)?,
                vi: format!("{copies} bản × {one} đồng ({units} đơn vị mỗi bản)"),
                en: format!("{copies} copies × {one} đồng ({units} units a copy)"),
            })
        }
        RateRule::Percent { base, basis_points, cap } => {
            let value = count(base)?;
            let share = value.checked_mul(i128::from(*basis_points)).ok_or_else(too_large)?;
            let percent = percent(*basis_points);
            Ok(Computed {
                amount: capped(share / 10_000, *cap),
                vi: format!("{percent}% của {value} đồng"),
                en: format!("{percent}% of {value} đồng"),
            })
        }
    }
}

/// Basis points as people write a percentage: 15 → `0.15`.
fn percent(basis_points: i64) -> String {
    format!("{}.{:02}", basis_points / 100, basis_points % 100)
}

fn capped(amount: i128, cap: Option<i64>) -> i128 {
    cap.map_or(amount, |most| amount.min(i128::from(most)))
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
