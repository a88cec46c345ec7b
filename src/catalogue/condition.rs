//! Conditions over a filing: which document is asked for, which fee applies.
use crate::workflow::{Channel, words};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

words! {
    /// Groups of people whom fee rules spare ("đối tượng chính sách").
    Subject {
        /// "Hộ nghèo".
        PoorHousehold = "poor_household", "Hộ nghèo", "poor household";
        /// "Hộ cận nghèo".
        NearPoorHousehold = "near_poor_household", "Hộ cận nghèo", "near-poor household";
        /// "Gia đình có công với cách mạng".
        MeritFamily = "merit_family", "Gia đình có công với cách mạng", "family of merit";
        /// "Người khuyết tật".
        Disabled = "disabled", "Người khuyết tật", "person with a disability";
        /// "Trẻ em".
        Child = "child", "Trẻ em", "child";
        /// "Người cao tuổi".
        Elderly = "elderly", "Người cao tuổi", "elderly person";
        /// "Đồng bào dân tộc thiểu số ở xã khó khăn".
        EthnicMinority = "ethnic_minority", "Đồng bào dân tộc thiểu số ở vùng khó khăn", "ethnic minority in a difficult area";
    }
}

/// A closed condition over one filing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub enum Cond {
    /// A test of one answer; the field is a JSON Pointer into the answers (`/child/name`).
    Field(String, Test),
    /// Filed on this channel.
    Channel(Channel),
    /// Filed under this case.
    Case(String),
    /// The applicant belongs to this group.
    Subject(Subject),
    /// Filed with at least this level of VNeID.
    IdentityLevel(u8),
    /// Every one holds.
    All(Vec<Cond>),
    /// At least one holds.
    Any(Vec<Cond>),
    /// It does not hold.
    Not(Box<Cond>),
}

/// A test of one answer. An answer that is absent passes only `present: false`.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// Is this value.
    Equals(Value),
    /// Is one of these values.
    OneOf(Vec<Value>),
    /// Is there (and not null or the empty text), or is not.
    Present(bool),
    /// Is a number of at least this.
    AtLeast(i64),
    /// Is a date more than this many days before the day of filing.
    OlderThanDays(i64),
}

/// The JSON of a condition: `{"field": "/a", "equals": 1}`, `{"channel": "online"}`,
/// `{"all": [ … ]}` and so on.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    equals: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    one_of: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    present: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_least: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    older_than_days: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<Channel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    case: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Subject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity_level: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    all: Option<Vec<Cond>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    any: Option<Vec<Cond>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not: Option<Box<Cond>>,
}

/// The keys of a condition do not make exactly one.
#[derive(Debug, thiserror::Error)]
#[error(
    "a condition is one of: field with one of equals, one_of, present, at_least, \
     older_than_days; channel; case; subject; identity_level; all; any; not"
)]
struct NotOneCondition;

impl TryFrom<Written> for Cond {
    type Error = NotOneCondition;

    fn try_from(w: Written) -> Result<Self, NotOneCondition> {
        let tests = [
            w.equals.map(Test::Equals),
            w.one_of.map(Test::OneOf),
            w.present.map(Test::Present),
            w.at_least.map(Test::AtLeast),
            w.older_than_days.map(Test::OlderThanDays),
        ];
        let mut tests = tests.into_iter().flatten();
        let field = match (w.field, tests.next(), tests.next()) {
            (Some(field), Some(test), None) => Some(Self::Field(field, test)),
            (None, None, None) => None,
            _ => return Err(NotOneCondition),
        };
        let conds = [
            field,
            w.channel.map(Self::Channel),
            w.case.map(Self::Case),
            w.subject.map(Self::Subject),
            w.identity_level.map(Self::IdentityLevel),
            w.all.map(Self::All),
            w.any.map(Self::Any),
            w.not.map(Self::Not),
        ];
        let mut conds = conds.into_iter().flatten();
        match (conds.next(), conds.next()) {
            (Some(cond), None) => Ok(cond),
            _ => Err(NotOneCondition),
        }
    }
}

impl From<Cond> for Written {
    fn from(cond: Cond) -> Self {
        let mut w = Self::default();
        match cond {
            Cond::Field(field, test) => {
                w.field = Some(field);
                match test {
                    Test::Equals(value) => w.equals = Some(value),
                    Test::OneOf(values) => w.one_of = Some(values),
                    Test::Present(there) => w.present = Some(there),
                    Test::AtLeast(n) => w.at_least = Some(n),
                    Test::OlderThanDays(n) => w.older_than_days = Some(n),
                }
            }
            Cond::Channel(channel) => w.channel = Some(channel),
            Cond::Case(case) => w.case = Some(case),
            Cond::Subject(subject) => w.subject = Some(subject),
            Cond::IdentityLevel(level) => w.identity_level = Some(level),
            Cond::All(conds) => w.all = Some(conds),
            Cond::Any(conds) => w.any = Some(conds),
            Cond::Not(cond) => w.not = Some(cond),
        }
        w
    }
}

/// One filing, as far as conditions ask for it.
#[derive(Clone, Debug)]
pub struct Filing<'a> {
    /// How it is filed.
    pub channel: Channel,
    /// The day of filing, in the time zone of the law.
    pub date: Date,
    /// The case it falls under; none while the case itself is being found.
    pub case: Option<&'a str>,
    /// The form as filled in.
    pub answers: &'a Value,
    /// Groups the applicant belongs to.
    pub subjects: &'a [Subject],
    /// The VNeID level of the filing: 0, 1 or 2.
    pub identity_level: u8,
}

impl Cond {
    /// Does it hold for this filing?
    pub fn holds(&self, filing: &Filing) -> bool {
        match self {
            Self::Field(field, test) => test.holds(filing.answers.pointer(field), filing.date),
            Self::Channel(channel) => filing.channel == *channel,
            Self::Case(case) => filing.case == Some(case),
            Self::Subject(subject) => filing.subjects.contains(subject),
            Self::IdentityLevel(level) => filing.identity_level >= *level,
            Self::All(conds) => conds.iter().all(|cond| cond.holds(filing)),
            Self::Any(conds) => conds.iter().any(|cond| cond.holds(filing)),
            Self::Not(cond) => !cond.holds(filing),
        }
    }
}

impl Cond {
    /// It and all conditions inside it.
    pub fn parts(&self) -> Vec<&Cond> {
        let inner: Vec<&Cond> = match self {
            Self::All(conds) | Self::Any(conds) => conds.iter().collect(),
            Self::Not(cond) => vec![cond],
            _ => Vec::new(),
        };
        std::iter::once(self).chain(inner.into_iter().flat_map(Cond::parts)).collect()
    }

    /// Pointers to the answers that it looks at.
    pub fn fields(&self) -> Vec<&str> {
        self.parts().into_iter().filter_map(Cond::field).collect()
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Field(pointer, _) => Some(pointer),
            _ => None,
        }
    }
}

impl Test {
    fn holds(&self, answer: Option<&Value>, filed: Date) -> bool {
        let given = answer.filter(|value| !value.is_null() && value.as_str() != Some(""));
        match (self, given) {
            (Self::Present(there), _) => given.is_some() == *there,
            (_, None) => false,
            (Self::Equals(value), Some(answer)) => answer == value,
            (Self::OneOf(values), Some(answer)) => values.contains(answer),
            (Self::AtLeast(least), Some(answer)) => at_least(answer, *least),
            (Self::OlderThanDays(days), Some(answer)) => answer
                .as_str()
                .and_then(|text| text.parse::<Date>().ok())
                .is_some_and(|date| date.duration_until(filed).as_hours() / 24 > *days),
        }
    }
}

fn at_least(answer: &Value, least: i64) -> bool {
    match answer.as_i64() {
        Some(number) => number >= least,
        None => answer.as_f64().is_some_and(|number| number >= least as f64),
    }
}
