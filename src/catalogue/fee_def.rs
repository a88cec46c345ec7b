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
    /// When it applies at all.
    #[serde(default)]
    pub when: Option<Cond>,
    /// The amounts by date and channel.
    pub rates: Vec<RateDef>,
    /// Who is spared.
    #[serde(default)]
    pub exemptions: Vec<ExemptionDef>,
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
}

/// How an amount is computed. Money is whole đồng.
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

/// Who is spared a fee, and by which document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExemptionDef {
    /// When it applies.
    pub when: Cond,
    /// The document.
    pub legal_basis: String,
    /// What people read.
    pub name: String,
}
