//! The templates of the binary come into a database: at every start, only what is new. What an
//! administrator published for the whole province stays in force.

use diesel::prelude::*;
use jiff::civil::Date;

use super::shipped::shipped;
use super::template::{New, insert};
use crate::auth::Actor;
use crate::clock::day_of;
use crate::db::schema::template;
use crate::db::{Db, Tx};
use crate::error::Result;

/// As whom the binary publishes.
const SEED: &str = "template_seed";
/// From when the first version of each holds: Thông tư 03/2025 and Nghị định 118/2025.
const FIRST_DAY: Date = Date::constant(2025, 7, 1);

/// Publishes what the database does not have; the answer is how many.
pub fn seed(db: &Db) -> Result<usize> {
    db.write_blocking(&Actor::system(SEED), |tx| {
        let mut added = 0;
        for one in shipped()? {
            let last = last_of_province(tx, &one.code, &one.language)?;
            let from = match &last {
                None => FIRST_DAY,
                Some((by, source)) if *by == tx.actor.key() && *source != one.source => day_of(tx.now),
                Some(_) => continue,
            };
            let new = New {
                code: &one.code,
                unit_id: None,
                language: &one.language,
                name: &one.name,
                source: &one.source,
                fields: &one.fields,
                sample: &one.sample,
                results: &one.results,
                from,
            };
            insert(tx, &new)?;
            added += 1;
        }
        if added > 0 {
            tx.audit(SEED, None)?;
        }
        Ok(added)
    })
}

/// Who published the last version for the whole province, and its source.
fn last_of_province(tx: &mut Tx, code: &str, language: &str) -> Result<Option<(String, String)>> {
    Ok(template::table
        .filter(template::code.eq(code))
        .filter(template::language.eq(language))
        .filter(template::unit_id.is_null())
        .order(template::version.desc())
        .select((template::published_by, template::source))
        .first(tx.conn)
        .optional()?)
}
