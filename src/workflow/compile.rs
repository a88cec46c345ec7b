//! The only way from a definition to a usable workflow.
use super::defect::Defect;
use super::definition::{StepDef, StepId, Target, TransitionDef, WorkflowDef};
use super::facts::Position;
use super::{branches, law, net, shape};
use std::collections::{BTreeMap, BTreeSet};

/// A workflow that has passed every check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workflow {
    def: WorkflowDef,
    /// Step → its place in the definition.
    places: BTreeMap<StepId, usize>,
    /// The steps with a way back, whose origin has to be remembered.
    detours: BTreeSet<StepId>,
}

impl Workflow {
    /// Checks a definition; with any defect there is no workflow.
    pub fn compile(def: WorkflowDef) -> Result<Self, Vec<Defect>> {
        sound(shape::defects(&def))?;
        let workflow = Self::indexed(def);
        let mut defects = branches::defects(&workflow);
        sound(std::mem::take(&mut defects))?;
        defects.extend(net::defects(&workflow));
        defects.extend(law::defects(&workflow));
        sound(defects)?;
        Ok(workflow)
    }

    fn indexed(def: WorkflowDef) -> Self {
        let places = def.steps.iter().enumerate().map(|(place, step)| (step.id.clone(), place)).collect();
        let detours = def
            .transitions
            .iter()
            .filter(|transition| transition.to.contains(&Target::Back))
            .flat_map(|transition| transition.from.iter().cloned())
            .collect();
        Self { def, places, detours }
    }

    /// The definition it was made of.
    pub fn definition(&self) -> &WorkflowDef {
        &self.def
    }

    /// Where a dossier just filed lies.
    pub fn start(&self) -> &StepId {
        &self.def.start
    }

    /// The position of a dossier just filed.
    pub fn start_position(&self) -> Position {
        Position { marking: vec![self.def.start.clone()], ..Position::default() }
    }

    /// A step by its name.
    pub fn step(&self, id: &StepId) -> Option<&StepDef> {
        self.places.get(id).and_then(|place| self.def.steps.get(*place))
    }

    /// The place of a step in the definition; strangers come last.
    pub(super) fn place(&self, id: &StepId) -> usize {
        self.places.get(id).copied().unwrap_or(usize::MAX)
    }

    /// The step has a way back.
    pub(super) fn is_detour(&self, id: &StepId) -> bool {
        self.detours.contains(id)
    }

    /// Every transition that leaves (or stays at) a step, with its number.
    pub fn transitions_at<'a>(
        &'a self,
        step: &'a StepId,
    ) -> impl Iterator<Item = (usize, &'a TransitionDef)> + 'a {
        self.def.transitions.iter().enumerate().filter(move |(_, transition)| transition.from.contains(step))
    }

    /// The steps of a shortest way from filing to a step.
    pub fn route_to(&self, goal: &StepId) -> Option<Vec<StepId>> {
        net::route_to(self, goal)
    }

    /// No step of the position has a way out.
    pub fn is_closed(&self, position: &Position) -> bool {
        position.marking.iter().all(|id| self.step(id).is_some_and(|step| step.status.is_terminal()))
    }
}

/// Defects in a stable order, each told once.
fn sound(mut defects: Vec<Defect>) -> Result<(), Vec<Defect>> {
    if defects.is_empty() {
        return Ok(());
    }
    defects.sort();
    defects.dedup();
    Err(defects)
}
