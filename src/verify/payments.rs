//! Payments: orders against charges, and against what the payment platform told.

use diesel::prelude::*;

use super::{Report, report_lines};
use crate::db::Db;
use crate::db::schema::payment_order;
use crate::error::Result;

pub(super) fn check(db: &Db, report: &mut Report) -> Result<()> {
    let orders: i64 = db.read_blocking(|conn| Ok(payment_order::table.count().get_result(conn)?))?;
    report.orders += orders.unsigned_abs();
    report_lines(db, report, include_str!("payments.sql"))
}
