//! An upload is announced, or given up.

use diesel::prelude::*;
use diesel::sql_types::Text;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::super::{FILE_EMPTY, Limits, Purpose, SafeName, Target};
use super::{LIFETIME_HOURS, TOO_MANY_UPLOADS, Upload};
use crate::db::schema::{upload, upload_part};
use crate::db::{Tx, prepared, to_sql};
use crate::error::{NOT_FOUND, Refused, Result};

/// Uploads that one person may have under way.
const UNDER_WAY: i64 = 20;

/// What is announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announced {
    pub target: Target,
    /// Code of the document component; empty = another document.
    pub component: String,
    pub purpose: Purpose,
    pub name: String,
    /// Bytes.
    pub length: u64,
}

impl Limits {
    /// Refuses before the first byte what would be refused after the last; gives the name.
    pub fn check_announced(&self, name: &str, length: u64) -> Result<SafeName> {
        let name = SafeName::of(name)?;
        self.kind_of(&name)?;
        if length == 0 {
            return Err(FILE_EMPTY.err());
        }
        self.check_size(length)?;
        Ok(name)
    }
}

/// Announces an upload.
pub fn begin(tx: &mut Tx, announced: &Announced) -> Result<Upload> {
    let owner = tx.actor.key();
    // Of two that one person announces at once, the second counts the first.
    prepared("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))")
        .bind::<Text, _>(&owner)
        .execute(tx.conn)?;
    let under_way: i64 = upload::table
        .filter(upload::owner.eq(&owner))
        .filter(upload::file_id.is_null())
        .filter(upload::expires_at.gt(to_sql(tx.now)))
        .count()
        .get_result(tx.conn)?;
    if under_way >= UNDER_WAY {
        return Err(Refused::new(&TOO_MANY_UPLOADS).with("max_uploads", UNDER_WAY).into());
    }
    let (draft_id, dossier_id) = match announced.target {
        Target::Draft(id) => (Some(id), None),
        Target::Dossier(id) => (None, Some(id)),
    };
    let row = diesel::insert_into(upload::table)
        .values((
            upload::id.eq(Uuid::now_v7()),
            upload::owner.eq(owner),
            upload::draft_id.eq(draft_id),
            upload::dossier_id.eq(dossier_id),
            upload::component.eq(&announced.component),
            upload::purpose.eq(announced.purpose.word()),
            upload::name.eq(&announced.name),
            upload::length.eq(i64::try_from(announced.length).map_err(anyhow::Error::from)?),
            upload::received.eq(0),
            upload::begun_at.eq(to_sql(tx.now)),
            upload::expires_at.eq(to_sql(expires_at(tx.now))),
        ))
        .returning(Upload::as_returning())
        .get_result(tx.conn)?;
    tx.audit("begin_upload", Some(row.id))?;
    Ok(row)
}

/// When an upload is forgotten that got its last part now.
pub(super) fn expires_at(now: Timestamp) -> Timestamp {
    now.checked_add(SignedDuration::from_hours(LIFETIME_HOURS)).unwrap_or(now)
}

/// Gives up an upload of the actor; gives the keys of what had come. A file that it has become
/// stays.
pub fn end(tx: &mut Tx, id: Uuid) -> Result<Vec<String>> {
    let own = upload::table.find(id).filter(upload::owner.eq(tx.actor.key()));
    let locked: Option<Uuid> = own.select(upload::id).for_update().first(tx.conn).optional()?;
    locked.ok_or_else(|| NOT_FOUND.err())?;
    let keys = forget_parts(tx, id)?;
    diesel::delete(upload::table.find(id)).execute(tx.conn)?;
    tx.audit("end_upload", Some(id))?;
    Ok(keys)
}

/// Removes the rows of the parts; gives the keys of their bytes.
pub(super) fn forget_parts(tx: &mut Tx, id: Uuid) -> Result<Vec<String>> {
    let parts = upload_part::table.filter(upload_part::upload_id.eq(id));
    Ok(diesel::delete(parts).returning(upload_part::storage_key).get_results(tx.conn)?)
}
