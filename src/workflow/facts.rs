//! What `decide` knows: the dossier, the request, and who asks.
use super::definition::{Post, StepId};
use super::vocabulary::{Action, Channel, Role, Unit};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a dossier is. Stored with the dossier; `decide` makes the next one.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// The active steps, in the order of the definition; several in parallel branches.
    pub marking: Vec<StepId>,
    /// For a step with a way back: the steps from which the dossier came to it.
    #[serde(default)]
    pub came_from: BTreeMap<StepId, Vec<StepId>>,
    /// The last steps of the branches that already wait at the join.
    #[serde(default)]
    pub arrived: Vec<StepId>,
}

/// The sending that a person may recall while nobody has touched it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastEvent {
    /// What was done.
    pub action: Action,
    /// Who did it ([`Who::id`]).
    pub actor: String,
    /// Nobody has opened or assigned the dossier since.
    pub untouched: bool,
}

/// The state of a dossier, as far as conditions ask for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Where it is.
    pub position: Position,
    /// How it was filed.
    pub channel: Channel,
    /// The VNeID level of the filing: 0, 1 or 2.
    pub identity_level: u8,
    /// Codes of the required documents that are not there.
    pub missing_documents: Vec<String>,
    /// What is due and not paid, in đồng.
    pub due_amount: i64,
    /// At least one payment has been confirmed.
    pub payment_confirmed: bool,
    /// The counter has recorded presence for the present step.
    pub presence: bool,
    /// How often a supplement was requested.
    pub supplements: u32,
    /// Every point of the open request is answered.
    pub supplement_answered: bool,
    /// Opinions asked for so far.
    pub opinions_asked: u32,
    /// Those not yet given.
    pub opinions_open: u32,
    /// A result is attached.
    pub result_attached: bool,
    /// A handling official has begun to work on it.
    pub work_begun: bool,
    /// A due time is set.
    pub due_set: bool,
    /// The due time has passed and that was told.
    pub late: bool,
    /// The case of the procedure is marked as one that goes to the tax office.
    pub tax_case: bool,
    /// The slip has gone to the tax office.
    pub tax_sent: bool,
    /// What the tax side told is met, exempt or recorded as debt, and it says so.
    pub tax_met: bool,
    /// The last event.
    pub last_event: Option<LastEvent>,
}

impl Facts {
    /// A dossier just filed at `start`, with all its papers and nothing due.
    pub fn filed(start: StepId, channel: Channel, identity_level: u8) -> Self {
        Self {
            position: Position { marking: vec![start], ..Position::default() },
            channel,
            identity_level,
            missing_documents: Vec::new(),
            due_amount: 0,
            payment_confirmed: false,
            presence: false,
            supplements: 0,
            supplement_answered: false,
            opinions_asked: 0,
            opinions_open: 0,
            result_attached: false,
            work_begun: false,
            due_set: false,
            late: false,
            tax_case: false,
            tax_sent: false,
            tax_met: false,
            last_event: None,
        }
    }
}

/// One action asked for, with what it brings along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What to do.
    pub action: Action,
    /// At which step, where several branches are open.
    pub step: Option<StepId>,
    /// The number of valid structured reasons given.
    pub reasons: u32,
    /// A new due time later than the present one is given, with a reason.
    pub later_due: bool,
    /// The colleague named is of the acting person's unit.
    pub same_unit: bool,
}

impl Request {
    /// The action with nothing brought along.
    pub fn bare(action: Action) -> Self {
        Self { action, step: None, reasons: 0, later_due: false, same_unit: false }
    }

    /// The action with everything that a request can bring.
    pub fn complete(action: Action) -> Self {
        Self { reasons: 1, later_due: true, same_unit: true, ..Self::bare(action) }
    }

    /// At this step.
    pub fn at(mut self, step: StepId) -> Self {
        self.step = Some(step);
        self
    }
}

/// Who asks, and what that person is to this dossier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// A stable name of the person, to know a recall by the sender.
    pub id: String,
    /// Every role with what its agency is to this dossier, those of an absent
    /// colleague whom the person substitutes included.
    pub posts: Vec<Post>,
    /// The dossier is assigned to this person.
    pub is_assignee: bool,
    /// Substitutes the absent official to whom the dossier is assigned.
    pub is_substitute: bool,
}

impl Who {
    /// The applicant, or who acts for the applicant.
    pub fn applicant(id: &str) -> Self {
        Self::with(id, Role::Applicant, None)
    }

    /// An official.
    pub fn official(id: &str, role: Role, unit: Unit) -> Self {
        Self::with(id, role, Some(unit))
    }

    /// motcua itself.
    pub fn system() -> Self {
        Self::with("system", Role::System, None)
    }

    fn with(id: &str, role: Role, unit: Option<Unit>) -> Self {
        Self { id: id.to_owned(), posts: vec![Post { role, unit }], is_assignee: false, is_substitute: false }
    }
}
