//! Which documents somebody reaches: the holder all, who acts for the holder what the mandate
//! covers, officials what was shared with their agency. What is not reached does not exist: 404.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::{Array, Text, Timestamptz, Uuid as SqlUuid};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::document::{DocumentRow, Standing};
use super::uses::{Act, Look};
use crate::app::App;
use crate::auth::{Actor, CitizenActor, Mandate, Who};
use crate::catalogue::Catalogue;
use crate::clock::day_of;
use crate::db::schema::{record_document, record_share};
use crate::db::{Condition, condition, to_sql};
use crate::error::{FORBIDDEN, NOT_FOUND, Result, UNAUTHENTICATED};

/// The reason that is noted when a representative looks.
const BY_MANDATE: &str = "Người đại diện xem kho giấy tờ của người được đại diện";

/// Leaves out what lies in a store and is not to be seen yet: a result is signed before it is
/// handed out, which it is when its dossier is done or returned. `load_submission.sql` says the same
/// of what is offered.
const HANDED_OUT: &str = "NOT (record_document.source = 'result' AND EXISTS (
    SELECT FROM result r JOIN dossier d ON d.id = r.dossier_id
     WHERE r.id = record_document.source_id AND d.status NOT IN (9, 10)))";

/// A store, or the part of one, that somebody may look into.
pub struct Store {
    holder: Holder,
    /// Only these kinds; none = all.
    kinds: Option<Vec<String>>,
    /// Somebody else looks for the holder.
    pub for_another: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    Person(Uuid),
    Organisation(Uuid),
}

impl Holder {
    fn of_mandate(mandate: &Mandate) -> Option<Self> {
        match (mandate.principal_person, mandate.principal_org) {
            (Some(person), _) => Some(Self::Person(person)),
            (None, Some(org)) => Some(Self::Organisation(org)),
            (None, None) => None,
        }
    }

    /// What is there to be seen, by the holder as by who acts for the holder: all, but what was
    /// not handed out.
    pub fn condition(self) -> Condition {
        let held = match self {
            Self::Person(id) => condition("record_document.holder_person_id = ?").bind::<SqlUuid, _>(id),
            Self::Organisation(id) => condition("record_document.holder_org_id = ?").bind::<SqlUuid, _>(id),
        };
        held.and(condition(HANDED_OUT))
    }
}

impl Store {
    pub fn condition(&self) -> Condition {
        let all = self.holder.condition();
        match &self.kinds {
            None => all,
            Some(kinds) => {
                all.and(condition("record_document.kind = ANY (?)").bind::<Array<Text>, _>(kinds.clone()))
            }
        }
    }

    /// What is noted of a look into it; nothing when it is the holder's own.
    pub fn look(&self, document: Uuid, act: Act) -> Option<Look> {
        let purpose = BY_MANDATE.to_owned();
        self.for_another.then_some(Look { document, act, unit: None, dossier: None, share: None, purpose })
    }
}

/// The store of the citizen's own, or that of whom the mandate names.
pub fn store_of(
    app: &App,
    conn: &mut PgConnection,
    citizen: &CitizenActor,
    mandate: Option<Uuid>,
    day: Date,
) -> Result<Store> {
    let Some(id) = mandate else {
        return Ok(Store { holder: Holder::Person(citizen.person_id), kinds: None, for_another: false });
    };
    let mandate = citizen.mandates.iter().find(|mandate| mandate.id == id).ok_or_else(|| NOT_FOUND.err())?;
    of_mandate(&app.catalogue, conn, mandate, day)?.ok_or_else(|| NOT_FOUND.err())
}

/// What a mandate lets see: everything, or what the procedures that it names ask for and give.
fn of_mandate(
    catalogue: &Catalogue,
    conn: &mut PgConnection,
    mandate: &Mandate,
    day: Date,
) -> Result<Option<Store>> {
    let Some(holder) = Holder::of_mandate(mandate) else { return Ok(None) };
    if mandate.scope.is_empty() {
        return Ok(Some(Store { holder, kinds: None, for_another: true }));
    }
    let mut kinds = BTreeSet::new();
    for code in &mandate.scope {
        let version = match catalogue.current(conn, code, day) {
            Err(error) if error.code().status < 500 => continue,
            version => version?,
        };
        let def = &version.procedure.def;
        kinds.extend(def.results.iter().map(|result| result.code.clone()));
        kinds.extend(def.documents.iter().flat_map(|document| document.satisfied_by.iter().cloned()));
    }
    Ok(Some(Store { holder, kinds: Some(kinds.into_iter().collect()), for_another: true }))
}

/// A document that somebody reaches, and what has to be noted of the look.
pub struct Reached {
    pub row: DocumentRow,
    pub look: Option<Look>,
}

/// The document, if the actor reaches it; `act` is what is noted.
pub fn reach(
    app: &App,
    conn: &mut PgConnection,
    actor: &Actor,
    id: Uuid,
    act: Act,
    now: Timestamp,
) -> Result<Reached> {
    let found = match &actor.who {
        Who::Anonymous => return Err(UNAUTHENTICATED.err()),
        Who::Machine(_) | Who::System(_) => return Err(FORBIDDEN.err()),
        Who::Citizen(citizen) => reach_as_citizen(app, conn, citizen, id, act, day_of(now))?,
        Who::Staff(staff) => {
            let units: Vec<Uuid> = staff.positions.iter().map(|position| position.agency_id).collect();
            reach_by_share(conn, &units, id, act, now)?
        }
    };
    found.ok_or_else(|| NOT_FOUND.err())
}

fn reach_as_citizen(
    app: &App,
    conn: &mut PgConnection,
    citizen: &CitizenActor,
    id: Uuid,
    act: Act,
    day: Date,
) -> Result<Option<Reached>> {
    let own = Store { holder: Holder::Person(citizen.person_id), kinds: None, for_another: false };
    let mut stores = vec![own];
    for mandate in &citizen.mandates {
        stores.extend(of_mandate(&app.catalogue, conn, mandate, day)?);
    }
    for store in stores {
        if let Some(row) = within(conn, store.condition(), id)? {
            return Ok(Some(Reached { look: store.look(row.id, act), row }));
        }
    }
    Ok(None)
}

fn within(conn: &mut PgConnection, reach: Condition, id: Uuid) -> Result<Option<DocumentRow>> {
    let found = record_document::table.filter(record_document::id.eq(id)).filter(reach);
    Ok(found.select(DocumentRow::as_select()).first(conn).optional()?)
}

/// A share that lives at this moment.
pub fn live_share(now: Timestamp) -> Condition {
    condition("record_share.revoked_at IS NULL AND record_share.ends_at > ?")
        .bind::<Timestamptz, _>(to_sql(now))
}

/// A document that is shared with one of these agencies.
fn reach_by_share(
    conn: &mut PgConnection,
    units: &[Uuid],
    id: Uuid,
    act: Act,
    now: Timestamp,
) -> Result<Option<Reached>> {
    let found: Option<(DocumentRow, Uuid, Option<Uuid>, String)> = record_share::table
        .inner_join(record_document::table.on(record_document::id.eq(record_share::document_id)))
        .filter(record_document::id.eq(id))
        .filter(record_share::agency_id.eq_any(units))
        .filter(live_share(now))
        .filter(record_document::standing.ne(Standing::Destroyed.word()))
        .order(record_share::id)
        .select((DocumentRow::as_select(), record_share::id, record_share::agency_id, record_share::purpose))
        .first(conn)
        .optional()?;
    Ok(found.map(|(row, share, unit, purpose)| Reached {
        look: Some(Look { document: row.id, act, unit, dossier: None, share: Some(share), purpose }),
        row,
    }))
}

/// Whose documents are the actor's to give away and to watch over: the own ones, and those of
/// whom the actor represents by law. An authorised person looks, no more.
pub fn holders_own(actor: &Actor) -> Result<Vec<Holder>> {
    let citizen = actor.need_citizen()?;
    let represented = citizen.mandates.iter().filter(|mandate| mandate.legal_representative);
    let represented = represented.filter(|mandate| mandate.scope.is_empty()).filter_map(Holder::of_mandate);
    Ok(std::iter::once(Holder::Person(citizen.person_id)).chain(represented).collect())
}

/// The document, if one of these holds it.
pub fn own(conn: &mut PgConnection, holders: &[Holder], id: Uuid) -> Result<Option<DocumentRow>> {
    let any = holders.iter().map(|holder| holder.condition()).reduce(Condition::or);
    within(conn, any.unwrap_or_else(|| condition("FALSE")), id)
}
