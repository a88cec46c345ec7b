//! A result as people see it, and where it stands.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::RESULT_NOT_READY;
use super::history::{self, ResultEvent};
use crate::db::prepared;
use crate::error::{NOT_FOUND, Result};
use crate::files::{self, FileRow};
use crate::workflow::words;

words! {
    /// Whether a result holds.
    ResultState {
        /// Not signed yet.
        Prepared = "prepared", "Đang chuẩn bị", "prepared";
        /// It was never signed.
        Cancelled = "cancelled", "Đã hủy", "cancelled";
        /// It holds.
        Valid = "valid", "Có hiệu lực", "valid";
        /// It does not hold for the time being.
        Suspended = "suspended", "Tạm đình chỉ hiệu lực", "suspended";
        /// It does not hold any more.
        Revoked = "revoked", "Đã thu hồi", "revoked";
        /// Another stands in its stead.
        Replaced = "replaced", "Đã được thay thế", "replaced";
    }
}

impl ResultState {
    /// It was issued at some time.
    pub const fn was_issued(self) -> bool {
        !matches!(self, Self::Prepared | Self::Cancelled)
    }
}

/// A result (kết quả giải quyết thủ tục hành chính).
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ResultOut {
    pub id: Uuid,
    /// Result code of the procedure, e.g. KQ.G15.000031.
    pub code: String,
    pub name: String,
    /// Number and symbol.
    pub number: String,
    /// Identifier code and name of the agency that decides.
    pub issuer_code: String,
    pub issuer: String,
    pub holder: String,
    /// Dossier code.
    pub dossier: String,
    pub state: ResultState,
    /// Why it is not valid.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    #[schema(value_type = String, format = DateTime)]
    pub prepared_at: Timestamp,
    /// When it was signed and became valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Timestamp>,
    /// The document can be read.
    pub ready: bool,
    /// Its way through the signer's tray; absent = not ordered to be signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signing: Option<ResultSigning>,
    /// Path at which anybody checks it: the word printed on it. Absent before it is issued.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify: Option<String>,
    /// Why the template could not print it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub failed: String,
    /// Bytes of the document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<i64>,
    /// SHA-256 of the document, hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The result in whose stead it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Uuid>,
    /// The result that stands in its stead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<Uuid>,
    /// Oldest first.
    pub history: Vec<ResultEvent>,
}

/// Where the signing of a result stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ResultSigning {
    /// `waiting`, `sealing`, `signed`, `refused` or `cancelled`.
    pub state: String,
    /// Why it was refused, or why the last try came to nothing.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// A result as stored, with what its operations ask.
#[derive(Debug, Clone, QueryableByName)]
pub struct Row {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub unit_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub dossier_id: Uuid,
    #[diesel(sql_type = Text)]
    pub(super) code: String,
    #[diesel(sql_type = Text)]
    pub(super) name: String,
    #[diesel(sql_type = Text)]
    pub(super) number_text: String,
    #[diesel(sql_type = Text)]
    issuer_code: String,
    #[diesel(sql_type = Text)]
    issuer: String,
    #[diesel(sql_type = Text)]
    token: String,
    #[diesel(sql_type = Jsonb)]
    holder: Value,
    #[diesel(sql_type = Text)]
    dossier: String,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = Text)]
    reason: String,
    #[diesel(sql_type = Text)]
    failed: String,
    #[diesel(sql_type = Timestamptz)]
    prepared_at: jiff_diesel::Timestamp,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    issued_at: Option<jiff_diesel::Timestamp>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub(super) draft_file_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub(super) file_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub(super) replaces_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    replaced_by_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub(super) signing_request_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    signing_state: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    signing_note: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    size: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    sha256: Option<String>,
}

/// Columns of a [`Row`]; the condition follows.
macro_rules! results_where {
    ($condition:literal) => {
        concat!(
            "SELECT r.id, r.unit_id, r.dossier_id, r.code, r.name, r.number_text, a.code AS issuer_code,
                    a.name AS issuer, r.token, r.holder, d.code AS dossier, r.state, r.reason, r.failed, r.prepared_at,
                    r.issued_at, r.draft_file_id, r.file_id, r.replaces_id, r.replaced_by_id, r.signing_request_id,
                    q.state AS signing_state, q.note AS signing_note, f.size, f.sha256
               FROM result r
               JOIN agency a ON a.id = r.unit_id
               JOIN dossier d ON d.id = r.dossier_id
               LEFT JOIN file f ON f.id = coalesce(r.file_id, r.draft_file_id)
               LEFT JOIN signing_request q ON q.id = r.signing_request_id
              WHERE ",
            $condition
        )
    };
}
pub(super) use results_where;

impl Row {
    pub fn state(&self) -> Result<ResultState> {
        Ok(self.state.parse().map_err(anyhow::Error::from)?)
    }

    /// The document as it stands: with its signatures, before without; 409 while there is none.
    pub fn file(&self, conn: &mut PgConnection) -> Result<FileRow> {
        let id = self.file_id.or(self.draft_file_id).ok_or_else(|| RESULT_NOT_READY.err())?;
        files::find(conn, id)
    }

    pub fn out(self, conn: &mut PgConnection) -> Result<ResultOut> {
        Ok(ResultOut {
            history: history::of(conn, self.id)?,
            verify: self.state()?.was_issued().then(|| format!("/verify/{}", self.token)),
            state: self.state()?,
            ready: self.draft_file_id.is_some(),
            signing: self
                .signing_state
                .zip(self.signing_note)
                .map(|(state, note)| ResultSigning { state, note }),
            holder: self.holder["name"].as_str().unwrap_or_default().to_owned(),
            id: self.id,
            code: self.code,
            name: self.name,
            number: self.number_text,
            issuer_code: self.issuer_code,
            issuer: self.issuer,
            dossier: self.dossier,
            reason: self.reason,
            failed: self.failed,
            prepared_at: self.prepared_at.to_jiff(),
            issued_at: self.issued_at.map(jiff_diesel::Timestamp::to_jiff),
            size: self.size,
            sha256: self.sha256,
            replaces: self.replaces_id,
            replaced_by: self.replaced_by_id,
        })
    }
}

/// A result. The caller checks who may see it.
pub fn find(conn: &mut PgConnection, id: Uuid) -> Result<Row> {
    let found = prepared(results_where!("r.id = ?")).bind::<SqlUuid, _>(id).get_result(conn).optional()?;
    found.ok_or_else(|| NOT_FOUND.err())
}

/// A result of a dossier that the caller may see.
pub fn find_of_dossier(conn: &mut PgConnection, dossier: Uuid, id: Uuid) -> Result<Row> {
    find(conn, id).and_then(|row| if row.dossier_id == dossier { Ok(row) } else { Err(NOT_FOUND.err()) })
}

/// The results of a dossier, oldest first.
pub fn of_dossier(conn: &mut PgConnection, dossier: Uuid) -> Result<Vec<Row>> {
    let sql = results_where!("r.dossier_id = ? ORDER BY r.id LIMIT 200");
    Ok(prepared(sql).bind::<SqlUuid, _>(dossier).load(conn)?)
}
