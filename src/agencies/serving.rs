//! Which agency of a kind serves a place: the police of a commune, the branch of the land
//! office for it, the one office of the province.

use diesel::prelude::*;
use jiff::civil::Date;
use uuid::Uuid;

use crate::db::date_to_sql;
use crate::db::schema::agency;
use crate::error::Result;

/// An agency that might serve.
#[derive(Debug, Queryable)]
struct Candidate {
    id: Uuid,
    admin_unit_code: Option<String>,
    serves: Vec<String>,
}

/// The agency of a kind that serves the place of another agency on a day: one that names the
/// place among those it serves, else the place's own, else the only one of its kind.
pub fn serving(conn: &mut PgConnection, kind: &str, place: Uuid, day: Date) -> Result<Option<Uuid>> {
    let day = date_to_sql(day);
    let unit: Option<Option<String>> =
        agency::table.find(place).select(agency::admin_unit_code).first(conn).optional()?;
    let candidates: Vec<Candidate> = agency::table
        .filter(agency::kind.eq(kind))
        .filter(agency::valid_from.le(day))
        .filter(agency::valid_to.is_null().or(agency::valid_to.ge(day)))
        .order(agency::code)
        .select((agency::id, agency::admin_unit_code, agency::serves))
        .load(conn)?;
    Ok(choose(&candidates, unit.flatten().as_deref()))
}

fn choose(candidates: &[Candidate], unit: Option<&str>) -> Option<Uuid> {
    let names = |c: &&Candidate| unit.is_some_and(|unit| c.serves.iter().any(|served| served == unit));
    let own = |c: &&Candidate| unit.is_some() && c.serves.is_empty() && c.admin_unit_code.as_deref() == unit;
    let only = || candidates.first().filter(|_| candidates.len() == 1);
    let chosen = candidates.iter().find(names).or_else(|| candidates.iter().find(own)).or_else(only);
    chosen.map(|candidate| candidate.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(id: u128, own: &str, serves: &[&str]) -> Candidate {
        let serves = serves.iter().map(|code| (*code).to_owned()).collect();
        Candidate { id: Uuid::from_u128(id), admin_unit_code: Some(own.to_owned()), serves }
    }

    #[test]
    fn the_nearest_is_chosen() {
        let branches = [candidate(1, "A", &["A", "B"]), candidate(2, "C", &["C"]), candidate(3, "B", &[])];
        let cases = [
            (Some("A"), Some(1)),
            (Some("B"), Some(1)),
            (Some("C"), Some(2)),
            (Some("D"), None),
            (None, None),
        ];
        for (unit, expected) in cases {
            assert_eq!(choose(&branches, unit), expected.map(Uuid::from_u128), "{unit:?}");
        }
        assert_eq!(choose(&branches[2..], Some("B")), Some(Uuid::from_u128(3)));
        assert_eq!(choose(&branches[..1], Some("D")), Some(Uuid::from_u128(1)), "the only one");
        assert_eq!(choose(&[], Some("A")), None);
    }
}
