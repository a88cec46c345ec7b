//! A leader of the agency that issued a result suspends it, lets it hold again, or revokes it;
//! and calls one off that was not signed.

use diesel::prelude::*;
use diesel::sql_types::{Text as SqlText, Uuid as SqlUuid};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::RESULT_STATE;
use super::history::append;
use super::order::call_off;
use super::register::{self, ResultState};
use super::sign::stands;
use crate::db::schema::result;
use crate::db::{Tx, prepared};
use crate::error::{FORBIDDEN, NOT_FOUND, Result};
use crate::http::Text;
use crate::workflow::Role;

/// What a result is from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeResult {
    /// suspended, revoked, cancelled (never signed), or valid again.
    pub state: ResultState,
    /// Why; it stands in the register.
    #[schema(value_type = String, min_length = 1, max_length = 1000)]
    pub reason: Text<1000>,
}

/// Locks a result.
pub(super) fn lock(tx: &mut Tx, id: Uuid) -> Result<()> {
    let found: Option<Uuid> =
        result::table.find(id).select(result::id).for_no_key_update().first(tx.conn).optional()?;
    found.map(drop).ok_or_else(|| NOT_FOUND.err())
}

/// Which changes there are. PURE.
pub(super) const fn may_become(from: ResultState, to: ResultState) -> bool {
    use ResultState::{Cancelled, Prepared, Revoked, Suspended, Valid};
    matches!((from, to), (Prepared, Cancelled) | (Valid, Suspended | Revoked) | (Suspended, Valid | Revoked))
}

/// Changes a result that the actor sees.
pub fn change(tx: &mut Tx, id: Uuid, change: &ChangeResult) -> Result<()> {
    lock(tx, id)?;
    let row = register::find(tx.conn, id)?;
    if !tx.actor.staff().is_some_and(|staff| staff.holds(Role::Leader, row.unit_id)) {
        return Err(FORBIDDEN.err());
    }
    if !may_become(row.state()?, change.state) {
        return Err(RESULT_STATE.err());
    }
    if change.state == ResultState::Cancelled {
        call_off(tx, row.signing_request_id, change.reason.as_str())?;
    }
    set(tx, id, change.state, change.reason.as_str())?;
    if change.state.was_issued() {
        stands(tx, id)?;
    }
    tx.audit("change_result", Some(id))
}

/// Writes the state and its line. The row is locked.
pub(super) fn set(tx: &mut Tx, id: Uuid, state: ResultState, reason: &str) -> Result<()> {
    let shown = if state == ResultState::Valid { "" } else { reason };
    prepared("UPDATE result SET state = ?, reason = ? WHERE id = ?")
        .bind::<SqlText, _>(state.word())
        .bind::<SqlText, _>(shown)
        .bind::<SqlUuid, _>(id)
        .execute(tx.conn)?;
    append(tx, id, state, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ended_stays_ended_and_nothing_becomes_valid_by_hand() {
        for to in ResultState::ALL {
            for over in [ResultState::Cancelled, ResultState::Revoked, ResultState::Replaced] {
                assert!(!may_become(over, *to), "{over} -> {to}");
            }
        }
        assert!(!may_become(ResultState::Prepared, ResultState::Valid));
        assert!(may_become(ResultState::Suspended, ResultState::Valid));
    }
}
