//! What a definition is checked against: the shared workflows, and who works where.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde::Deserialize;

use super::check::{self, Staffing};
use super::definition::{Level, ProcedureDef};
use super::embedded;
use super::procedure::NamedWorkflows;
use crate::error::Result;
use crate::workflow::{Defect, Role, WorkflowDef, read_json};

/// The rules of this binary.
#[derive(Debug)]
pub struct Rules {
    staffing: Staffing,
    workflows: NamedWorkflows,
}

/// A version that passed the check, with the workflow it was checked with.
#[derive(Debug, Clone)]
pub struct Ready {
    pub definition: ProcedureDef,
    pub workflow: WorkflowDef,
}

impl Rules {
    /// Made of the data in the binary, once.
    pub fn embedded() -> Result<&'static Self> {
        static RULES: OnceLock<std::result::Result<Rules, String>> = OnceLock::new();
        let rules = RULES.get_or_init(|| Self::load().map_err(|error| format!("{error:#}")));
        rules.as_ref().map_err(|error| anyhow::anyhow!("the embedded rules: {error}").into())
    }

    fn load() -> anyhow::Result<Self> {
        let workflows = NamedWorkflows::read(embedded::workflows())
            .map_err(|defects| anyhow::anyhow!("a shared workflow has defects: {defects:?}"))?;
        Ok(Self { staffing: staffing(embedded::STAFFING, embedded::AGENCIES)?, workflows })
    }

    /// Reads and checks the JSON of a definition; every defect, or a version to publish.
    pub fn check(&self, text: &str) -> std::result::Result<Ready, Vec<Defect>> {
        let definition: ProcedureDef = read_json(text).map_err(|defect| vec![defect])?;
        let defects = check::check(&definition, &self.staffing, &self.workflows);
        if !defects.is_empty() {
            return Err(defects);
        }
        let workflow = self.workflows.resolve(&definition.workflow)?.definition().clone();
        Ok(Ready { definition, workflow })
    }
}

#[derive(Deserialize)]
struct Roles {
    /// The roles that an agency of a kind holds.
    roles: BTreeMap<String, BTreeSet<Role>>,
}

#[derive(Deserialize)]
struct Agencies {
    agencies: Vec<Agency>,
}

#[derive(Deserialize)]
struct Agency {
    code: String,
    kind: String,
}

/// The kinds of agency that take dossiers in at each level, and those that decide
/// themselves what their one-stop unit took in.
const PLACES: [(Level, &[&str], &[&str]); 3] = [
    (Level::Ministry, &["ministry"], &["ministry"]),
    (Level::Province, &["service_centre"], &["province", "department", "division"]),
    (Level::Commune, &["one_stop_unit"], &["commune"]),
];
/// The kinds of agency that are asked for an opinion.
const CONSULTED: [&str; 3] = ["department", "division", "commune"];

fn staffing(roles: &str, agencies: &str) -> anyhow::Result<Staffing> {
    let Roles { roles: kinds } = serde_json::from_str(roles)?;
    let Agencies { agencies } = serde_json::from_str(agencies)?;
    let union = |names: &[&str]| -> BTreeSet<Role> {
        names.iter().filter_map(|name| kinds.get(*name)).flatten().copied().collect()
    };
    let roles_of = |agency: &Agency| kinds.get(&agency.kind).cloned().unwrap_or_default();
    Ok(Staffing {
        receiving: PLACES.iter().map(|(level, receiving, _)| (*level, union(receiving))).collect(),
        own: PLACES.iter().map(|(level, _, own)| (*level, union(own))).collect(),
        consulted: union(&CONSULTED),
        agencies: agencies.iter().map(|agency| (agency.code.clone(), roles_of(agency))).collect(),
        kinds,
    })
}
