//! The components of a dossier, as people read them.

use std::collections::HashMap;

use diesel::prelude::*;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::stock::Came;
use super::words::{Digitised, Origin, ScanState};
use crate::catalogue::definition::{Digitise, ProcedureDef};
use crate::db::schema::{component, digitisation};
use crate::error::Result;

/// One component that came, and whether it is digitised.
#[derive(Debug, Serialize, ToSchema)]
pub struct ComponentOut {
    /// Code of the document in the procedure.
    pub code: String,
    pub name: String,
    /// 1 with the filing; 2, 3 … came again as a supplement.
    #[schema(minimum = 1)]
    pub ordinal: i16,
    /// How it came.
    pub origin: Origin,
    /// Files that came with it.
    pub files: Vec<Uuid>,
    /// Why it must be digitised; absent when it need not.
    pub must: Option<Digitise>,
    pub state: Digitised,
    /// When it was received; absent as long as the dossier is not.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub received_at: Option<Timestamp>,
    /// A clerk said how it came; else it follows from what was filed. Officials only.
    pub stated: Option<bool>,
    /// What the clerk remarked. Officials only.
    pub note: Option<String>,
    /// The digitisation in force; absent as long as none is final.
    pub digitisation: Option<DigitisationOut>,
    /// The scan under way. Officials only.
    pub scan: Option<DigitisationOut>,
}

/// One scan of a component.
#[derive(Debug, Serialize, ToSchema)]
pub struct DigitisationOut {
    pub id: Uuid,
    pub state: ScanState,
    /// Officials only.
    pub file_id: Option<Uuid>,
    /// SHA-256 of the scan, hex.
    #[schema(min_length = 64, max_length = 64)]
    pub sha256: String,
    #[schema(value_type = String, format = DateTime)]
    pub scanned_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub compared_at: Option<Timestamp>,
    /// How it differs from the paper, where it was refused.
    pub difference: Option<String>,
    /// The digitisation that it took the place of.
    pub replaces: Option<Uuid>,
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = component)]
#[diesel(check_for_backend(diesel::pg::Pg))]
struct Row {
    code: String,
    ordinal: i16,
    origin: String,
    files: Vec<Uuid>,
    must: Option<String>,
    received_at: jiff_diesel::Timestamp,
    stated_by: Option<String>,
    note: String,
    digitisation_id: Option<Uuid>,
}

/// A scan as stored.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = digitisation)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub(super) struct ScanRow {
    pub id: Uuid,
    pub code: String,
    pub ordinal: i16,
    pub file_id: Uuid,
    pub sha256: String,
    pub state: String,
    pub scanned_at: jiff_diesel::Timestamp,
    pub compared_at: Option<jiff_diesel::Timestamp>,
    pub difference: Option<String>,
    pub replaces_id: Option<Uuid>,
}

impl ScanRow {
    pub fn state(&self) -> Result<ScanState> {
        Ok(self.state.parse().map_err(anyhow::Error::from)?)
    }

    pub fn out(self, official: bool) -> Result<DigitisationOut> {
        Ok(DigitisationOut {
            state: self.state()?,
            id: self.id,
            file_id: official.then_some(self.file_id),
            sha256: self.sha256,
            scanned_at: self.scanned_at.to_jiff(),
            compared_at: self.compared_at.map(jiff_diesel::Timestamp::to_jiff),
            difference: self.difference.filter(|_| official),
            replaces: self.replaces_id,
        })
    }
}

/// The stock of a dossier; none as long as it was not taken. What clerks write for each other
/// is for officials.
pub fn of_dossier(
    conn: &mut PgConnection,
    dossier: Uuid,
    procedure: &ProcedureDef,
    official: bool,
) -> Result<Vec<ComponentOut>> {
    let rows: Vec<Row> = component::table
        .filter(component::dossier_id.eq(dossier))
        .order((component::code, component::ordinal))
        .select(Row::as_select())
        .load(conn)?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let live = digitisation::state.eq_any(["scanned", "compared", "signed"]);
    let scans: Vec<ScanRow> = digitisation::table
        .filter(digitisation::dossier_id.eq(dossier))
        .filter(live)
        .select(ScanRow::as_select())
        .load(conn)?;
    let mut open: HashMap<(String, i16), ScanRow> = HashMap::new();
    let mut signed: HashMap<Uuid, ScanRow> = HashMap::new();
    for scan in scans {
        match scan.state()? {
            ScanState::Signed => drop(signed.insert(scan.id, scan)),
            _ => drop(open.insert((scan.code.clone(), scan.ordinal), scan)),
        }
    }
    let out = |row: Row| {
        let scan = open.remove(&(row.code.clone(), row.ordinal));
        let done = row.digitisation_id.and_then(|id| signed.remove(&id));
        row.out(procedure, done, scan, official)
    };
    rows.into_iter().map(out).collect()
}

impl Row {
    fn out(
        self,
        procedure: &ProcedureDef,
        done: Option<ScanRow>,
        scan: Option<ScanRow>,
        official: bool,
    ) -> Result<ComponentOut> {
        let must = self.must.as_deref().map(str::parse).transpose().map_err(anyhow::Error::from)?;
        let origin: Origin = self.origin.parse().map_err(anyhow::Error::from)?;
        let under_way = scan.as_ref().map(ScanRow::state).transpose()?;
        Ok(ComponentOut {
            name: name_of(procedure, &self.code),
            code: self.code,
            ordinal: self.ordinal,
            origin,
            files: self.files,
            must,
            state: state(origin, must, done.is_some(), under_way),
            received_at: Some(self.received_at.to_jiff()),
            stated: official.then_some(self.stated_by.is_some()),
            note: official.then_some(self.note),
            digitisation: done.map(|scan| scan.out(official)).transpose()?,
            scan: scan.filter(|_| official).map(|scan| scan.out(official)).transpose()?,
        })
    }
}

fn name_of(procedure: &ProcedureDef, code: &str) -> String {
    let found = procedure.documents.iter().find(|document| document.code == code);
    found.map(|document| document.name.clone()).unwrap_or_default()
}

/// Whether a component is digitised. PURE.
fn state(origin: Origin, must: Option<Digitise>, done: bool, scan: Option<ScanState>) -> Digitised {
    match scan {
        _ if done => Digitised::Done,
        _ if matches!(origin, Origin::Electronic | Origin::Reused) => Digitised::Digital,
        Some(ScanState::Compared) => Digitised::Compared,
        Some(_) => Digitised::Scanned,
        None if must.is_some() => Digitised::Waiting,
        None => Digitised::NotRequired,
    }
}

/// The components of a dossier that is not received: as its stock would be taken now.
pub fn planned(came: Vec<Came>, procedure: &ProcedureDef) -> Vec<ComponentOut> {
    let out = |came: Came| ComponentOut {
        name: name_of(procedure, &came.code),
        code: came.code,
        ordinal: 1,
        state: state(came.origin, came.must, false, None),
        origin: came.origin,
        files: came.files,
        must: came.must,
        received_at: None,
        stated: None,
        note: None,
        digitisation: None,
        scan: None,
    };
    came.into_iter().map(out).collect()
}
