//! The rows of files: which file belongs to which draft or dossier.

use diesel::prelude::*;
use diesel::sql_types::{Array, Uuid as SqlUuid};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{DRAFT_SUBMITTED, FILES_TOO_LARGE, Finding, Limits, Received, Scan, TOO_MANY_FILES};
use crate::db::schema::{dossier, draft, file};
use crate::db::{Tx, prepared, to_sql};
use crate::error::{NOT_FOUND, Refused, Result};

/// What a file is attached to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    Draft(Uuid),
    Dossier(Uuid),
}

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Part of the filing (thành phần hồ sơ).
    Component,
    /// Part of a supplement (bổ sung).
    Supplement,
    /// A result (kết quả).
    Result,
    /// An opinion of a unit that was asked.
    Opinion,
    /// The scan of a paper component (số hóa).
    Scan,
}

impl Purpose {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Component => "component",
            Self::Supplement => "supplement",
            Self::Result => "result",
            Self::Opinion => "opinion",
            Self::Scan => "scan",
        }
    }

    pub(super) fn of(word: &str) -> Self {
        match word {
            "supplement" => Self::Supplement,
            "result" => Self::Result,
            "opinion" => Self::Opinion,
            "scan" => Self::Scan,
            _ => Self::Component,
        }
    }
}

/// A file as its row tells.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, QueryableByName)]
#[diesel(table_name = file)]
pub struct FileRow {
    pub id: Uuid,
    pub draft_id: Option<Uuid>,
    pub dossier_id: Option<Uuid>,
    pub component: String,
    pub purpose: String,
    pub name: String,
    pub media_type: String,
    pub size: i64,
    pub sha256: String,
    pub storage_key: String,
    pub uploaded_by: String,
    #[diesel(deserialize_as = jiff_diesel::Timestamp)]
    pub uploaded_at: Timestamp,
    pub findings: Vec<String>,
    pub scan: String,
}

/// A file as the API shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FileOut {
    pub id: Uuid,
    /// Code of the document component it satisfies; empty = another document.
    #[schema(max_length = 100)]
    pub component: String,
    pub purpose: Purpose,
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// Type by content.
    pub media_type: String,
    /// Bytes.
    #[schema(minimum = 1)]
    pub size: i64,
    /// SHA-256 of the content, hex.
    #[schema(min_length = 64, max_length = 64)]
    pub sha256: String,
    #[schema(value_type = String, format = DateTime)]
    pub uploaded_at: Timestamp,
    /// What whoever opens it should know.
    pub findings: Vec<Finding>,
    /// What the virus scanner says; where there is one, only what is clean can be downloaded.
    pub scan: Scan,
}

impl From<FileRow> for FileOut {
    fn from(row: FileRow) -> Self {
        Self {
            id: row.id,
            component: row.component,
            purpose: Purpose::of(&row.purpose),
            name: row.name,
            media_type: row.media_type,
            size: row.size,
            sha256: row.sha256,
            uploaded_at: row.uploaded_at,
            findings: row.findings.iter().filter_map(|word| Finding::of(word)).collect(),
            scan: Scan::of(&row.scan),
        }
    }
}

/// Writes the row of a received file. The draft or dossier is locked, so that its limits hold
/// also when many files arrive at once, and no file slips into a draft that is being submitted.
pub fn attach(
    tx: &mut Tx,
    limits: &Limits,
    target: Target,
    component: &str,
    purpose: Purpose,
    received: &Received,
) -> Result<FileOut> {
    lock(tx, target)?;
    check_room(tx, limits, target, received.size)?;
    let (draft_id, dossier_id) = match target {
        Target::Draft(id) => (Some(id), None),
        Target::Dossier(id) => (None, Some(id)),
    };
    let row: FileRow = diesel::insert_into(file::table)
        .values((
            file::id.eq(Uuid::now_v7()),
            file::draft_id.eq(draft_id),
            file::dossier_id.eq(dossier_id),
            file::component.eq(component),
            file::purpose.eq(purpose.word()),
            file::name.eq(&received.name),
            file::media_type.eq(received.media_type),
            file::size.eq(i64::try_from(received.size).map_err(anyhow::Error::from)?),
            file::sha256.eq(&received.sha256),
            file::storage_key.eq(&received.key),
            file::uploaded_by.eq(tx.actor.key()),
            file::uploaded_at.eq(to_sql(tx.now)),
            file::findings.eq(received.findings.iter().map(|finding| finding.word()).collect::<Vec<_>>()),
            file::scan.eq(received.scan.word()),
        ))
        .returning(FileRow::as_returning())
        .get_result(tx.conn)?;
    Ok(row.into())
}

fn lock(tx: &mut Tx, target: Target) -> Result<()> {
    match target {
        Target::Draft(id) => lock_draft(tx, id),
        Target::Dossier(id) => {
            let found: Option<Uuid> =
                dossier::table.find(id).select(dossier::id).for_update().first(tx.conn).optional()?;
            found.map(drop).ok_or_else(|| NOT_FOUND.err())
        }
    }
}

/// Locks a draft that is still one.
fn lock_draft(tx: &mut Tx, id: Uuid) -> Result<()> {
    let submitted: Option<Option<Uuid>> =
        draft::table.find(id).select(draft::dossier_id).for_update().first(tx.conn).optional()?;
    match submitted {
        None => Err(NOT_FOUND.err()),
        Some(Some(_)) => Err(DRAFT_SUBMITTED.err()),
        Some(None) => Ok(()),
    }
}

/// Refuses the file that is one too many or too large beside the others.
fn check_room(tx: &mut Tx, limits: &Limits, target: Target, size: u64) -> Result<()> {
    let sizes: Vec<i64> = match target {
        Target::Draft(id) => live().filter(file::draft_id.eq(id)).select(file::size).load(tx.conn)?,
        Target::Dossier(id) => live().filter(file::dossier_id.eq(id)).select(file::size).load(tx.conn)?,
    };
    if sizes.len() >= limits.max_files_per_dossier as usize {
        return Err(Refused::new(&TOO_MANY_FILES).with("max_files", limits.max_files_per_dossier).into());
    }
    let sum: u64 = sizes.iter().map(|size| size.unsigned_abs()).sum();
    if sum.saturating_add(size) > limits.max_dossier_bytes {
        return Err(Refused::new(&FILES_TOO_LARGE).with("max_bytes", limits.max_dossier_bytes).into());
    }
    Ok(())
}

#[diesel::dsl::auto_type(no_type_alias)]
fn live() -> _ {
    file::table.filter(file::deleted_at.is_null())
}

/// The file with this identifier, unless it was taken out of its draft.
pub fn find(conn: &mut PgConnection, id: Uuid) -> Result<FileRow> {
    let row = live().filter(file::id.eq(id)).select(FileRow::as_select()).first(conn).optional()?;
    row.ok_or_else(|| NOT_FOUND.err())
}

/// Files of a draft, oldest first.
pub fn list_of_draft(conn: &mut PgConnection, draft: Uuid) -> Result<Vec<FileRow>> {
    let of_draft = live().filter(file::draft_id.eq(draft)).order(file::id);
    Ok(of_draft.select(FileRow::as_select()).load(conn)?)
}

/// Files of a dossier, oldest first.
pub fn list_of_dossier(conn: &mut PgConnection, dossier: Uuid) -> Result<Vec<FileRow>> {
    let of_dossier = live().filter(file::dossier_id.eq(dossier)).order(file::id);
    Ok(of_dossier.select(FileRow::as_select()).load(conn)?)
}

/// Takes a file out of a draft that is not submitted; its bytes go with the next sweep.
pub fn remove_from_draft(tx: &mut Tx, draft: Uuid, id: Uuid) -> Result<()> {
    lock_draft(tx, draft)?;
    let removed = diesel::update(live().filter(file::id.eq(id)).filter(file::draft_id.eq(draft)))
        .set(file::deleted_at.eq(to_sql(tx.now)))
        .execute(tx.conn)?;
    if removed == 1 { Ok(()) } else { Err(NOT_FOUND.err()) }
}

/// The files of drafts become those of the dossiers that the drafts became: (draft, dossier).
/// One statement for a whole group commit; gives the rows back for the receipts.
pub fn move_to_dossiers(tx: &mut Tx, submitted: &[(Uuid, Uuid)]) -> Result<Vec<FileRow>> {
    let (drafts, dossiers): (Vec<Uuid>, Vec<Uuid>) = submitted.iter().copied().unzip();
    let mut rows: Vec<FileRow> = prepared(
        "UPDATE file SET dossier_id = (?::uuid[])[array_position(?, draft_id)]
          WHERE draft_id = ANY (?) AND deleted_at IS NULL
        RETURNING *",
    )
    .bind::<Array<SqlUuid>, _>(dossiers)
    .bind::<Array<SqlUuid>, _>(&drafts)
    .bind::<Array<SqlUuid>, _>(&drafts)
    .load(tx.conn)?;
    rows.sort_by_key(|row| row.id);
    Ok(rows)
}

/// Forgets the files of a draft that is thrown away; their bytes go with the next sweep. Those
/// that were filed stay.
pub fn forget_draft(tx: &mut Tx, draft: Uuid) -> Result<()> {
    let unfiled = file::table.filter(file::draft_id.eq(draft)).filter(file::dossier_id.is_null());
    diesel::delete(unfiled).execute(tx.conn)?;
    Ok(())
}
