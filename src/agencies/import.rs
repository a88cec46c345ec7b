//! Agencies and demo accounts from data files; run again, it changes only what differs.

use std::collections::HashMap;

use diesel::prelude::*;
use jiff::civil::Date;
use serde::Deserialize;
use uuid::Uuid;

use super::closure;
use super::words::haystack;
use crate::auth::accounts;
use crate::db::schema::{agency, position, staff};
use crate::db::{Tx, date_to_sql};
use crate::error::Result;
use crate::workflow::Role;

/// Quảng Ninh's agencies.
pub const QUANG_NINH: &str = include_str!("../../data/agencies/quang_ninh.json");
/// Which roles an agency of a kind holds, and the demo's officials.
pub const STAFFING: &str = include_str!("../../data/agencies/staffing.json");

/// `data/agencies/*.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AgencyFile {
    #[serde(rename = "note")]
    _note: String,
    /// Each after its parent.
    agencies: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    code: String,
    long_code: String,
    name: String,
    short_name: String,
    kind: String,
    level: String,
    /// Code of the agency above.
    parent: Option<String>,
    admin_unit_code: Option<String>,
    valid_from: Date,
    valid_to: Option<Date>,
    address: String,
    sample: bool,
    #[serde(default)]
    serves: Vec<String>,
}

/// `data/agencies/staffing.json`, as far as people are concerned; publishing reads the rest.
#[derive(Debug, Deserialize)]
struct Staffing {
    roles: HashMap<String, Vec<Role>>,
    staff: Vec<Official>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Official {
    username: String,
    full_name: String,
    positions: Vec<Held>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Held {
    agency: String,
    role: Role,
    from: Date,
    to: Option<Date>,
}

/// Writes the agencies of a file; gives how many there are. Agencies that the file does not
/// name stay as they are.
pub fn agencies(tx: &mut Tx, json: &str) -> Result<usize> {
    let file: AgencyFile = serde_json::from_str(json)?;
    for entry in &file.agencies {
        let parent = entry.parent.as_deref().map(|code| id_of(tx, code)).transpose()?;
        let before: Option<(Uuid, Option<Uuid>)> = agency::table
            .filter(agency::code.eq(&entry.code))
            .select((agency::id, agency::parent_id))
            .first(tx.conn)
            .optional()?;
        let id = before.map_or_else(Uuid::now_v7, |(id, _)| id);
        write(tx, id, parent, entry)?;
        if before != Some((id, parent)) || parent.is_none() {
            closure::place(tx, id, parent)?;
        }
    }
    Ok(file.agencies.len())
}

fn write(tx: &mut Tx, id: Uuid, parent: Option<Uuid>, entry: &Entry) -> Result<()> {
    let values = (
        agency::long_code.eq(&entry.long_code),
        agency::name.eq(&entry.name),
        agency::short_name.eq(&entry.short_name),
        agency::kind.eq(&entry.kind),
        agency::level.eq(&entry.level),
        agency::parent_id.eq(parent),
        agency::admin_unit_code.eq(&entry.admin_unit_code),
        agency::sample.eq(entry.sample),
        agency::valid_from.eq(date_to_sql(entry.valid_from)),
        agency::valid_to.eq(entry.valid_to.map(date_to_sql)),
        agency::address.eq(&entry.address),
        agency::serves.eq(&entry.serves),
        agency::search.eq(haystack(&[&entry.code, &entry.name, &entry.short_name])),
    );
    diesel::insert_into(agency::table)
        .values((agency::id.eq(id), agency::code.eq(&entry.code), values.clone()))
        .on_conflict(agency::id)
        .do_update()
        .set(values)
        .execute(tx.conn)?;
    Ok(())
}

fn id_of(tx: &mut Tx, code: &str) -> Result<Uuid> {
    let found = agency::table.filter(agency::code.eq(code)).select(agency::id).first(tx.conn).optional()?;
    Ok(found.ok_or_else(|| anyhow::anyhow!("the data names the agency {code}, which is not there"))?)
}

/// Whether some official of the file has no account.
pub fn officials_missing(conn: &mut PgConnection, json: &str) -> Result<bool> {
    let file: Staffing = serde_json::from_str(json)?;
    let names: Vec<&str> = file.staff.iter().map(|official| official.username.as_str()).collect();
    let there: i64 = staff::table.filter(staff::username.eq_any(&names)).count().get_result(conn)?;
    Ok(usize::try_from(there).ok() != Some(names.len()))
}

/// Writes the demo's officials with their positions; gives how many there are. New accounts
/// get the password of the hash; those that are there keep theirs.
pub fn officials(tx: &mut Tx, json: &str, password_hash: &str) -> Result<usize> {
    let file: Staffing = serde_json::from_str(json)?;
    for official in &file.staff {
        let id = match accounts::staff_id(tx.conn, &official.username)? {
            Some(id) => id,
            None => accounts::create_staff(tx, &official.username, &official.full_name, password_hash)?,
        };
        for held in &official.positions {
            let agency = id_of(tx, &held.agency)?;
            diesel::insert_into(position::table)
                .values((
                    position::id.eq(Uuid::now_v7()),
                    position::staff_id.eq(id),
                    position::agency_id.eq(agency),
                    position::role.eq(held.role.word()),
                    position::valid_from.eq(date_to_sql(held.from)),
                    position::valid_to.eq(held.to.map(date_to_sql)),
                ))
                .on_conflict_do_nothing()
                .execute(tx.conn)?;
        }
    }
    Ok(file.staff.len())
}

/// Which roles an agency of a kind holds, as the data says; what publishing asks.
pub fn roles_by_kind() -> Result<HashMap<String, Vec<Role>>> {
    Ok(serde_json::from_str::<Staffing>(STAFFING)?.roles)
}
