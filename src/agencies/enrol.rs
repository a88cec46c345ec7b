//! An account with its first position, in one transaction: how a portal gets its first
//! administrator, from the command line. The rules are those of the API; who appoints is the
//! command line itself.

use uuid::Uuid;

use super::staff::{NewPosition, NewStaff, give};
use crate::auth::{Actor, passwords};
use crate::clock::day_of;
use crate::db::Db;
use crate::error::{Error, INVALID, Result};
use crate::http::{Day, Text};
use crate::workflow::Role;

/// Who begins where, as what.
#[derive(Clone)]
pub struct Enrolment {
    pub username: String,
    pub full_name: String,
    pub password: String,
    /// Code of the agency.
    pub agency: String,
    pub role: Role,
}

/// Opens the account and gives the position, from today on; gives the official's id. Refused
/// as a whole: 409 when the name is taken, 422 for an agency that is not there, or for a
/// password shorter than `shortest` characters.
pub fn enrol(db: &Db, new: Enrolment, shortest: usize) -> Result<Uuid> {
    let account = NewStaff {
        username: text("/username", new.username)?,
        full_name: text("/full_name", new.full_name)?,
        password: new.password,
    };
    account.check(shortest)?;
    let agency: Text<50> = text("/agency", new.agency)?;
    let hash = passwords::hash(&account.password)?;
    db.write_blocking(&Actor::system("command_line"), |tx| {
        let official = account.create(tx, &hash)?.id;
        let today = Day::try_from(day_of(tx.now)).map_err(anyhow::Error::msg)?;
        let position =
            NewPosition { agency: agency.clone(), role: new.role, valid_from: today, valid_to: None };
        give(tx, official, &position)?;
        Ok(official)
    })
}

fn text<const MAX: usize>(field: &str, text: String) -> Result<Text<MAX>> {
    let refuse = |reason: String| -> Error {
        INVALID.at(field, format!("từ 1 đến {MAX} ký tự, trên một dòng"), reason)
    };
    Text::try_from(text).map_err(refuse)
}
