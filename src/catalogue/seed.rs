//! Loads the catalogue of the binary into a database: at every start, only what is missing.

use std::collections::HashSet;

use diesel::prelude::*;
use serde::Deserialize;

use super::rules::{Ready, Rules};
use super::{embedded, import, publish};
use crate::auth::Actor;
use crate::db::schema::{procedure, procedure_version};
use crate::db::{Db, Tx};
use crate::error::Result;

/// What a seed added.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Seeded {
    /// Versions published.
    pub versions: usize,
    /// Unpublished entries of the national list.
    pub listed: usize,
}

/// Publishes the versions of the binary that the database does not have, after the same
/// check as any other, and imports the national list into a database without it.
pub fn seed(db: &Db) -> Result<Seeded> {
    db.write_blocking(&Actor::system("catalogue_seed"), |tx| {
        let versions = versions(tx)?;
        let listed = list(tx)?;
        if versions + listed > 0 {
            tx.audit("catalogue_seed", None)?;
        }
        Ok(Seeded { versions, listed })
    })
}

/// As much of a definition as tells whether it is there.
#[derive(Deserialize)]
struct Name {
    code: String,
    version: i32,
}

fn versions(tx: &mut Tx) -> Result<usize> {
    let known: HashSet<(String, i32)> = procedure_version::table
        .select((procedure_version::procedure_code, procedure_version::version))
        .load(tx.conn)?
        .into_iter()
        .collect();
    let rules = Rules::embedded()?;
    let mut missing: Vec<Ready> = Vec::new();
    for (file, text) in embedded::procedures() {
        let name: Name = serde_json::from_str(text)?;
        if !known.contains(&(name.code, name.version)) {
            missing.push(rules.check(text).map_err(|defects| unsound(file, &defects))?);
        }
    }
    if missing.is_empty() {
        return Ok(0);
    }
    missing.sort_by_key(|ready| ready.definition.version);
    // Versions of one number at a time: a later one builds on the one before.
    let mut published = 0;
    for same_number in missing.chunk_by(|a, b| a.definition.version == b.definition.version) {
        published += publish::publish_all(tx, same_number)?.len();
    }
    Ok(published)
}

fn unsound(file: &str, defects: &[crate::workflow::Defect]) -> anyhow::Error {
    anyhow::anyhow!("the embedded procedure {file} has defects: {defects:?}")
}

/// The national list has more entries than procedures are published: a database that
/// has an unpublished one was given the list before.
fn list(tx: &mut Tx) -> Result<usize> {
    let unpublished = procedure::table.filter(procedure::current_version_id.is_null());
    if diesel::select(diesel::dsl::exists(unpublished)).get_result(tx.conn)? {
        return Ok(0);
    }
    let entries = import::read_csv(embedded::LIST.as_bytes())?;
    Ok(import::import(tx, &entries)?.added)
}
