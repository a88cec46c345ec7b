//! Who acts. Built by the extractors from a live session, with roles read fresh.

use jiff::Timestamp;
use uuid::Uuid;

use crate::workflow::Role;

/// Who a request (or job) acts as, and which request it is.
#[derive(Debug, Clone)]
pub struct Actor {
    pub who: Who,
    pub request_id: Uuid,
}

#[derive(Debug, Clone)]
pub enum Who {
    /// No login.
    Anonymous,
    /// A citizen, logged in by VNeID.
    Citizen(CitizenActor),
    /// An official with positions.
    Staff(StaffActor),
    /// A system of an integrator.
    Machine(MachineActor),
    /// A job of motcua itself; the word says which.
    System(&'static str),
}

#[derive(Debug, Clone)]
pub struct CitizenActor {
    pub person_id: Uuid,
    pub name: String,
    /// Personal identification number (CCCD); `None` for foreigners.
    pub identity_no: Option<String>,
    /// VNeID level of this login: 1 or 2 (NĐ 69/2024).
    pub identity_level: i16,
    /// Whom this person may act for today.
    pub mandates: Vec<Mandate>,
}

/// A live mandate of a citizen.
#[derive(Debug, Clone)]
pub struct Mandate {
    pub id: Uuid,
    pub principal_person: Option<Uuid>,
    pub principal_org: Option<Uuid>,
    pub legal_representative: bool,
    /// Procedure codes it covers; empty = all.
    pub scope: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct StaffActor {
    pub staff_id: Uuid,
    pub name: String,
    /// Own positions, and those of absent officials for whom this one stands in.
    pub positions: Vec<Position>,
}

/// (agency, role), valid today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    pub agency_id: Uuid,
    pub role: Role,
    /// The absent official whose position it is, when it is not one's own.
    pub substitutes: Option<Uuid>,
    /// Agencies within the role's reach: its own, and for a supervising role those below.
    pub sees: Vec<Uuid>,
}

#[derive(Debug, Clone)]
pub struct MachineActor {
    pub id: Uuid,
    pub client_id: String,
    pub scopes: Vec<String>,
}

impl Actor {
    pub fn system(job: &'static str) -> Self {
        Self { who: Who::System(job), request_id: Uuid::now_v7() }
    }

    /// Nobody in particular: a login before it succeeds.
    pub fn anonymous(request_id: Uuid) -> Self {
        Self { who: Who::Anonymous, request_id }
    }

    /// `kind:id`, as the history, the audit trail and the idempotency keys name an actor.
    pub fn key(&self) -> String {
        match &self.who {
            Who::Anonymous => "anonymous:".to_owned(),
            Who::Citizen(c) => format!("citizen:{}", c.person_id),
            Who::Staff(s) => format!("staff:{}", s.staff_id),
            Who::Machine(m) => format!("machine:{}", m.id),
            Who::System(job) => format!("system:{job}"),
        }
    }

    /// The name that the history shows.
    pub fn name(&self) -> String {
        match &self.who {
            Who::Anonymous => String::new(),
            Who::Citizen(c) => c.name.clone(),
            Who::Staff(s) => s.name.clone(),
            Who::Machine(m) => m.client_id.clone(),
            Who::System(job) => (*job).to_owned(),
        }
    }

    pub fn staff(&self) -> Option<&StaffActor> {
        match &self.who {
            Who::Staff(staff) => Some(staff),
            _ => None,
        }
    }

    pub fn citizen(&self) -> Option<&CitizenActor> {
        match &self.who {
            Who::Citizen(citizen) => Some(citizen),
            _ => None,
        }
    }
}

impl StaffActor {
    pub fn has_role(&self, role: Role) -> bool {
        self.positions.iter().any(|p| p.role == role)
    }

    /// Holds the role in just this agency (not by supervision).
    pub fn holds(&self, role: Role, agency: Uuid) -> bool {
        self.positions.iter().any(|p| p.role == role && p.agency_id == agency)
    }

    /// Every agency whose dossiers some position sees. Who keeps an agency's accounts reaches
    /// its people, not its dossiers.
    pub fn sees(&self) -> Vec<Uuid> {
        let reading = self.positions.iter().filter(|p| p.role != Role::AgencyAdmin);
        let mut all: Vec<Uuid> = reading.flat_map(|p| p.sees.iter().copied()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// A session, as the token names it, before roles are loaded.
#[derive(Debug, Clone, Copy)]
pub struct SessionRef {
    pub id: Uuid,
    pub expires_at: Timestamp,
}
