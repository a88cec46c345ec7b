//! The closure table of the tree of agencies: who is above whom, at any depth.

use diesel::prelude::*;
use diesel::sql_types::Uuid as SqlUuid;
use uuid::Uuid;

use crate::db::Tx;
use crate::db::schema::{agency, agency_closure};
use crate::error::{Code, Result};

pub static AGENCY_CYCLE: Code = Code::new(
    422,
    "agency_cycle",
    "Cơ quan cấp trên không thể là đơn vị bên dưới của chính nó",
    "An agency cannot stand below itself",
);

/// Takes an agency, with everything below it, out from under all that are above it …
const CUT: &str = "DELETE FROM agency_closure
    WHERE descendant_id IN (SELECT descendant_id FROM agency_closure WHERE ancestor_id = $1)
      AND ancestor_id NOT IN (SELECT descendant_id FROM agency_closure WHERE ancestor_id = $1)";
/// … and puts it under a parent and all that are above that one.
const HANG: &str = "INSERT INTO agency_closure (ancestor_id, descendant_id, depth)
    SELECT above.ancestor_id, below.descendant_id, above.depth + below.depth + 1
    FROM agency_closure above CROSS JOIN agency_closure below
    WHERE above.descendant_id = $2 AND below.ancestor_id = $1";

/// Puts an agency, with everything below it, under a parent; `None` makes it a root.
pub fn place(tx: &mut Tx, agency: Uuid, parent: Option<Uuid>) -> Result<()> {
    // Two moves at the same time could make a ring, so all wait for one and the same row.
    let first = agency::table.order(agency::id).select(agency::id).for_update();
    first.first::<Uuid>(tx.conn).optional()?;
    diesel::insert_into(agency_closure::table)
        .values((
            agency_closure::ancestor_id.eq(agency),
            agency_closure::descendant_id.eq(agency),
            agency_closure::depth.eq(0),
        ))
        .on_conflict_do_nothing()
        .execute(tx.conn)?;
    diesel::sql_query(CUT).bind::<SqlUuid, _>(agency).execute(tx.conn)?;
    let Some(parent) = parent else { return Ok(()) };
    let parent_is_below = agency_closure::table.find((agency, parent));
    if diesel::select(diesel::dsl::exists(parent_is_below)).get_result(tx.conn)? {
        return Err(AGENCY_CYCLE.err());
    }
    diesel::sql_query(HANG).bind::<SqlUuid, _>(agency).bind::<SqlUuid, _>(parent).execute(tx.conn)?;
    Ok(())
}
