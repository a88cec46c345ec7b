//! What an action brings along, as the API takes it, with its limits.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::reasons::Reason;
use super::state::PersonPresent;
use crate::error::{FieldProblem, INVALID, Refused, Result};
use crate::workflow::{Action, StepId};

const NOTE_LIMIT: usize = 2_000;
const PERSONS_LIMIT: usize = 10;

/// One action on a dossier. Which members an action needs, `GET …/actions` tells.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionIn {
    pub action: Action,
    /// At which step, where several branches are open.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 100)]
    pub step: Option<StepId>,
    /// A remark for the history; the reason of an extension or a comment.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub note: Option<String>,
    /// For refuse, stop, request_supplement: at least one.
    #[serde(default)]
    #[schema(max_items = 30)]
    pub reasons: Vec<Reason>,
    /// For assign: the official.
    #[serde(default)]
    pub assignee: Option<Uuid>,
    /// For hand_over and request_opinion: identifier code of the unit.
    #[serde(default)]
    #[schema(max_length = 40)]
    pub unit: Option<String>,
    /// For request_opinion the question, for give_opinion the answer.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub text: Option<String>,
    /// For record_presence: who came with what.
    #[serde(default)]
    #[schema(max_items = 10)]
    pub persons: Vec<PersonPresent>,
    /// For extend: the new due time.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub new_due: Option<Timestamp>,
    /// For forward, approve or finish: the result of the decision.
    #[serde(default)]
    pub result: Option<ResultIn>,
    /// For supplement: new answers to the fields that were asked for, by name.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub answers: Option<Map<String, Value>>,
    /// For return_result: to whom.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub returned_to: Option<String>,
}

/// The result of a decision.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResultIn {
    /// Result code of the procedure, e.g. KQ.G15.000031.
    #[schema(max_length = 40)]
    pub code: String,
    /// Number of the document.
    #[schema(min_length = 1, max_length = 100)]
    pub number: String,
    /// File uploaded to the dossier before, with purpose `result`.
    #[serde(default)]
    pub file: Option<Uuid>,
}

impl ActionIn {
    /// The action alone, as the system takes it.
    pub fn bare(action: Action) -> Self {
        Self {
            action,
            step: None,
            note: None,
            reasons: Vec::new(),
            assignee: None,
            unit: None,
            text: None,
            persons: Vec::new(),
            new_due: None,
            result: None,
            answers: None,
            returned_to: None,
        }
    }

    /// Refuses texts that are too long or that the database cannot hold, and missing members.
    pub fn check(&self) -> Result<()> {
        let mut refused = Refused::new(&INVALID);
        let mut text = |field: &str, value: Option<&str>, limit: usize| {
            if let Some(value) = value
                && (value.chars().count() > limit || value.contains('\0'))
            {
                refused.fields.push(FieldProblem::new(
                    field,
                    "too_long",
                    format!("tối đa {limit} ký tự, không có ký tự rỗng"),
                    format!("at most {limit} characters, none of them NUL"),
                ));
            }
        };
        text("/step", self.step.as_ref().map(StepId::as_str), 100);
        text("/note", self.note.as_deref(), NOTE_LIMIT);
        text("/unit", self.unit.as_deref(), 40);
        text("/text", self.text.as_deref(), NOTE_LIMIT);
        text("/returned_to", self.returned_to.as_deref(), 200);
        if let Some(result) = &self.result {
            text("/result/code", Some(&result.code), 40);
            text("/result/number", Some(&result.number), 100);
        }
        for person in &self.persons {
            text("/persons", Some(&person.name), 200);
            text("/persons", Some(&person.identity_no), 30);
            text("/persons", Some(&person.documents), 500);
        }
        if self.persons.len() > PERSONS_LIMIT {
            let (vi, en) = ("tối đa 10 người", "at most ten persons");
            refused.fields.push(FieldProblem::new("/persons", "too_many", vi, en));
        }
        if self.result.is_some() && !Self::takes_result(self.action) {
            let (vi, en) = ("thao tác này không kèm kết quả", "no result goes with this action");
            refused.fields.push(FieldProblem::new("/result", "not_expected", vi, en));
        }
        refused.fields.extend(self.missing());
        if refused.fields.is_empty() { Ok(()) } else { Err(refused.into()) }
    }

    /// May the result of the decision come with this action?
    pub fn takes_result(action: Action) -> bool {
        matches!(action, Action::Forward | Action::Approve | Action::Finish)
    }

    /// Somebody came, and of everybody the name, the number and the documents are told.
    fn persons_are_named(&self) -> bool {
        let told =
            |p: &PersonPresent| [&p.name, &p.identity_no, &p.documents].iter().all(|t| !t.trim().is_empty());
        !self.persons.is_empty() && self.persons.iter().all(told)
    }

    /// Members that this action cannot do without.
    fn missing(&self) -> Vec<FieldProblem> {
        let filled = |text: &Option<String>| text.as_deref().is_some_and(|t| !t.trim().is_empty());
        let checks: &[(&str, bool)] = match self.action {
            Action::Assign => &[("/assignee", self.assignee.is_some())],
            Action::RequestOpinion => &[("/unit", filled(&self.unit)), ("/text", filled(&self.text))],
            Action::GiveOpinion => &[("/text", filled(&self.text))],
            Action::RecordPresence => &[("/persons", self.persons_are_named())],
            Action::Extend => &[("/new_due", self.new_due.is_some()), ("/note", filled(&self.note))],
            Action::Comment => &[("/note", filled(&self.note))],
            _ => &[],
        };
        let missing = checks.iter().filter(|(_, present)| !present);
        missing.map(|(field, _)| FieldProblem::new(field, "required", "bắt buộc", "is required")).collect()
    }
}
