//! The state of a dossier, and how events carry it. PURE.
//!
//! An event holds the state fields that it changed, with their new values. The row in
//! `dossier` is the fold of all events; `replay` says so and the tests compare.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::reasons::Reason;
use crate::calendar::Pause;
use crate::error::Result;
use crate::workflow::{DossierStatus, LastEvent, Position, Role, StepId};

/// Everything about a dossier that events change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Active steps.
    pub marking: Vec<StepId>,
    pub status: DossierStatus,
    /// Answers to the form, as filed and supplemented.
    pub answers: Value,
    pub handling_unit_id: Uuid,
    /// The unit and role that must act now; no unit when it is the applicant's turn, or nobody's.
    pub holder_unit_id: Option<Uuid>,
    pub holder_role: Option<Role>,
    pub assignee_id: Option<Uuid>,
    pub clock_started_at: Option<Timestamp>,
    /// Before acceptance the expected due time; in a pause the due time as it stood.
    pub due_at: Timestamp,
    pub paused_since: Option<Timestamp>,
    pub late_at: Option<Timestamp>,
    pub closed_at: Option<Timestamp>,
    #[serde(flatten)]
    pub progress: Progress,
}

/// The part of the state that nobody searches by.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// For a step with a way back: where the dossier came from.
    pub came_from: BTreeMap<StepId, Vec<StepId>>,
    /// Branches that wait at their join.
    pub arrived: Vec<StepId>,
    /// When the filing became complete: the submission, or a supplement before acceptance.
    pub complete_at: Option<Timestamp>,
    /// The one-stop unit must accept, refuse or ask by this time (NĐ 45/2020: 8 working hours online).
    pub reply_by: Option<Timestamp>,
    /// VNeID level of the filing: 0 at the counter, 1 or 2 online.
    pub identity_level: u8,
    /// Document components that were received or seen on paper.
    pub papers: Vec<String>,
    /// Document components that a document of the applicant's store takes the place of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reused: Vec<Reused>,
    /// How often a supplement was asked for.
    pub supplements: u32,
    /// The open request for a supplement.
    pub request: Option<SupplementRequest>,
    pub opinions: Vec<Opinion>,
    pub presence: Vec<Presence>,
    /// Who works at a step that waits for an opinion, a supplement or another way back.
    pub set_aside: BTreeMap<StepId, Uuid>,
    pub result: Option<IssuedResult>,
    pub tax_sent_at: Option<Timestamp>,
    /// A handling official has begun.
    pub work_begun: bool,
    pub last_event: Option<LastEvent>,
    pub pauses: Vec<Pause>,
    /// When the work was done and the clock ended.
    pub stopped_at: Option<Timestamp>,
    pub extensions: Vec<Extension>,
    /// The work never began: what was paid and is refundable is to be given back.
    pub refund_claimed_at: Option<Timestamp>,
    /// How the result was returned, and to whom.
    pub returned: Option<ReturnRecord>,
}

/// A component that nobody had to bring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = ReusedComponent)]
pub struct Reused {
    /// Code of the document component.
    pub component: String,
    /// The document of the store, and what it said when the dossier was filed.
    pub document: Uuid,
    pub title: String,
    pub number: String,
    pub issuer: String,
}

/// What the applicant is asked to mend, and only that.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SupplementRequest {
    #[schema(value_type = String, format = DateTime)]
    pub asked_at: Timestamp,
    pub reasons: Vec<Reason>,
}

/// An opinion asked of another unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Opinion {
    pub unit_id: Uuid,
    pub unit_name: String,
    pub question: String,
    #[schema(value_type = String, format = DateTime)]
    pub asked_at: Timestamp,
    /// The answer, once given.
    pub answer: Option<String>,
    pub answered_by: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub answered_at: Option<Timestamp>,
}

/// The counter's record of who came with what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Presence {
    #[schema(value_type = String)]
    pub step: StepId,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub persons: Vec<PersonPresent>,
    /// When the step was entered anew, so that this record counts for nothing any more.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub past_since: Option<Timestamp>,
}

/// One person at the counter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonPresent {
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// The number on the document shown.
    #[schema(min_length = 1, max_length = 30)]
    pub identity_no: String,
    /// What was shown or signed.
    #[schema(min_length = 1, max_length = 500)]
    pub documents: String,
}

/// The result of the decision (kết quả giải quyết).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct IssuedResult {
    /// Result code of the procedure, e.g. KQ.G15.000031.
    pub code: String,
    /// Number of the document.
    pub number: String,
    /// The file, where it is electronic.
    pub file_id: Option<Uuid>,
    #[schema(value_type = String, format = DateTime)]
    pub decided_at: Timestamp,
    pub decided_by: String,
}

/// A new appointment, with the apology's reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Extension {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub to: Timestamp,
    pub reason: String,
}

/// How the result left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReturnRecord {
    /// online, counter or post.
    pub by: String,
    pub to: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

impl State {
    pub fn position(&self) -> Position {
        Position {
            marking: self.marking.clone(),
            came_from: self.progress.came_from.clone(),
            arrived: self.progress.arrived.clone(),
        }
    }

    /// Steps that go on when the dossier comes back to them.
    pub fn waiting(&self) -> impl Iterator<Item = &StepId> {
        self.progress.came_from.values().flatten()
    }

    /// The unit whose opinion is waited for: the one asked last.
    pub fn asked_unit(&self) -> Option<Uuid> {
        self.progress.opinions.iter().rfind(|o| o.answered_at.is_none()).map(|o| o.unit_id)
    }

    /// The fields that differ from `before`, with their values here.
    pub fn changes_since(&self, before: &Self) -> Result<Map<String, Value>> {
        let (old, new) = (fields(before)?, fields(self)?);
        Ok(new.into_iter().filter(|(name, value)| old.get(name) != Some(value)).collect())
    }

    /// All fields: the changes of a first event.
    pub fn as_changes(&self) -> Result<Map<String, Value>> {
        fields(self)
    }

    /// The state that a history gives; `None` for an empty one.
    pub fn replay(changes: impl IntoIterator<Item = Map<String, Value>>) -> Result<Option<Self>> {
        let mut folded = Map::new();
        for change in changes {
            folded.extend(change);
        }
        if folded.is_empty() {
            return Ok(None);
        }
        Ok(Some(serde_json::from_value(Value::Object(folded))?))
    }
}

fn fields(state: &State) -> Result<Map<String, Value>> {
    match serde_json::to_value(state)? {
        Value::Object(fields) => Ok(fields),
        _ => unreachable!("a struct with named fields serializes to an object"),
    }
}
