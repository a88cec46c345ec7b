//! A document of a store: its row, its words, and how others see it.

use diesel::prelude::*;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::schema::record_document;
use crate::error::Result;
use crate::workflow::words;

words! {
    /// How sure a document is; the surest first.
    #[schema(as = RecordTrust)]
    Trust {
        /// Issued and signed through this portal.
        SignedResult = "signed_result", "Kết quả đã ký số", "signed result";
        /// A paper that an official compared with its scan and signed (số hóa).
        DigitisedSigned = "digitised_signed", "Bản số hóa đã ký", "digitised and signed";
        /// Told by the system of another authority.
        Imported = "imported", "Nhập từ hệ thống khác", "imported";
        /// Said by the holder alone.
        Declared = "declared", "Tự khai", "declared";
    }
}

impl Trust {
    /// Sure enough to take the place of a paper: somebody else than the holder stands for it.
    pub fn suffices(self) -> bool {
        self != Self::Declared
    }
}

words! {
    /// Whether a document counts. That it has run out is told apart, by its last day.
    #[schema(as = RecordStanding)]
    Standing {
        /// It counts.
        Valid = "valid", "Còn hiệu lực", "valid";
        /// Another one counts instead.
        Replaced = "replaced", "Đã được thay thế", "replaced";
        /// It does not count for a time.
        Suspended = "suspended", "Tạm đình chỉ", "suspended";
        /// It counts no more.
        Revoked = "revoked", "Đã bị thu hồi", "revoked";
        /// Its time of keeping is over; only this line is left.
        Destroyed = "destroyed", "Đã hủy theo thời hạn lưu trữ", "destroyed when its time was over";
    }
}

impl Standing {
    /// Nothing follows after it.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Replaced | Self::Revoked | Self::Destroyed)
    }
}

/// A document as its row tells.
#[derive(Debug, Clone, Queryable, Selectable, QueryableByName)]
#[diesel(table_name = record_document)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct DocumentRow {
    pub id: Uuid,
    pub holder_person_id: Option<Uuid>,
    pub holder_org_id: Option<Uuid>,
    pub kind: String,
    pub title: String,
    pub issuer: String,
    pub number: String,
    pub issued_on: jiff_diesel::Date,
    pub valid_from: jiff_diesel::Date,
    pub valid_to: Option<jiff_diesel::Date>,
    pub trust: String,
    pub standing: String,
    pub standing_reason: String,
    pub standing_at: jiff_diesel::Timestamp,
    pub replaced_by: Option<Uuid>,
    pub source: String,
    pub keeper_id: Uuid,
    pub file_id: Option<Uuid>,
    pub taken_in_at: jiff_diesel::Timestamp,
    pub taken_in_by: String,
}

/// A document of a store.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RecordOut)]
pub struct DocumentOut {
    pub id: Uuid,
    /// Code of the result (`KQ.G15.000031`), or of another type of document.
    #[schema(max_length = 60)]
    pub kind: String,
    pub title: String,
    /// The authority that issued it.
    pub issuer: String,
    pub number: String,
    #[schema(value_type = String, format = Date)]
    pub issued_on: Date,
    #[schema(value_type = String, format = Date)]
    pub valid_from: Date,
    /// Last day on which it counts; absent = without end.
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_to: Option<Date>,
    pub trust: Trust,
    pub standing: Standing,
    /// Its last day is over.
    pub expired: bool,
    /// Why it stands so.
    pub standing_reason: String,
    #[schema(value_type = String, format = DateTime)]
    pub standing_at: Timestamp,
    /// The document that counts instead.
    pub replaced_by: Option<Uuid>,
    /// result, digitised or import.
    pub source: String,
    /// There is a file to download.
    pub has_file: bool,
    #[schema(value_type = String, format = DateTime)]
    pub taken_in_at: Timestamp,
    #[schema(value_type = Object)]
    pub links: Value,
}

impl DocumentRow {
    /// As it is shown on a day.
    pub fn out(&self, today: Date) -> Result<DocumentOut> {
        let valid_to = self.valid_to.map(|day| day.to_jiff());
        Ok(DocumentOut {
            id: self.id,
            kind: self.kind.clone(),
            title: self.title.clone(),
            issuer: self.issuer.clone(),
            number: self.number.clone(),
            issued_on: self.issued_on.to_jiff(),
            valid_from: self.valid_from.to_jiff(),
            valid_to,
            trust: self.trust.parse().map_err(anyhow::Error::from)?,
            standing: self.standing()?,
            expired: valid_to.is_some_and(|last| last < today),
            standing_reason: self.standing_reason.clone(),
            standing_at: self.standing_at.to_jiff(),
            replaced_by: self.replaced_by,
            source: self.source.clone(),
            has_file: self.file_id.is_some() && self.standing != Standing::Destroyed.word(),
            taken_in_at: self.taken_in_at.to_jiff(),
            links: json!({ "self": format!("/api/v1/records/{}", self.id) }),
        })
    }

    pub fn standing(&self) -> Result<Standing> {
        Ok(self.standing.parse().map_err(anyhow::Error::from)?)
    }
}

/// The document with this identifier, whoever asks.
pub fn load(conn: &mut PgConnection, id: Uuid) -> Result<Option<DocumentRow>> {
    let found = record_document::table.find(id).select(DocumentRow::as_select());
    Ok(found.first(conn).optional()?)
}
