//! Scenarios as people write them: stories that have to come out as told.
use super::condition::Subject;
use crate::workflow::{Action, Channel, DossierStatus, Guard, RefusalCode, Role, StepId, Unit};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A story of one dossier that has to come out as written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioDef {
    /// Unique within the procedure.
    pub name: String,
    /// How it is filed.
    pub channel: Channel,
    /// The case it must fall under.
    pub case: String,
    /// The day of filing; none = the first day of the version.
    #[serde(default)]
    pub date: Option<Date>,
    /// The level of VNeID of the applicant; none = what the procedure demands.
    #[serde(default)]
    pub identity_level: Option<u8>,
    /// Groups the applicant belongs to.
    #[serde(default)]
    pub subjects: Vec<Subject>,
    /// A valid form.
    pub answers: Value,
    /// The codes of the documents filed.
    #[serde(default)]
    pub documents: Vec<String>,
    /// What happens, one after the other.
    pub steps: Vec<ScenarioStep>,
    /// What must be true at the end.
    pub expect: Expected,
}

/// One action in a scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioStep {
    /// Who acts.
    #[serde(rename = "as")]
    pub role: Role,
    /// At which unit; none = the clerk and the cashier at the receiving one, other
    /// officials at the handling one.
    #[serde(default)]
    pub unit: Option<Unit>,
    /// What they do.
    #[serde(rename = "do")]
    pub action: Action,
    /// In which branch, where there are several.
    #[serde(default)]
    pub step: Option<StepId>,
    /// What happened outside before this action.
    #[serde(default)]
    pub facts: ScenarioFacts,
    /// The action has to be refused for this reason, and change nothing.
    #[serde(default)]
    pub refused: Option<RefusedFor>,
}

/// What happens outside of the workflow, before an action of a scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScenarioFacts {
    /// Everything due has been paid.
    pub paid: bool,
    /// The counter has recorded who came.
    pub presence: bool,
    /// A result has been attached.
    pub result: bool,
    /// Every opinion asked for has been given.
    pub opinion_answered: bool,
    /// The due time has passed.
    pub late: bool,
    /// The obligations about the land are met, and the tax side says so.
    pub tax_met: bool,
    /// These documents have been added.
    pub documents: Vec<String>,
    /// The request comes without the reasons (or the new date) that it should have.
    pub bare: bool,
}

/// Why an action of a scenario has to be refused: a code of refusal, or a guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusedFor {
    /// `"not_your_role"` and its sisters.
    Code(RefusalCode),
    /// `"nothing_due"` and its sisters: this guard is among those that failed.
    Guard(Guard),
}

/// What must be true at the end of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The status at the end.
    pub status: DossierStatus,
    /// The sum of all fees of the filing, in đồng.
    #[serde(default)]
    pub fee: Option<i64>,
}
