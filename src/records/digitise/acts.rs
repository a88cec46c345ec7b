//! The three acts of a digitisation: scanned, compared with the paper, signed by the clerk. Every
//! writer locks the component first, so that of two clerks one comes after the other.

use diesel::prelude::*;
use diesel::sql_types::{Array, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use serde_json::json;
use uuid::Uuid;

use super::seal::{Chained, seal};
use super::show::ScanRow;
use super::words::{Origin, ScanState};
use super::{DigitisationOut, NO_PAPER, NOT_COMPARED, SCAN_CHANGED, SCAN_CLOSED};
use crate::db::schema::{component, digitisation};
use crate::db::{Tx, prepared, to_sql};
use crate::error::{Error, NOT_FOUND, Result};
use crate::files::FileOut;
use crate::jobs::{NewJob, enqueue_many};
use crate::records::take_in::{Digitised, TAKE_IN};

/// A scan, as whoever is to act on it needs it.
#[derive(Debug, Clone, QueryableByName)]
pub struct Scan {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub dossier_id: Uuid,
    #[diesel(sql_type = Text)]
    pub dossier_code: String,
    #[diesel(sql_type = SqlUuid)]
    pub unit_id: Uuid,
    #[diesel(sql_type = Text)]
    pub unit_code: String,
    #[diesel(sql_type = Text)]
    pub code: String,
    #[diesel(sql_type = SmallInt)]
    pub ordinal: i16,
    #[diesel(sql_type = Text)]
    pub sha256: String,
    #[diesel(sql_type = Text)]
    state: String,
}

impl Scan {
    pub fn state(&self) -> Result<ScanState> {
        Ok(self.state.parse().map_err(anyhow::Error::from)?)
    }
}

/// An uploaded file becomes the scan of a component; one under way is replaced by it. The
/// dossier is locked by the caller.
pub fn begin(
    tx: &mut Tx,
    dossier: Uuid,
    code: &str,
    ordinal: i16,
    file: &FileOut,
) -> Result<DigitisationOut> {
    let row = component::table.find((dossier, code, ordinal));
    let (origin, done): (String, Option<Uuid>) = row
        .select((component::origin, component::digitisation_id))
        .for_update()
        .first(tx.conn)
        .optional()?
        .ok_or_else(|| NOT_FOUND.err())?;
    if !origin.parse::<Origin>().map_err(anyhow::Error::from)?.on_paper() {
        return Err(NO_PAPER.err());
    }
    let open = digitisation::table
        .filter(digitisation::dossier_id.eq(dossier))
        .filter(digitisation::code.eq(code))
        .filter(digitisation::ordinal.eq(ordinal))
        .filter(digitisation::state.eq_any(["scanned", "compared"]));
    let before: Option<Uuid> = diesel::update(open)
        .set(digitisation::state.eq(ScanState::Replaced.word()))
        .returning(digitisation::id)
        .get_result(tx.conn)
        .optional()?;
    let row: ScanRow = diesel::insert_into(digitisation::table)
        .values((
            digitisation::id.eq(Uuid::now_v7()),
            digitisation::dossier_id.eq(dossier),
            digitisation::code.eq(code),
            digitisation::ordinal.eq(ordinal),
            digitisation::file_id.eq(file.id),
            digitisation::sha256.eq(&file.sha256),
            digitisation::state.eq(ScanState::Scanned.word()),
            digitisation::scanned_by.eq(tx.actor.key()),
            digitisation::scanned_at.eq(to_sql(tx.now)),
            digitisation::replaces_id.eq(before.or(done)),
        ))
        .returning(ScanRow::as_returning())
        .get_result(tx.conn)?;
    row.out(true)
}

/// Locks the components of these scans, in one order for all, and gives the scans as they are.
pub fn lock(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<Scan>> {
    prepared(
        "SELECT 1 FROM component c
          WHERE (c.dossier_id, c.code, c.ordinal) IN
                (SELECT g.dossier_id, g.code, g.ordinal FROM digitisation g WHERE g.id = ANY (?))
          ORDER BY c.dossier_id, c.code, c.ordinal FOR UPDATE OF c",
    )
    .bind::<Array<SqlUuid>, _>(ids)
    .execute(tx.conn)?;
    Ok(prepared(
        "SELECT g.id, g.dossier_id, d.code AS dossier_code, c.unit_id, a.code AS unit_code, g.code, g.ordinal,
                g.sha256, g.state
           FROM digitisation g
           JOIN component c ON (c.dossier_id, c.code, c.ordinal) = (g.dossier_id, g.code, g.ordinal)
           JOIN dossier d ON d.id = g.dossier_id
           JOIN agency a ON a.id = c.unit_id
          WHERE g.id = ANY (?)",
    )
    .bind::<Array<SqlUuid>, _>(ids)
    .load(tx.conn)?)
}

/// What becomes of a scan that the clerk compared with the paper: the same, or how it differs.
/// `None` = it is so already. PURE.
pub fn compared(scan: &Scan, sha256: &str, difference: Option<&str>) -> Result<Option<ScanState>> {
    if scan.sha256 != sha256 {
        return Err(SCAN_CHANGED.err());
    }
    match (scan.state()?, difference) {
        (ScanState::Scanned, None) => Ok(Some(ScanState::Compared)),
        (ScanState::Scanned | ScanState::Compared, Some(_)) => Ok(Some(ScanState::Refused)),
        (ScanState::Compared | ScanState::Signed, None) | (ScanState::Refused, Some(_)) => Ok(None),
        (ScanState::Signed, Some(_)) | (ScanState::Refused, None) | (ScanState::Replaced, _) => {
            Err(SCAN_CLOSED.err())
        }
    }
}

/// Writes what comparing gave: of each scan whether it is as the paper is, or how it differs.
pub fn compare(tx: &mut Tx, results: &[(Uuid, Option<String>)]) -> Result<()> {
    if results.is_empty() {
        return Ok(());
    }
    let changed = prepared(
        "UPDATE digitisation g
            SET state = CASE WHEN said.difference IS NULL THEN 'compared' ELSE 'refused' END,
                difference = said.difference, compared_by = ?, compared_at = ?
           FROM unnest(?, ?) AS said (id, difference)
          WHERE g.id = said.id AND g.state IN ('scanned', 'compared')",
    )
    .bind::<Text, _>(tx.actor.key())
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .bind::<Array<SqlUuid>, _>(results.iter().map(|(id, _)| *id).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(results.iter().map(|(_, said)| said.clone()).collect::<Vec<_>>())
    .execute(tx.conn)?;
    all_changed(changed, results.len())
}

/// May the clerk sign this scan? `false` = it is signed already. PURE.
pub fn signed(scan: &Scan, sha256: &str) -> Result<bool> {
    if scan.sha256 != sha256 {
        return Err(SCAN_CHANGED.err());
    }
    match scan.state()? {
        ScanState::Compared => Ok(true),
        ScanState::Signed => Ok(false),
        ScanState::Scanned => Err(NOT_COMPARED.err()),
        ScanState::Refused | ScanState::Replaced => Err(SCAN_CLOSED.err()),
    }
}

/// The clerk vouches for these scans, whose components are locked: each gets its record, and is
/// the digitisation in force of its component.
pub fn sign(tx: &mut Tx, scans: &[&Scan]) -> Result<()> {
    if scans.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = scans.iter().map(|scan| scan.id).collect();
    let sealed: Vec<Chained> = scans.iter().map(|scan| Chained::of(scan)).collect();
    seal(tx, &sealed)?;
    let changed =
        prepared("UPDATE digitisation SET state = 'signed' WHERE id = ANY (?) AND state = 'compared'")
            .bind::<Array<SqlUuid>, _>(&ids)
            .execute(tx.conn)?;
    all_changed(changed, ids.len())?;
    let changed = prepared(
        "UPDATE component c SET digitisation_id = g.id
           FROM digitisation g
          WHERE g.id = ANY (?) AND (c.dossier_id, c.code, c.ordinal) = (g.dossier_id, g.code, g.ordinal)",
    )
    .bind::<Array<SqlUuid>, _>(&ids)
    .execute(tx.conn)?;
    all_changed(changed, ids.len())?;
    let told = |id: Uuid| {
        let payload = json!(Digitised { digitisation_id: id });
        NewJob { kind: TAKE_IN, subject: Some(id), payload, dedup: None }
    };
    enqueue_many(tx, &ids.into_iter().map(told).collect::<Vec<_>>())
}

fn all_changed(changed: usize, wanted: usize) -> Result<()> {
    match changed == wanted {
        true => Ok(()),
        false => Err(Error::Internal(anyhow::anyhow!("{changed} of {wanted} digitisations changed"))),
    }
}
