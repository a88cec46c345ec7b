//! A clerk of the receiving unit says how a component came: the original or a copy, shown only,
//! looked up. As long as no scan of it was compared.

use diesel::prelude::*;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::DIGITISATION_BEGUN;
use super::stock::{Came, Stock, add_stock, must};
use super::words::Origin;
use crate::catalogue::definition::{Digitise, DocumentDef};
use crate::db::Tx;
use crate::db::schema::{component, digitisation};
use crate::error::{INVALID, NOT_FOUND, Result};

/// What the clerk says.
#[derive(Debug)]
pub struct Said<'a> {
    pub dossier_id: Uuid,
    pub unit_id: Uuid,
    pub document: &'a DocumentDef,
    pub ordinal: i16,
    pub origin: Origin,
    pub note: &'a str,
    /// What stands on the paper.
    pub paper: Option<&'a Paper>,
}

/// What stands on a paper that an authority issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    pub number: String,
    pub issuer: String,
    pub issued_on: Date,
    /// Last day on which it counts; `None` = without end.
    pub valid_to: Option<Date>,
}

/// Writes what the clerk says; a component that came later (shown when the result was fetched)
/// is added. The dossier is locked by the caller.
pub fn say(tx: &mut Tx, said: &Said) -> Result<()> {
    if said.origin == Origin::Reused {
        return Err(INVALID.at(
            "/origin",
            "chỉ hệ thống ghi nhận giấy tờ lấy từ kho dữ liệu",
            "only what was taken from the store is reused",
        ));
    }
    let code = &said.document.code;
    let row = || component::table.find((said.dossier_id, code, said.ordinal));
    let found: Option<Vec<Uuid>> = row().select(component::files).for_update().first(tx.conn).optional()?;
    let files = match found {
        Some(files) => files,
        None => {
            add(tx, said)?;
            Vec::new()
        }
    };
    if said.origin == Origin::Electronic && files.is_empty() {
        return Err(INVALID.at("/origin", "không có tệp nào kèm theo", "no file came with it"));
    }
    if said.paper.is_some() && !said.origin.on_paper() {
        return Err(INVALID.at("/paper", "không có bản giấy", "it did not come on paper"));
    }
    let paper = said.paper.map(serde_json::to_value).transpose().map_err(anyhow::Error::from)?;
    let must = must(said.document, said.origin, !files.is_empty());
    close_scan(tx, said)?;
    diesel::update(row())
        .set((
            component::origin.eq(said.origin.word()),
            component::must.eq(must.map(Digitise::word)),
            component::stated_by.eq(tx.actor.key()),
            component::note.eq(said.note),
            component::paper.eq(paper),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// A component that came after the stock was taken.
fn add(tx: &mut Tx, said: &Said) -> Result<()> {
    if said.ordinal != 1 {
        return Err(NOT_FOUND.err());
    }
    let came = Came { code: said.document.code.clone(), origin: said.origin, files: Vec::new(), must: None };
    add_stock(tx, &Stock { dossier_id: said.dossier_id, unit_id: said.unit_id, came: &[came] })
}

/// What was compared or signed holds the clerk to it; a mere upload is no scan any more where
/// the clerk says that there was no paper.
fn close_scan(tx: &mut Tx, said: &Said) -> Result<()> {
    let of_it = || {
        digitisation::table
            .filter(digitisation::dossier_id.eq(said.dossier_id))
            .filter(digitisation::code.eq(&said.document.code))
            .filter(digitisation::ordinal.eq(said.ordinal))
    };
    let held = of_it().filter(digitisation::state.eq_any(["compared", "signed"])).count();
    if held.get_result::<i64>(tx.conn)? > 0 {
        return Err(DIGITISATION_BEGUN.err());
    }
    if !said.origin.on_paper() {
        diesel::update(of_it().filter(digitisation::state.eq("scanned")))
            .set(digitisation::state.eq("replaced"))
            .execute(tx.conn)?;
    }
    Ok(())
}
