//! Receipts: numbers without gap or double, and the money that they speak of.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::{Report, report_lines};
use crate::db::Db;
use crate::error::Result;

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    receipts: i64,
}

pub(super) fn check(db: &Db, report: &mut Report) -> Result<()> {
    let all = diesel::sql_query("SELECT count(*) AS receipts FROM receipt");
    let counted: Count = db.read_blocking(|conn| Ok(all.get_result(conn)?))?;
    report.receipts += counted.receipts.unsigned_abs();
    report_lines(db, report, include_str!("receipts.sql"))
}
