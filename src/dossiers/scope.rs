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
pub type Visible = Box<dyn BoxableExpression<dossier::table, Pg, SqlType = Bool>>;

/// The rows that an actor may see.
pub fn visible(actor: &Actor) -> Visible {
    match &actor.who {
        Who::Anonymous | Who::Machine(_) => Box::new(sql::<Bool>("FALSE")),
        Who::System(_) => Box::new(sql::<Bool>("TRUE")),
        Who::Citizen(citizen) => of_citizen(actor, citizen),
        Who::Staff(staff) => {
            let units = staff.sees();
            Box::new(
                sql::<Bool>("(dossier.receiving_unit_id = ANY (")
                    .bind::<Array<SqlUuid>, _>(units.clone())
                    .sql(") OR dossier.handling_unit_id = ANY (")
                    .bind::<Array<SqlUuid>, _>(units.clone())
                    .sql(") OR EXISTS (SELECT 1 FROM dossier_unit u WHERE u.dossier_id = dossier.id AND u.unit_id = ANY (")
                    .bind::<Array<SqlUuid>, _>(units)
                    .sql(")))"),
            )
        }
    }
}

/// What a citizen filed, what concerns the citizen, and what a mandate covers.
fn of_citizen(actor: &Actor, citizen: &CitizenActor) -> Visible {
    let own = sql::<Bool>("(dossier.applicant_person_id = ")
        .bind::<SqlUuid, _>(citizen.person_id)
        .sql(" OR dossier.filed_by = ")
        .bind::<Text, _>(actor.key())
        .sql(")");
    let mut all: Visible = Box::new(own);
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

/// What an actor is to one dossier, for `decide`.
#[derive(Debug, Clone)]
pub struct Relation {
    pub posts: Vec<Post>,
    /// The absent official for whom every one of these posts is held, if so.
    pub substitutes: Option<Uuid>,
    /// The unit whose opinion is asked, where the actor works there.
    pub opinion_unit: Option<Uuid>,
    /// The actor works for the handling unit.
    pub handles: bool,
}

/// The units of a dossier that posts refer to.
pub struct Units {
    pub receiving: Uuid,
    pub handling: Uuid,
}

/// The posts of an actor at a dossier that the actor sees.
pub fn relation(actor: &Actor, units: &Units, state: &State) -> Relation {
    let mut relation = Relation { posts: Vec::new(), substitutes: None, opinion_unit: None, handles: false };
    match &actor.who {
        // Seeing it as a citizen is being the applicant or acting for the applicant.
        Who::Citizen(_) => relation.posts.push(Post { role: Role::Applicant, unit: None }),
        Who::System(_) => relation.posts.push(Post { role: Role::System, unit: None }),
        Who::Anonymous | Who::Machine(_) => {}
        Who::Staff(staff) => {
            let mut own_post = false;
            for position in &staff.positions {
                for unit in relations_of(position.agency_id, units, state) {
                    relation.posts.push(Post { role: position.role, unit: Some(unit) });
                    relation.handles |= unit == Unit::Handling && works(position.role);
                    if unit == Unit::Opinion {
                        relation.opinion_unit = Some(position.agency_id);
                    }
                    match position.substitutes {
                        None => own_post = true,
                        absent => relation.substitutes = absent,
                    }
                }
            }
            if own_post {
                relation.substitutes = None;
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
