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

/// The roles of kinds of agency, and what the kinds are to a dossier.
#[derive(Deserialize)]
struct Kinds {
    /// The roles that an agency of a kind holds.
    roles: BTreeMap<String, BTreeSet<Role>>,
    /// The kinds that take dossiers in at a level.
    receiving: BTreeMap<Level, Vec<String>>,
    /// The kinds that decide what their own one-stop unit took in.
    own: BTreeMap<Level, Vec<String>>,
    /// The kinds that can be asked for an opinion.
    consulted: Vec<String>,
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

fn staffing(kinds: &str, agencies: &str) -> anyhow::Result<Staffing> {
    let Kinds { roles, receiving, own, consulted } = serde_json::from_str(kinds)?;
    let Agencies { agencies } = serde_json::from_str(agencies)?;
    let union = |names: &[String]| -> BTreeSet<Role> {
        names.iter().filter_map(|name| roles.get(name)).flatten().copied().collect()
    };
    let by_level = |kinds: BTreeMap<Level, Vec<String>>| {
        kinds.into_iter().map(|(level, names)| (level, union(&names))).collect()
    };
    let roles_of = |agency: &Agency| roles.get(&agency.kind).cloned().unwrap_or_default();
    Ok(Staffing {
        receiving: by_level(receiving),
        own: by_level(own),
        consulted: union(&consulted),
        agencies: agencies.iter().map(|agency| (agency.code.clone(), roles_of(agency))).collect(),
        kinds: roles.clone(),
    })
}
