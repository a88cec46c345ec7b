//! Checks of what is stored against what must be true of it; nothing is changed.
//!
//! Each part reads in pages, so that memory stays small however large the database is, and
//! may run beside a portal: a page is read in one snapshot.

mod closes;
mod dossiers;
mod files;
mod ledger;
mod payments;
mod receipts;

use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::db::Db;
use crate::error::Result;
use crate::files::Files;

/// Rows of one page.
const PAGE: usize = 200;

/// What is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// Every row is the fold of its history; numbers have no gaps; drafts lead to their dossier.
    Dossiers,
    /// The scrub: every file and every part of an upload has its bytes, each read and hashed.
    Files,
    /// Orders against charges and against what the payment platform told.
    Payments,
    /// What should be booked, computed anew, against what is booked.
    Ledger,
    /// Numbers of receipts without gap or double; the money that they speak of.
    Receipts,
    /// Digitisations against their files, and the chains of their records.
    Records,
    All,
}

/// What was found, told as it is found.
pub struct Report<'a> {
    pub dossiers: u64,
    pub files: u64,
    pub orders: u64,
    pub transfers: u64,
    pub receipts: u64,
    pub differences: u64,
    tell: &'a mut dyn FnMut(&str),
}

impl<'a> Report<'a> {
    /// Nothing checked yet; `tell` hears of each difference.
    pub fn new(tell: &'a mut dyn FnMut(&str)) -> Self {
        Self { dossiers: 0, files: 0, orders: 0, transfers: 0, receipts: 0, differences: 0, tell }
    }

    fn difference(&mut self, what: &str) {
        self.differences += 1;
        (self.tell)(what);
    }
}

/// Checks a part, or all. `deep`: also read every file and compare its SHA-256.
pub async fn run(db: &Db, store: &Files, part: Part, deep: bool, report: &mut Report<'_>) -> Result<()> {
    let wanted = |other| part == Part::All || part == other;
    if wanted(Part::Dossiers) {
        dossiers::check(db, report)?;
    }
    if wanted(Part::Files) {
        // Who asks for the files alone wants to know of every bit.
        files::check(db, store, deep || part == Part::Files, report).await?;
    }
    if wanted(Part::Payments) {
        payments::check(db, report)?;
    }
    if wanted(Part::Ledger) {
        ledger::check(db, report)?;
        closes::check(db, report)?;
    }
    if wanted(Part::Receipts) {
        receipts::check(db, report)?;
    }
    if wanted(Part::Records) {
        report_lines(db, report, include_str!("digitisations.sql"))?;
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// Reports each line that a query finds; it finds nothing where all is well.
fn report_lines(db: &Db, report: &mut Report, sql: &str) -> Result<()> {
    let lines: Vec<Line> = db.read_blocking(|conn| Ok(diesel::sql_query(sql).load(conn)?))?;
    lines.iter().for_each(|found| report.difference(&found.line));
    Ok(())
}
