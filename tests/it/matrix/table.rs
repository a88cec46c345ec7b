//! `data/authorisation.json`: role × operation × relation, and the answer of each cell.
use std::collections::BTreeMap;
use std::fmt::Write;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Status by relation, for one role.
pub type Cells = BTreeMap<Relation, u16>;

/// One operation, sent with sound content, so that only who sends it decides.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// `operationId` of the OpenAPI document.
    pub operation: String,
    /// Tells rows of one operation apart, e.g. the actions of `take_action`.
    #[serde(default)]
    pub variant: Option<String>,
    pub on: On,
    /// Parameters of the path that the object does not give.
    #[serde(default)]
    pub path: BTreeMap<String, String>,
    #[serde(default)]
    pub query: Option<String>,
    #[serde(default)]
    pub body: Option<Value>,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body is a PDF file.
    #[serde(default)]
    pub upload: bool,
    #[serde(default)]
    pub expect: BTreeMap<Role, Cells>,
}

/// What the operation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum On {
    Portal,
    Dossier,
    Draft,
    Agency,
    /// An official with a position in an agency.
    Post,
    Job,
    /// A resumable upload that nothing has come of yet.
    Upload,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Anonymous,
    CitizenLevel1,
    CitizenLevel2,
    OneStopClerk,
    Specialist,
    Leader,
    Cashier,
    AgencyAdmin,
    Auditor,
    SystemAdmin,
    Machine,
}

pub const ROLES: [Role; 11] = [
    Role::Anonymous,
    Role::CitizenLevel1,
    Role::CitizenLevel2,
    Role::OneStopClerk,
    Role::Specialist,
    Role::Leader,
    Role::Cashier,
    Role::AgencyAdmin,
    Role::Auditor,
    Role::SystemAdmin,
    Role::Machine,
];

impl Role {
    /// The word of the position, for officials.
    pub fn position(self) -> Option<&'static str> {
        Some(match self {
            Self::OneStopClerk => "one_stop_clerk",
            Self::Specialist => "specialist",
            Self::Leader => "leader",
            Self::Cashier => "cashier",
            Self::AgencyAdmin => "agency_admin",
            Self::Auditor => "auditor",
            Self::SystemAdmin => "system_admin",
            Self::Anonymous | Self::CitizenLevel1 | Self::CitizenLevel2 | Self::Machine => return None,
        })
    }

    pub fn is_citizen(self) -> bool {
        matches!(self, Self::CitizenLevel1 | Self::CitizenLevel2)
    }
}

/// What the object is to the actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// The operation has no object.
    Any,
    Own,
    /// Of somebody who gave the actor a mandate.
    Mandated,
    /// The actor's unit received it.
    OwnUnitReceiving,
    /// The actor's unit handles it.
    OwnUnitHandling,
    /// The actor's unit was asked for an opinion.
    OwnUnitConsulted,
    OwnUnit,
    /// The actor's unit is the one above: supervision reaches down.
    ParentUnit,
    /// The actor's unit is below: supervision never reaches up.
    ChildUnit,
    /// Own, or of the own unit, and closed.
    Closed,
    OtherUnit,
    Nonexistent,
}

/// The relations that an actor of a role can have to such an object.
pub fn relations(on: On, role: Role) -> &'static [Relation] {
    use Relation::{
        Any, ChildUnit, Closed, Mandated, Nonexistent, OtherUnit, Own, OwnUnit, OwnUnitConsulted,
        OwnUnitHandling, OwnUnitReceiving, ParentUnit,
    };
    match on {
        On::Portal => &[Any],
        On::Dossier if role.is_citizen() => &[Own, Mandated, Closed, OtherUnit, Nonexistent],
        On::Dossier if role.position().is_some() => &[
            OwnUnitReceiving,
            OwnUnitHandling,
            OwnUnitConsulted,
            ParentUnit,
            ChildUnit,
            Closed,
            OtherUnit,
            Nonexistent,
        ],
        On::Draft if role.is_citizen() => &[Own, Closed, OtherUnit, Nonexistent],
        On::Upload if role.is_citizen() || role == Role::OneStopClerk => &[Own, OtherUnit, Nonexistent],
        On::Draft if role == Role::OneStopClerk => &[Own, OwnUnit, Closed, OtherUnit, Nonexistent],
        On::Agency | On::Post if role.position().is_some() => {
            &[OwnUnit, ParentUnit, ChildUnit, OtherUnit, Nonexistent]
        }
        On::Dossier | On::Draft | On::Agency | On::Post | On::Job | On::Upload => &[OtherUnit, Nonexistent],
    }
}

impl Row {
    pub fn name(&self) -> String {
        match &self.variant {
            Some(variant) => format!("{} ({variant})", self.operation),
            None => self.operation.clone(),
        }
    }
}

/// The file as text: a line for each role, so that a change of permission is one changed line.
pub fn render(rows: &[Row]) -> String {
    let mut text = "[\n".to_owned();
    for (index, row) in rows.iter().enumerate() {
        let mut head = format!("{{\"operation\": {}", json(&row.operation));
        if let Some(variant) = &row.variant {
            write!(head, ", \"variant\": {}", json(variant)).unwrap();
        }
        write!(head, ", \"on\": {}", json(&row.on)).unwrap();
        if !row.path.is_empty() {
            write!(head, ", \"path\": {}", json(&row.path)).unwrap();
        }
        if let Some(query) = &row.query {
            write!(head, ", \"query\": {}", json(query)).unwrap();
        }
        if let Some(body) = &row.body {
            write!(head, ", \"body\": {}", json(body)).unwrap();
        }
        if !row.headers.is_empty() {
            write!(head, ", \"headers\": {}", json(&row.headers)).unwrap();
        }
        if row.upload {
            head += ", \"upload\": true";
        }
        let roles: Vec<String> = row
            .expect
            .iter()
            .map(|(role, cells)| {
                let cells: Vec<String> =
                    cells.iter().map(|(r, status)| format!("{}: {status}", json(r))).collect();
                format!("    {}: {{{}}}", json(role), cells.join(", "))
            })
            .collect();
        let comma = if index + 1 < rows.len() { "," } else { "" };
        writeln!(text, "  {head}, \"expect\": {{\n{}\n  }}}}{comma}", roles.join(",\n")).unwrap();
    }
    text + "]\n"
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("it is JSON")
}
