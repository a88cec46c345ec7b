//! The ledger: whole in itself, and just what the facts say.
//!
//! What should be booked is computed anew from charges, orders, payments and refunds, and
//! compared with the postings, line by line; then the sums of the accounts with what they
//! stand for; then whether the database still keeps its promises about the ledger.

use diesel::prelude::*;

use super::{Report, report_lines};
use crate::db::Db;
use crate::db::schema::transfer;
use crate::error::Result;

pub(super) fn check(db: &Db, report: &mut Report) -> Result<()> {
    let transfers: i64 = db.read_blocking(|conn| Ok(transfer::table.count().get_result(conn)?))?;
    report.transfers += transfers.unsigned_abs();
    report_lines(db, report, include_str!("ledger_whole.sql"))?;
    report_lines(db, report, include_str!("ledger_facts.sql"))?;
    report_lines(db, report, include_str!("ledger_sums.sql"))
}
