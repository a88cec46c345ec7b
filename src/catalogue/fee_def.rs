//! Fees as people write them ("phí, lệ phí").
use super::condition::Cond;
use crate::workflow::{Channel, words};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// One fee with its rates and exemptions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeDef {
    /// Unique within the procedure.
    pub code: String,
    /// What people read.
    pub name: String,
    /// "Phí" or "lệ phí": they have separate receipts.
    pub kind: FeeKind,
    /// When it is collected ("hình thức thu").
    pub collect: Collect,
    /// Goes back when the work never began.
    #[serde(default)]
    pub refundable: bool,
    /// The document that sets it.
    pub legal_basis: String,
    /// The clause of that document ("điểm, khoản, điều"), where it is known.
    #[serde(default)]
    pub clause: Option<String>,
    /// When it applies at all.
    #[serde(default)]
    pub when: Option<Cond>,
    /// The amounts by date and channel.
    pub rates: Vec<RateDef>,
    /// Who is spared.
    #[serde(default)]
    pub exemptions: Vec<ExemptionDef>,
    /// Who pays less.
    #[serde(default)]
    pub reductions: Vec<ReductionDef>,
}

words! {
    /// The two kinds of public charges.
    FeeKind {
        /// "Phí": pays for a service.
        Charge = "charge", "Phí", "charge";
        /// "Lệ phí": a duty on an act of state.
        Fee = "fee", "Lệ phí", "fee";
    }
}

words! {
    /// When a fee is collected ("hình thức thu").
    Collect {
        /// With the acceptance.
        OnReceipt = "on_receipt", "Thu khi tiếp nhận", "on receipt";
        /// With a supplement.
        OnSupplement = "on_supplement", "Thu khi bổ sung", "on supplement";
        /// With the return of the result.
        OnReturn = "on_return", "Thu khi trả kết quả", "on return";
    }
}

/// The amount of a fee in a time, on a channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateDef {
    /// First day.
    pub from: Date,
    /// Last day; none = until further notice.
    #[serde(default)]
    pub to: Option<Date>,
    /// Only on this channel; none = on those that no other rate of that day names.
    #[serde(default)]
    pub channel: Option<Channel>,
    /// How it is computed.
    pub rule: RateRule,
    /// The document that sets it, where it differs from the fee's.
    #[serde(default)]
    pub legal_basis: Option<String>,
    /// The clause of that document.
    #[serde(default)]
    pub clause: Option<String>,
}

/// How an amount is computed. Money is whole đồng; a share of a value is rounded down to
/// whole đồng, before the cap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum RateRule {
    /// One amount.
    Fixed {
        /// In đồng.
        amount: i64,
    },
    /// An amount for each unit.
    PerUnit {
        /// In đồng, for one unit.
        amount: i64,
        /// Pointer to the number of units in the answers.
        quantity: String,
    },
    /// An amount for each unit that depends on its number (page 1–2, page 3 and on).
    Tiers {
        /// Pointer to the number of units of one copy.
        quantity: String,
        /// Without holes, from unit 1.
        tiers: Vec<Tier>,
        /// The most for one copy, in đồng.
        #[serde(default)]
        cap: Option<i64>,
        /// Pointer to the number of copies; none = one.
        #[serde(default)]
        copies: Option<String>,
    },
    /// A share of a value.
    Percent {
        /// Pointer to the value in đồng.
        base: String,
        /// One hundredth of a percent: 15 = 0,15 %.
        basis_points: i64,
        /// The most, in đồng.
        #[serde(default)]
        cap: Option<i64>,
    },
}

/// Units `from`..=`to` cost `amount` each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// The first unit, counting from 1.
    pub from: i64,
    /// The last unit; none = all that follow.
    #[serde(default)]
    pub to: Option<i64>,
    /// In đồng, for one unit.
    pub amount: i64,
}

impl RateRule {
    /// The answers that it counts by: the key in the rule and the pointer to the answer.
    pub fn counted(&self) -> Vec<(&'static str, &str)> {
        match self {
            Self::Fixed { .. } => Vec::new(),
            Self::PerUnit { quantity, .. } => vec![("quantity", quantity)],
            Self::Tiers { quantity, copies, .. } => std::iter::once(("quantity", quantity.as_str()))
                .chain(copies.as_deref().map(|copies| ("copies", copies)))
                .collect(),
            Self::Percent { base, .. } => vec![("base", base)],
        }
    }
}

/// Who is spared a fee, since and until when, and by which document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExemptionDef {
    /// When it applies.
    pub when: Cond,
    /// First day; none = as long as the fee.
    #[serde(default)]
    pub from: Option<Date>,
    /// Last day; none = until further notice.
    #[serde(default)]
    pub to: Option<Date>,
    /// The document.
    pub legal_basis: String,
    /// The clause of that document.
    #[serde(default)]
    pub clause: Option<String>,
    /// What people read.
    pub name: String,
}

/// Who pays less of a fee, since and until when, and by which document. Of several that
/// apply to one filing the one that leaves the least to pay is taken; they are never added up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReductionDef {
    /// When it applies; none = to every filing of those days.
    #[serde(default)]
    pub when: Option<Cond>,
    /// First day.
    pub from: Date,
    /// Last day; none = until further notice.
    #[serde(default)]
    pub to: Option<Date>,
    /// How much less.
    pub rule: ReductionRule,
    /// The document.
    pub legal_basis: String,
    /// The clause of that document.
    #[serde(default)]
    pub clause: Option<String>,
    /// What people read.
    pub name: String,
}

/// How much less is paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ReductionRule {
    /// A share off. What is left to pay is rounded down to whole đồng.
    Percent {
        /// One hundredth of a percent: 1000 = 10 %.
        basis_points: i64,
    },
    /// An amount off, as far as there is something to pay.
    Amount {
        /// In đồng.
        amount: i64,
    },
}

impl RateDef {
    /// Is it in force on this day?
    pub fn covers(&self, day: Date) -> bool {
        in_force(Some(self.from), self.to, day)
    }
}

impl ExemptionDef {
    /// Is it in force on this day?
    pub fn covers(&self, day: Date) -> bool {
        in_force(self.from, self.to, day)
    }
}

impl ReductionDef {
    /// Is it in force on this day?
    pub fn covers(&self, day: Date) -> bool {
        self.from <= day && self.to.is_none_or(|last| day <= last)
    }
}

fn in_force(first: Option<Date>, last: Option<Date>, day: Date) -> bool {
    first.is_none_or(|first| first <= day) && last.is_none_or(|last| day <= last)
}
