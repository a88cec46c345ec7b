//! A procedure ready for use: the definition with its workflow and form compiled.
use super::condition::Filing;
use super::definition::{CaseDef, ProcedureDef, WorkflowRef};
use super::form::Form;
use crate::workflow::{Defect, DefectCode, Workflow, WorkflowDef, read_json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The workflows that several procedures share, by name.
#[derive(Clone, Debug, Default)]
pub struct NamedWorkflows(BTreeMap<String, Arc<Workflow>>);

impl NamedWorkflows {
    /// Reads and compiles the JSON text of each.
    pub fn read<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, Vec<Defect>> {
        let mut named = Self::default();
        for text in texts {
            let def: WorkflowDef = read_json(text).map_err(|defect| vec![defect])?;
            let name = def.id.clone();
            let workflow = Arc::new(Workflow::compile(def)?);
            if named.0.insert(name.clone(), workflow).is_some() {
                return Err(vec![Defect::new(DefectCode::DuplicateCode, "/id", name)]);
            }
        }
        Ok(named)
    }

    /// A workflow by its name.
    pub fn get(&self, name: &str) -> Option<Arc<Workflow>> {
        self.0.get(name).cloned()
    }

    /// The workflow that a procedure means; paths of defects begin at the procedure.
    pub fn resolve(&self, meant: &WorkflowRef) -> Result<Arc<Workflow>, Vec<Defect>> {
        match meant {
            WorkflowRef::Named(name) => self
                .get(name)
                .ok_or_else(|| vec![Defect::new(DefectCode::UnknownWorkflow, "/workflow", name)]),
            WorkflowRef::Inline(def) => Workflow::compile(def.as_ref().clone())
                .map(Arc::new)
                .map_err(|found| within("/workflow", found)),
        }
    }
}

/// The defects of a part that lies at `prefix`.
pub(super) fn within(prefix: &str, found: Vec<Defect>) -> Vec<Defect> {
    found.into_iter().map(|d| d.within(prefix)).collect()
}

/// A procedure version with all that a dossier needs of it.
pub struct Procedure {
    /// As written.
    pub def: ProcedureDef,
    /// Its workflow.
    pub workflow: Arc<Workflow>,
    /// Its form.
    pub form: Form,
}

impl Procedure {
    /// Compiles a version that was checked when it was published.
    pub fn load(def: ProcedureDef, named: &NamedWorkflows) -> Result<Self, Vec<Defect>> {
        let workflow = named.resolve(&def.workflow)?;
        let form = Form::compile(&def.form).map_err(|found| within("/form", found))?;
        Ok(Self { def, workflow, form })
    }
}

/// The case of a filing: the first whose condition holds.
pub fn case_of<'a>(def: &'a ProcedureDef, filing: &Filing) -> Option<&'a CaseDef> {
    def.cases.iter().find(|case| case.when.as_ref().is_none_or(|when| when.holds(filing)))
}
