//! People as a clerk meets them at the counter: known by their numbers, no account needed.

use diesel::prelude::*;
use uuid::Uuid;

use super::register::upsert_organisation;
use super::{IdentityNo, TaxNo};
use crate::db::schema::person;
use crate::db::{Tx, to_sql};
use crate::error::{INVALID, Result};
use crate::http::Text;

/// The person and the organisation with these numbers, recorded when they are new. What a
/// login proved about a person is not changed by what a clerk typed.
pub fn known(
    tx: &mut Tx,
    identity_no: &Option<String>,
    tax_no: &Option<String>,
    name: &str,
) -> Result<(Option<Uuid>, Option<Uuid>)> {
    let organisation = match tax_no {
        None => None,
        Some(number) => {
            let number = TaxNo::parse(number).map_err(|flaw| {
                INVALID.at("/applicant/tax_no", "mã số thuế không hợp lệ", flaw.to_string())
            })?;
            let name = Text::try_from(name.to_owned())
                .map_err(|_| INVALID.at("/applicant/name", "tên không hợp lệ", "not a valid name"))?;
            Some(upsert_organisation(tx, &number, &name)?)
        }
    };
    let known_person = identity_no.as_deref().map(|number| known_person(tx, number, name)).transpose()?;
    Ok((known_person, organisation))
}

fn known_person(tx: &mut Tx, number: &str, name: &str) -> Result<Uuid> {
    let number = IdentityNo::parse(number).map_err(|flaw| {
        let (vi, en) = flaw.sentence();
        INVALID.at("/applicant/identity_no", vi, en)
    })?;
    let now = to_sql(tx.now);
    diesel::insert_into(person::table)
        .values((
            person::id.eq(Uuid::now_v7()),
            person::identity_no.eq(number.as_str()),
            person::full_name.eq(name),
            person::gender.eq(number.gender().as_str()),
            person::created_at.eq(now),
            person::updated_at.eq(now),
        ))
        .on_conflict(person::identity_no)
        .do_nothing()
        .execute(tx.conn)?;
    Ok(person::table.filter(person::identity_no.eq(number.as_str())).select(person::id).first(tx.conn)?)
}
