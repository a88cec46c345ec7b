//! A workflow as people write it: JSON with closed words.
use super::status::DossierStatus;
use super::vocabulary::{Action, ClockState, Effect, Guard, Role, Unit};
use crate::calendar::Term;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::borrow::Borrow;
use std::fmt;

/// The name of a step within its workflow ("bước xử lý").
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct StepId(String);

impl StepId {
    /// The text of the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for StepId {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for StepId {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl Borrow<str> for StepId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for StepId {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for StepId {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A workflow as written. Only [`super::Workflow::compile`] makes it usable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkflowDef {
    /// Its name for procedures that share it: `snake_case`.
    pub id: String,
    /// Its name for people, in Vietnamese.
    pub name: String,
    /// The step of a dossier just filed.
    pub start: StepId,
    /// All steps; the order is the order on the process sheet.
    pub steps: Vec<StepDef>,
    /// All transitions; among those open to one person the first wins.
    pub transitions: Vec<TransitionDef>,
}

/// One step of a workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepDef {
    /// Unique within the workflow.
    pub id: StepId,
    /// What people read, in Vietnamese.
    pub name: String,
    /// The status that the national portal sees.
    pub status: DossierStatus,
    /// In whose worklist the dossier lies; none only at the end.
    #[serde(default)]
    pub holder: Option<Post>,
    /// A person has to come to the counter.
    #[serde(default)]
    pub presence: bool,
    /// What the clock does here.
    #[serde(default = "running")]
    pub clock: ClockState,
    /// The internal limit of this step.
    #[serde(default)]
    pub limit: Option<Term>,
    /// Nothing enters this step while money is due.
    #[serde(default)]
    pub requires_payment: bool,
    /// Waits until every parallel branch has arrived.
    #[serde(default)]
    pub join: bool,
}

fn running() -> ClockState {
    ClockState::Running
}

/// A role and, for officials, what their agency is to the dossier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Post {
    /// The role.
    pub role: Role,
    /// None for the applicant and the system, who have no unit.
    #[serde(default)]
    pub unit: Option<Unit>,
}

/// One move (or one action that stays), from each of several steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransitionDef {
    /// The same transition leaves each of these steps.
    pub from: Vec<StepId>,
    /// What is done.
    pub action: Action,
    /// Empty: the dossier stays. One: it moves. Several: parallel branches begin.
    /// [`Target::Back`] alone: to where the dossier came from.
    #[serde(default)]
    pub to: Vec<Target>,
    /// Who may; any one of these suffices.
    pub by: Vec<Post>,
    /// Every one of these has to hold.
    #[serde(default)]
    pub when: Vec<When>,
    /// What happens besides the move, in this order.
    #[serde(default, rename = "do")]
    pub effects: Vec<Effect>,
    /// Leaves all parallel branches at once.
    #[serde(default)]
    pub whole: bool,
}

/// Where a transition leads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Target {
    /// A step of the workflow.
    Step(StepId),
    /// `$back`: the step (or the branches) from which the dossier came here.
    Back,
}

const BACK: &str = "$back";

impl From<String> for Target {
    fn from(text: String) -> Self {
        if text == BACK { Self::Back } else { Self::Step(StepId(text)) }
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        match target {
            Target::Step(step) => step.0,
            Target::Back => BACK.to_owned(),
        }
    }
}

/// A condition of a transition: a word, its negation, or alternatives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// `"nothing_due"`
    Is(Guard),
    /// `{"not": "nothing_due"}`
    Not(Guard),
    /// `{"any": ["nothing_due", …]}`
    Any(Vec<When>),
}

/// The two object shapes of [`When`].
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum WhenShape {
    Not(Guard),
    Any(Vec<When>),
}

impl Serialize for When {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Is(guard) => guard.serialize(serializer),
            Self::Not(guard) => WhenShape::Not(*guard).serialize(serializer),
            Self::Any(options) => WhenShape::Any(options.clone()).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WhenVisitor)
    }
}

/// Written by hand so that an unknown word is named, which an untagged enum would not do.
struct WhenVisitor;

impl<'de> Visitor<'de> for WhenVisitor {
    type Value = When;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a guard, {\"not\": guard} or {\"any\": [guards]}")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<When, E> {
        text.parse().map(When::Is).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<When, A::Error> {
        Ok(match WhenShape::deserialize(MapAccessDeserializer::new(map))? {
            WhenShape::Not(guard) => When::Not(guard),
            WhenShape::Any(options) => When::Any(options),
        })
    }
}
