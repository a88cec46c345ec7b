//! The check before a version is published, and what `motcua check` tells offline.
//!
//! Each part looks at one side of the definition and tells every defect it finds, with
//! the place and, where there is one, the way of a dossier that shows it. Scenarios are
//! played only when nothing else is wrong.
mod again;
mod cases;
mod conditions;
mod identity;
mod money;
mod papers;
mod reliefs;
mod service_level;
mod staffing;

#[cfg(test)]
mod tests_check;

pub use staffing::Staffing;

use super::definition::ProcedureDef;
use super::form::Form;
use super::procedure::{NamedWorkflows, Procedure, within};
use super::scenario;
use crate::workflow::{Defect, DefectCode, read_json};

/// Checks the JSON text of a procedure.
pub fn check_json(text: &str, staffing: &Staffing, named: &NamedWorkflows) -> Vec<Defect> {
    match read_json(text) {
        Ok(def) => check(&def, staffing, named),
        Err(defect) => vec![defect],
    }
}

/// Every defect of a definition; none = it may be published.
pub fn check(def: &ProcedureDef, staffing: &Staffing, named: &NamedWorkflows) -> Vec<Defect> {
    let mut found = identity::defects(def);
    found.extend(cases::defects(def));
    match Form::compile(&def.form) {
        Ok(form) => {
            found.extend(conditions::defects(def, &form));
            found.extend(money::field_defects(def, &form));
        }
        Err(own) => found.extend(within("/form", own)),
    }
    found.extend(papers::defects(def));
    found.extend(again::defects(def));
    found.extend(money::defects(def));
    match named.resolve(&def.workflow) {
        Ok(workflow) => {
            found.extend(staffing.defects(def, &workflow));
            found.extend(money::collection_defects(def, &workflow));
            found.extend(service_level::defects(def, &workflow));
        }
        Err(own) => found.extend(own),
    }
    if def.scenarios.is_empty() {
        found.push(Defect::new(DefectCode::NoScenario, "/scenarios", &def.code));
    }
    if found.is_empty() {
        match Procedure::load(def.clone(), named) {
            Ok(procedure) => found.extend(scenario::defects(&procedure)),
            Err(own) => found.extend(own),
        }
    }
    found.sort();
    found.dedup();
    found
}
