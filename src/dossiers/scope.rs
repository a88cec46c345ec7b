//! Which dossiers somebody sees: one predicate, the root of every query.
//!
//! Get, list, count, export, events and files all start from `visible`. What is not visible
//! does not exist for the caller: 404, the same as a code that was never given. Officials see
//! what their own agency received, handles or was asked about; leaders and auditors also what
//! is below; administrators and machine clients see none.

use diesel::dsl::sql;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Text, Uuid as SqlUuid};

use crate::auth::{Actor, CitizenActor, Who};
use crate::db::schema::dossier;
use crate::workflow::{Post, Role, Unit};
use uuid::Uuid;

use super::state::State;

/// A condition on rows of `dossier`.
pub type Condition = Box<dyn BoxableExpression<dossier::table, Pg, SqlType = Bool>>;

/// The rows that an actor may see.
pub fn visible(actor: &Actor) -> Condition {
    match &actor.who {
        Who::Anonymous | Who::Machine(_) => Box::new(sql::<Bool>("FALSE")),
        Who::System(_) => Box::new(sql::<Bool>("TRUE")),
        Who::Citizen(citizen) => of_citizen(citizen),
        Who::Staff(staff) => {
            let units = staff.sees();
            // An array and not EXISTS: only so do all three conditions use their indexes.
            Box::new(
                sql::<Bool>("(dossier.receiving_unit_id = ANY (")
                    .bind::<Array<SqlUuid>, _>(units.clone())
                    .sql(") OR dossier.handling_unit_id = ANY (")
                    .bind::<Array<SqlUuid>, _>(units.clone())
                    .sql(") OR dossier.id = ANY (ARRAY(SELECT u.dossier_id FROM dossier_unit u WHERE u.unit_id = ANY (")
                    .bind::<Array<SqlUuid>, _>(units)
                    .sql("))))"),
            )
        }
    }
}

/// What concerns the citizen, and what a mandate covers as long as it lives: who filed for
/// somebody under a mandate that has ended sees it no more.
fn of_citizen(citizen: &CitizenActor) -> Condition {
    let own = sql::<Bool>("dossier.applicant_person_id = ").bind::<SqlUuid, _>(citizen.person_id);
    let mut all: Condition = Box::new(own);
    for mandate in &citizen.mandates {
        let (column, principal) = match (mandate.principal_person, mandate.principal_org) {
            (Some(person), _) => ("(dossier.applicant_person_id = ", person),
            (None, Some(org)) => ("(dossier.applicant_org_id = ", org),
            (None, None) => continue,
        };
        let covered = sql::<Bool>(column)
            .bind::<SqlUuid, _>(principal)
            .sql(" AND (cardinality(")
            .bind::<Array<Text>, _>(mandate.scope.clone())
            .sql(") = 0 OR dossier.procedure_code = ANY (")
            .bind::<Array<Text>, _>(mandate.scope.clone())
            .sql(")))");
        all = Box::new(all.or(covered));
    }
    all
}

/// A post of an actor at a dossier.
#[derive(Debug, Clone)]
struct Held {
    post: Post,
    /// The absent official whose post it is, when it is not one's own.
    substitutes: Option<Uuid>,
}

/// What an actor is to one dossier, for `decide`.
#[derive(Debug, Clone, Default)]
pub struct Relation {
    held: Vec<Held>,
    /// The unit whose opinion is asked, where the actor works there.
    pub opinion_unit: Option<Uuid>,
}

impl Relation {
    pub fn posts(&self) -> Vec<Post> {
        self.held.iter().map(|held| held.post).collect()
    }

    /// Stands in for that absent official.
    pub fn stands_in_for(&self, absent: Uuid) -> bool {
        self.held.iter().any(|held| held.substitutes == Some(absent))
    }

    /// In whose place the actor does what the holders of `by` may do: in nobody's, where one
    /// of the actor's own posts allows it.
    pub fn on_behalf_of(&self, by: &[Post]) -> Option<Uuid> {
        let acting = || self.held.iter().filter(|held| by.contains(&held.post));
        match acting().any(|held| held.substitutes.is_none()) {
            true => None,
            false => acting().find_map(|held| held.substitutes),
        }
    }

    /// Does the actor do it for the handling unit? Then the work has begun.
    pub fn handles(&self, by: &[Post]) -> bool {
        let handling = |held: &Held| held.post.unit == Some(Unit::Handling) && works(held.post.role);
        self.held.iter().any(|held| by.contains(&held.post) && handling(held))
    }

    fn hold(&mut self, role: Role, unit: Option<Unit>, substitutes: Option<Uuid>) {
        self.held.push(Held { post: Post { role, unit }, substitutes });
    }
}

/// The units of a dossier that posts refer to.
pub struct Units {
    pub receiving: Uuid,
    pub handling: Uuid,
}

/// The posts of an actor at a dossier that the actor sees.
pub fn relation(actor: &Actor, units: &Units, state: &State) -> Relation {
    let mut relation = Relation::default();
    match &actor.who {
        // Seeing it as a citizen is being the applicant or acting for the applicant.
        Who::Citizen(_) => relation.hold(Role::Applicant, None, None),
        Who::System(_) => relation.hold(Role::System, None, None),
        Who::Anonymous | Who::Machine(_) => {}
        Who::Staff(staff) => {
            for position in &staff.positions {
                for unit in relations_of(position.agency_id, units, state) {
                    relation.hold(position.role, Some(unit), position.substitutes);
                    if unit == Unit::Opinion {
                        relation.opinion_unit = Some(position.agency_id);
                    }
                }
            }
        }
    }
    relation
}

/// Roles whose acts mean that the work has begun.
fn works(role: Role) -> bool {
    matches!(role, Role::Specialist | Role::Leader)
}

fn relations_of(agency: Uuid, units: &Units, state: &State) -> Vec<Unit> {
    let asked = state.progress.opinions.iter().any(|o| o.unit_id == agency && o.answered_at.is_none());
    [
        (units.receiving == agency, Unit::Receiving),
        (units.handling == agency, Unit::Handling),
        (asked, Unit::Opinion),
    ]
    .into_iter()
    .filter_map(|(holds, unit)| holds.then_some(unit))
    .collect()
}
