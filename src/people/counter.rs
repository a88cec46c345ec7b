//! People as a clerk meets them at the counter: known by their numbers, no account needed.

use diesel::prelude::*;
use uuid::Uuid;

use super::intake::PERSON_DIFFERS;
use super::register::upsert_organisation;
use super::{IdentityNo, TaxNo};
use crate::db::schema::{organisation, person};
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
            Some(known_organisation(tx, &number, &name)?)
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
    let (id, known_name): (Uuid, String) = person::table
        .filter(person::identity_no.eq(number.as_str()))
        .select((person::id, person::full_name))
        .first(tx.conn)?;
    same_name(&known_name, name, "/applicant/identity_no")?;
    Ok(id)
}

fn known_organisation(tx: &mut Tx, number: &TaxNo, name: &Text<300>) -> Result<Uuid> {
    let known: Option<(Uuid, String)> = organisation::table
        .filter(organisation::tax_no.eq(number.as_str()))
        .select((organisation::id, organisation::name))
        .first(tx.conn)
        .optional()?;
    let Some((id, known_name)) = known else { return upsert_organisation(tx, number, name) };
    same_name(&known_name, name.as_str(), "/applicant/tax_no")?;
    Ok(id)
}

/// A number with another name is a slip of the keyboard: the dossier would be a stranger's.
fn same_name(known: &str, said: &str, field: &str) -> Result<()> {
    let words = |text: &str| text.to_lowercase().split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    if words(known) == words(said) {
        return Ok(());
    }
    Err(PERSON_DIFFERS.at(field, "số này đã có với tên khác", "this number is known under another name"))
}
