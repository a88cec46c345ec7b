//! Files: every row has its bytes, and they are what it says.
//!
//! Rows are read in pages and bytes in pieces, so that memory stays small however much is
//! stored. What seems wrong is looked up once more: its row may have gone meanwhile, and its
//! bytes after it.

use diesel::prelude::*;
use futures_util::{StreamExt, stream};
use uuid::Uuid;

use super::{PAGE, Report};
use crate::db::Db;
use crate::db::schema::{dossier, file, upload_part};
use crate::error::Result;
use crate::files::{Expected, Files};

/// Objects that are read at the same time.
const AT_ONCE: usize = 4;

/// A row that names bytes.
struct Named {
    /// Who it is, as the report tells it.
    who: String,
    expected: Expected,
}

pub(super) async fn check(db: &Db, store: &Files, deep: bool, report: &mut Report<'_>) -> Result<()> {
    let mut after = Uuid::nil();
    while let Some((last, rows)) = db.read_blocking(|conn| files(conn, after))? {
        after = last;
        report.files += rows.len() as u64;
        compare(db, store, deep, rows, report).await?;
    }
    let mut after = (Uuid::nil(), -1);
    while let Some((last, rows)) = db.read_blocking(|conn| parts(conn, after))? {
        after = last;
        compare(db, store, deep, rows, report).await?;
    }
    Ok(())
}

async fn compare(
    db: &Db,
    store: &Files,
    deep: bool,
    rows: Vec<Named>,
    report: &mut Report<'_>,
) -> Result<()> {
    let looked = stream::iter(rows).map(|row| async move {
        let flaw = store.flaw(&row.expected, deep).await;
        (row, flaw)
    });
    let mut looked = looked.buffered(AT_ONCE);
    while let Some((row, flaw)) = looked.next().await {
        let Some(flaw) = flaw.map_err(anyhow::Error::from)? else { continue };
        if db.read_blocking(|conn| still_named(conn, &row.expected.key))? {
            report.difference(&format!("{}: {flaw}", row.who));
        }
    }
    Ok(())
}

/// Files that were taken out of their draft are left out: their bytes may be gone.
fn files(conn: &mut PgConnection, after: Uuid) -> Result<Option<(Uuid, Vec<Named>)>> {
    type Row = (Uuid, Option<Uuid>, Option<String>, String, String, i64, String);
    let rows: Vec<Row> = file::table
        .left_join(dossier::table.on(file::dossier_id.eq(dossier::id.nullable())))
        .filter(file::id.gt(after))
        .filter(file::deleted_at.is_null())
        .order(file::id)
        .limit(PAGE as i64)
        .select((
            file::id,
            file::draft_id,
            dossier::code.nullable(),
            file::name,
            file::storage_key,
            file::size,
            file::sha256,
        ))
        .load(conn)?;
    let last = rows.last().map(|row| row.0);
    let named = rows.into_iter().map(|(id, draft, dossier, name, key, size, sha256)| {
        let of = match (dossier, draft) {
            (Some(code), _) => format!("dossier {code}, "),
            (None, Some(draft)) => format!("draft {draft}, "),
            (None, None) => String::new(),
        };
        Named {
            who: format!("file {id} ({of}{name})"),
            expected: Expected { key, size, sha256: Some(sha256) },
        }
    });
    let named = named.collect();
    Ok(last.map(|last| (last, named)))
}

type Place = (Uuid, i64);

/// Parts of uploads that are under way.
fn parts(conn: &mut PgConnection, after: Place) -> Result<Option<(Place, Vec<Named>)>> {
    let (id, start) = (upload_part::upload_id, upload_part::start);
    let rows: Vec<(Uuid, i64, String, i64)> = upload_part::table
        .filter(id.gt(after.0).or(id.eq(after.0).and(start.gt(after.1))))
        .order((id, start))
        .limit(PAGE as i64)
        .select((id, start, upload_part::storage_key, upload_part::size))
        .load(conn)?;
    let last = rows.last().map(|row| (row.0, row.1));
    let named = rows.into_iter().map(|(id, start, key, size)| Named {
        who: format!("upload {id}, its part at {start}"),
        expected: Expected { sha256: sum_of(&key), key, size },
    });
    let named = named.collect();
    Ok(last.map(|last| (last, named)))
}

/// The SHA-256 that a key tells; those of before tell none.
fn sum_of(key: &str) -> Option<String> {
    let (sum, _) = key.rsplit_once('/')?.1.split_once('-')?;
    Some(sum.to_owned())
}

fn still_named(conn: &mut PgConnection, key: &str) -> Result<bool> {
    let of_file = file::table.filter(file::storage_key.eq(key)).filter(file::deleted_at.is_null());
    let of_part = upload_part::table.filter(upload_part::storage_key.eq(key));
    Ok(diesel::select(diesel::dsl::exists(of_file)).get_result::<bool>(conn)?
        || diesel::select(diesel::dsl::exists(of_part)).get_result::<bool>(conn)?)
}
