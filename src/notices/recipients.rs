//! Who is told.

use diesel::prelude::*;
use diesel::sql_types::{Date as SqlDate, Text, Uuid as SqlUuid};
use jiff::Timestamp;
use uuid::Uuid;

use crate::clock::day_of;
use crate::db::date_to_sql;
use crate::dossiers::News;
use crate::error::Result;
use crate::workflow::Role;

/// Somebody without an account, whom only phone and e-mail reach.
pub const NO_ACCOUNT: &str = "applicant:";
/// The taxpayer of a notice, whose identifier follows: without an account, by personal number.
pub const TAXPAYER: &str = "taxpayer:";

/// Whoever filed the dossier as a citizen, and the applicant, as kind:id.
pub fn applicants(told: &News) -> Vec<String> {
    let filer = told.filed_by.starts_with("citizen:").then(|| told.filed_by.clone());
    let person = told.person_id.map(|id| format!("citizen:{id}"));
    let mut all: Vec<String> = filer.into_iter().chain(person).collect();
    all.dedup();
    if all.is_empty() {
        all.push(NO_ACCOUNT.to_owned());
    }
    all
}

#[derive(QueryableByName)]
struct Leader {
    #[diesel(sql_type = SqlUuid)]
    staff_id: Uuid,
}

/// The leaders of a unit; of the nearest one above it that has any, when it has none.
pub fn leaders(conn: &mut PgConnection, unit: Uuid, now: Timestamp) -> Result<Vec<String>> {
    let leaders: Vec<Leader> = diesel::sql_query(
        "WITH leader AS (
             SELECT p.staff_id, c.depth
               FROM agency_closure c
               JOIN position p ON p.agency_id = c.ancestor_id
               JOIN staff s ON s.id = p.staff_id AND s.active
              WHERE c.descendant_id = $1 AND p.role = $2
                AND p.valid_from <= $3 AND coalesce(p.valid_to, $3) >= $3)
         SELECT DISTINCT staff_id FROM leader
          WHERE depth = (SELECT min(depth) FROM leader) ORDER BY staff_id",
    )
    .bind::<SqlUuid, _>(unit)
    .bind::<Text, _>(Role::Leader.word())
    .bind::<SqlDate, _>(date_to_sql(day_of(now)))
    .load(conn)?;
    Ok(leaders.into_iter().map(|leader| format!("staff:{}", leader.staff_id)).collect())
}
