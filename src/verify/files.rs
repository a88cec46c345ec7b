//! Files: every row has its bytes.

use diesel::prelude::*;
use uuid::Uuid;

use super::{PAGE, Report};
use crate::db::Db;
use crate::db::schema::file;
use crate::error::Result;
use crate::files::{FileRow, Files};

pub(super) async fn check(db: &Db, store: &Files, deep: bool, report: &mut Report<'_>) -> Result<()> {
    let mut after = Uuid::nil();
    loop {
        let rows = db.read_blocking(|conn| page(conn, after))?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.id;
        for row in &rows {
            report.files += 1;
            if let Some(flaw) = store.flaw(row, deep).await {
                report.difference(&format!("file {} ({}): {flaw}", row.id, row.name));
            }
        }
    }
}

/// Files that were taken out of their draft are left out: their bytes may be gone.
fn page(conn: &mut PgConnection, after: Uuid) -> Result<Vec<FileRow>> {
    Ok(file::table
        .filter(file::id.gt(after))
        .filter(file::deleted_at.is_null())
        .order(file::id)
        .limit(PAGE as i64)
        .select(FileRow::as_select())
        .load(conn)?)
}
