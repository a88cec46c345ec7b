//! Who may look at and move money that came: the cashier of a unit, and the leaders above it.
//! Money of which nobody knows for whom it is belongs to the province's.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use uuid::Uuid;

use crate::auth::Actor;
use crate::db::schema::{agency, dossier};
use crate::error::{FORBIDDEN, NOT_FOUND, Result};
use crate::workflow::Role;

/// Longest dossier code that is looked for, in bytes.
const CODE_LIMIT: usize = 100;

/// What somebody's tills reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Till {
    /// Units whose money it is.
    pub units: Vec<Uuid>,
    /// A position at the top of the tree: money without a unit too.
    pub province: bool,
}

impl Till {
    /// The tills of an actor; 401 or 403 for who has none.
    pub fn of(conn: &mut PgConnection, actor: &Actor) -> Result<Self> {
        let staff = actor.need_staff()?;
        let held = || staff.positions.iter().filter(|p| matches!(p.role, Role::Cashier | Role::Leader));
        if held().next().is_none() {
            return Err(FORBIDDEN.err());
        }
        let tops: Vec<Uuid> = agency::table
            .filter(agency::id.eq_any(held().map(|p| p.agency_id).collect::<Vec<_>>()))
            .filter(agency::parent_id.is_null().and(agency::level.eq("province")))
            .select(agency::id)
            .load(conn)?;
        Ok(Self { units: held().flat_map(|p| p.sees.iter().copied()).collect(), province: !tops.is_empty() })
    }

    /// Is it the money of one of these units?
    pub fn reaches(&self, unit: Option<Uuid>) -> bool {
        unit.map_or(self.province, |unit| self.units.contains(&unit))
    }

    /// The dossier of a code that one of these units received; 404 for others.
    pub fn dossier(&self, conn: &mut PgConnection, code: &str) -> Result<Uuid> {
        // PostgreSQL has no text with a NUL.
        if code.len() > CODE_LIMIT || code.contains('\0') {
            return Err(NOT_FOUND.err());
        }
        let found: Option<(Uuid, Uuid)> = dossier::table
            .filter(dossier::code.eq(code))
            .select((dossier::id, dossier::receiving_unit_id))
            .first(conn)
            .optional()?;
        match found {
            Some((id, unit)) if self.reaches(Some(unit)) => Ok(id),
            _ => Err(NOT_FOUND.err()),
        }
    }
}
