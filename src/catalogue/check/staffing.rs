//! Who works where: every role that a workflow needs is held by somebody.
use crate::catalogue::definition::{Handling, Level, ProcedureDef};
use crate::workflow::{Defect, DefectCode, Post, Role, Unit, Workflow};
use std::collections::{BTreeMap, BTreeSet};

/// The roles that the agencies hold, as far as a procedure can ask for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Staffing {
    /// At the one-stop units of a level.
    pub receiving: BTreeMap<Level, BTreeSet<Role>>,
    /// At the agencies of a level themselves.
    pub own: BTreeMap<Level, BTreeSet<Role>>,
    /// At the agencies of a kind (`commune_police`).
    pub kinds: BTreeMap<String, BTreeSet<Role>>,
    /// At single agencies, by identifier code.
    pub agencies: BTreeMap<String, BTreeSet<Role>>,
    /// At the units that can be asked for an opinion.
    pub consulted: BTreeSet<Role>,
}

impl Staffing {
    /// Every kind of place at every level is fully staffed: what to check against when
    /// the agencies are not known. Single agencies and kinds are taken from `def`.
    pub fn complete(def: &ProcedureDef) -> Self {
        let all: BTreeSet<Role> = Role::ALL.iter().copied().collect();
        let levels: BTreeMap<_, _> = Level::ALL.iter().map(|l| (*l, all.clone())).collect();
        let mut staffing =
            Self { receiving: levels.clone(), own: levels, consulted: all.clone(), ..Self::default() };
        match &def.handling {
            Handling::SameAgency {} => {}
            Handling::AgencyKind { agency_kind } => {
                staffing.kinds.insert(agency_kind.clone(), all);
            }
            Handling::Agency { code } => {
                staffing.agencies.insert(code.clone(), all);
            }
        }
        staffing
    }

    pub(super) fn defects(&self, def: &ProcedureDef, workflow: &Workflow) -> Vec<Defect> {
        let mut found: Vec<Defect> = self.unknown_agency(def).into_iter().collect();
        if !found.is_empty() {
            return found;
        }
        for level in def.levels.iter().copied() {
            for step in &workflow.definition().steps {
                let missing = step.holder.filter(|post| !self.holds(def, level, *post));
                if let Some(post) = missing {
                    let defect = Defect::new(
                        DefectCode::RoleNotStaffed,
                        "/workflow",
                        format!("{} @ {level}: {}", post.role, step.id),
                    );
                    found.push(defect.via(vec![step.id.clone()]));
                }
            }
            for way in &workflow.definition().transitions {
                if !way.by.iter().any(|post| self.holds(def, level, *post)) {
                    let what = format!("{} @ {level}", way.action);
                    let defect = Defect::new(DefectCode::RoleNotStaffed, "/workflow", what);
                    found.push(defect.via(way.from.clone()));
                }
            }
        }
        found
    }

    fn unknown_agency(&self, def: &ProcedureDef) -> Option<Defect> {
        let (path, name) = match &def.handling {
            Handling::SameAgency {} => return None,
            Handling::AgencyKind { agency_kind } if !self.kinds.contains_key(agency_kind) => {
                ("/handling/agency_kind", agency_kind)
            }
            Handling::Agency { code } if !self.agencies.contains_key(code) => ("/handling/code", code),
            Handling::AgencyKind { .. } | Handling::Agency { .. } => return None,
        };
        Some(Defect::new(DefectCode::UnknownAgency, path, name))
    }

    fn holds(&self, def: &ProcedureDef, level: Level, post: Post) -> bool {
        let Some(unit) = post.unit else {
            return true;
        };
        let roles = match unit {
            Unit::Receiving => self.receiving.get(&level),
            Unit::Opinion => Some(&self.consulted),
            Unit::Handling => match &def.handling {
                Handling::SameAgency {} => self.own.get(&level),
                Handling::AgencyKind { agency_kind } => self.kinds.get(agency_kind),
                Handling::Agency { code } => self.agencies.get(code),
            },
        };
        roles.is_some_and(|roles| roles.contains(&post.role))
    }
}
