//! Batches of destroyed documents, as they are shown for ever after.

use diesel::prelude::*;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::schema::{agency, record_destruction, record_destruction_line};
use crate::error::Result;
use crate::http::Cursor;

/// A batch of documents whose time is over.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RecordDestructionOut)]
pub struct BatchOut {
    pub id: Uuid,
    /// Identifier code of the agency that keeps the documents.
    pub agency: String,
    /// proposed, approved or rejected.
    pub state: String,
    /// As kind:id.
    pub proposed_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub proposed_at: Timestamp,
    pub decided_by: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub decided_at: Option<Timestamp>,
    pub decision: String,
    /// In the list of batches: absent.
    pub lines: Option<Vec<LineOut>>,
    #[schema(value_type = Object)]
    pub links: Value,
}

/// One document of a batch.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RecordDestructionLineOut)]
pub struct LineOut {
    pub document: Uuid,
    pub kind: String,
    pub title: String,
    pub issuer: String,
    pub number: String,
    /// Code of the retention rule.
    pub rule: String,
    pub legal_basis: String,
    /// First day on which it might be destroyed.
    #[schema(value_type = String, format = Date)]
    pub due_on: Date,
    /// SHA-256 of its bytes, hex; absent = it had none.
    pub sha256: Option<String>,
    /// Bytes.
    pub size: Option<i64>,
    /// hold, open_dossier or changed: why it was left alone.
    pub spared: Option<String>,
    /// When its bytes were gone.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub erased_at: Option<Timestamp>,
}

/// A page of batches, latest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RecordDestructionPage)]
pub struct BatchPage {
    pub items: Vec<BatchOut>,
    /// Cursor of the next page; absent on the last.
    pub next: Option<String>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = record_destruction)]
struct BatchRow {
    id: Uuid,
    state: String,
    proposed_by: String,
    proposed_at: jiff_diesel::Timestamp,
    decided_by: Option<String>,
    decided_at: Option<jiff_diesel::Timestamp>,
    decision: String,
}

impl BatchRow {
    fn out(self, agency: String, lines: Option<Vec<LineOut>>) -> BatchOut {
        BatchOut {
            links: json!({ "self": format!("/api/v1/record-destructions/{}", self.id) }),
            id: self.id,
            agency,
            state: self.state,
            proposed_by: self.proposed_by,
            proposed_at: self.proposed_at.to_jiff(),
            decided_by: self.decided_by,
            decided_at: self.decided_at.map(|at| at.to_jiff()),
            decision: self.decision,
            lines,
        }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = record_destruction_line)]
struct LineRow {
    document_id: Uuid,
    rule: String,
    legal_basis: String,
    due_on: jiff_diesel::Date,
    kind: String,
    title: String,
    issuer: String,
    number: String,
    sha256: Option<String>,
    size: Option<i64>,
    spared: Option<String>,
    erased_at: Option<jiff_diesel::Timestamp>,
}

impl From<LineRow> for LineOut {
    fn from(row: LineRow) -> Self {
        Self {
            document: row.document_id,
            kind: row.kind,
            title: row.title,
            issuer: row.issuer,
            number: row.number,
            rule: row.rule,
            legal_basis: row.legal_basis,
            due_on: row.due_on.to_jiff(),
            sha256: row.sha256,
            size: row.size,
            spared: row.spared,
            erased_at: row.erased_at.map(|at| at.to_jiff()),
        }
    }
}

/// A batch with its lines.
pub fn show(conn: &mut PgConnection, id: Uuid) -> Result<BatchOut> {
    let (batch, agency): (BatchRow, String) = record_destruction::table
        .inner_join(agency::table.on(agency::id.eq(record_destruction::agency_id)))
        .filter(record_destruction::id.eq(id))
        .select((BatchRow::as_select(), agency::code))
        .first(conn)?;
    let lines: Vec<LineRow> = record_destruction_line::table
        .filter(record_destruction_line::batch_id.eq(id))
        .order(record_destruction_line::document_id)
        .select(LineRow::as_select())
        .load(conn)?;
    Ok(batch.out(agency, Some(lines.into_iter().map(LineOut::from).collect())))
}

/// A page of the batches of these agencies.
pub fn batches(conn: &mut PgConnection, seen: &[Uuid], limit: i64, after: Option<Uuid>) -> Result<BatchPage> {
    let mut query = record_destruction::table
        .inner_join(agency::table.on(agency::id.eq(record_destruction::agency_id)))
        .filter(record_destruction::agency_id.eq_any(seen))
        .order(record_destruction::id.desc())
        .limit(limit + 1)
        .select((BatchRow::as_select(), agency::code))
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(record_destruction::id.lt(after));
    }
    let rows: Vec<(BatchRow, String)> = query.load(conn)?;
    let size = usize::try_from(limit).unwrap_or(usize::MAX);
    let next = match rows.get(size) {
        Some(_) => rows.get(size - 1).map(|(row, _)| Cursor::encode(&row.id)).transpose()?,
        None => None,
    };
    let items = rows.into_iter().take(size).map(|(row, agency)| row.out(agency, None)).collect();
    Ok(BatchPage { items, next })
}
