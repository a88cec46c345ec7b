//! What was not scanned is scanned again, until there is an answer.

use std::time::{Duration, Instant};

use diesel::prelude::*;
use uuid::Uuid;

use super::{Scan, Scanner, Verdict};
use crate::auth::Actor;
use crate::db::schema::file;
use crate::db::{Db, Tx};
use crate::error::Result;
use crate::files::{FileRow, Files};

/// How often it is looked for what was not scanned.
pub const SCAN_EVERY: Duration = Duration::from_secs(30);
/// When a round ends; what is left is for the next.
const ROUND: Duration = Duration::from_secs(25);
/// Files that are looked for at once.
const PAGE: i64 = 50;

impl Files {
    /// Scans what was not scanned, the least tried first; tells how many files got a verdict. It
    /// ends when the scanner does not answer at all.
    pub async fn scan_again(&self, db: &Db) -> Result<usize> {
        let Some(scanner) = &self.scanner else { return Ok(0) };
        let (begun, mut judged) = (Instant::now(), 0);
        loop {
            let rows = db.read(waiting).await?;
            if rows.is_empty() {
                return Ok(judged);
            }
            if let Err(error) = scanner.try_out().await {
                tracing::warn!(
                    error = format!("{error:#}"),
                    "the scanner does not answer; files are held back"
                );
                return Ok(judged);
            }
            let (before, many) = (judged, rows.len());
            for row in rows {
                judged += usize::from(self.judge(db, scanner, &row).await?);
                if begun.elapsed() > ROUND {
                    return Ok(judged);
                }
            }
            // None could be judged, or there was no other: they rest.
            if judged == before || (many as i64) < PAGE {
                return Ok(judged);
            }
        }
    }

    /// Asks about one file and notes the answer.
    async fn judge(&self, db: &Db, scanner: &Scanner, row: &FileRow) -> Result<bool> {
        let scan = match self.scan_stored(scanner, row).await {
            Ok(Verdict::Clean) => Scan::Clean,
            Ok(Verdict::Infected(name)) => {
                tracing::error!(file = %row.id, name, "a stored file is infected; it is given out no more");
                Scan::Infected
            }
            Err(error) => {
                tracing::warn!(file = %row.id, error = format!("{error:#}"), "a stored file was not scanned");
                Scan::Unscanned
            }
        };
        let id = row.id;
        db.write(&Actor::system("scan_files"), move |tx| note(tx, id, scan)).await?;
        Ok(scan != Scan::Unscanned)
    }
}

fn waiting(conn: &mut PgConnection) -> Result<Vec<FileRow>> {
    Ok(file::table
        .filter(file::scan.eq(Scan::Unscanned.word()))
        .filter(file::deleted_at.is_null())
        .order((file::scan_tries, file::id))
        .limit(PAGE)
        .select(FileRow::as_select())
        .load(conn)?)
}

/// A verdict stays: only what has none gets one.
fn note(tx: &mut Tx, id: Uuid, scan: Scan) -> Result<()> {
    let open = file::table.find(id).filter(file::scan.eq(Scan::Unscanned.word()));
    if scan == Scan::Unscanned {
        let more = open.filter(file::scan_tries.lt(i16::MAX));
        diesel::update(more).set(file::scan_tries.eq(file::scan_tries + 1)).execute(tx.conn)?;
        return Ok(());
    }
    diesel::update(open).set(file::scan.eq(scan.word())).execute(tx.conn)?;
    if scan == Scan::Infected {
        tx.audit("file_infected", Some(id))?;
    }
    Ok(())
}
