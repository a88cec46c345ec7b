//! A document as the registers know it now: never from a cache, so that a revocation shows at
//! the next look.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::prepared;
use crate::dossiers::signed_receipt::{code_of, opens};
use crate::error::{NOT_FOUND, Result};
use crate::workflow::words;

/// Bytes of the longest word that is looked for; ours are shorter.
const WORD_LIMIT: usize = 64;

words! {
    /// What a document is.
    #[schema(as = VerifiedKind)]
    Kind {
        /// What an authority decided.
        Result = "result", "Kết quả giải quyết thủ tục hành chính", "result of an administrative procedure";
        /// A form of Thông tư 03/2025 about a dossier.
        Form = "form", "Biểu mẫu một cửa", "form of the one-stop unit";
        /// What was received with a dossier, signed by the portal.
        Submission = "submission", "Giấy tiếp nhận hồ sơ và hẹn trả kết quả", "submission receipt";
        /// For a charge or fee that was paid.
        Receipt = "receipt", "Biên lai điện tử", "electronic receipt";
    }
}

words! {
    /// Whether a document holds.
    #[schema(as = VerifiedStanding)]
    Standing {
        /// It holds.
        Valid = "valid", "Có hiệu lực", "valid";
        /// It does not hold for the time being.
        Suspended = "suspended", "Tạm đình chỉ hiệu lực", "suspended";
        /// It does not hold any more.
        Revoked = "revoked", "Đã thu hồi", "revoked";
        /// Another stands in its stead.
        Replaced = "replaced", "Đã được thay thế", "replaced";
        /// A receipt whose money was given back.
        Cancelled = "cancelled", "Đã hủy", "cancelled";
    }
}

/// A document that was issued.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = VerifiedDocument)]
pub struct DocumentOut {
    pub kind: Kind,
    pub name: String,
    /// Number and symbol; of a form, the dossier code.
    pub number: String,
    /// The agency in whose name it stands.
    pub issuer: String,
    /// Whose it is, as on the document.
    pub holder: String,
    #[schema(value_type = String, format = DateTime)]
    pub issued_at: Timestamp,
    pub standing: Standing,
    /// Since when it stands so.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// Why it does not hold.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Number of the document that stands in its stead.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub replaced_by: String,
    /// Who signed it, in order.
    pub signatures: Vec<SignatureOut>,
    /// Whether the file that was asked about is this document; absent when none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub same_file: Option<bool>,
    /// SHA-256 of its files, hex.
    #[serde(skip)]
    hashes: Vec<String>,
}

/// A signature on it.
#[derive(Debug, Clone, QueryableByName, Serialize, ToSchema)]
#[schema(as = VerifiedSignature)]
pub struct SignatureOut {
    /// `official` or `seal`.
    #[diesel(sql_type = Text)]
    pub part: String,
    /// The official, or the agency whose seal it is.
    #[diesel(sql_type = Text)]
    pub signer: String,
    #[diesel(sql_type = Text)]
    pub agency: String,
    /// PAdES level: B-T or B-LT.
    #[diesel(sql_type = Text)]
    pub level: String,
    /// When, as a time-stamp service says.
    #[diesel(sql_type = Timestamptz, deserialize_as = jiff_diesel::Timestamp)]
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

impl DocumentOut {
    /// Says whether the file with this SHA-256 is the document.
    pub fn compared(mut self, sha256: &str) -> Self {
        self.same_file = Some(self.hashes.iter().any(|own| own.eq_ignore_ascii_case(sha256)));
        self
    }
}

#[derive(QueryableByName)]
struct Submitted {
    #[diesel(sql_type = Jsonb)]
    receipt: Value,
    #[diesel(sql_type = Text)]
    issuer: String,
    #[diesel(sql_type = Timestamptz)]
    submitted_at: jiff_diesel::Timestamp,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    number: String,
    #[diesel(sql_type = Text)]
    issuer: String,
    #[diesel(sql_type = Text)]
    holder: String,
    #[diesel(sql_type = Timestamptz)]
    issued_at: jiff_diesel::Timestamp,
    #[diesel(sql_type = Text)]
    standing: String,
    #[diesel(sql_type = Text)]
    reason: String,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    since: Option<jiff_diesel::Timestamp>,
    #[diesel(sql_type = Text)]
    replaced_by: String,
    #[diesel(sql_type = Array<Text>)]
    hashes: Vec<String>,
}

/// The submission receipt of a dossier, for who has its word.
fn submission(conn: &mut PgConnection, word: &str, code: &str) -> Result<DocumentOut> {
    let row: Option<Submitted> = prepared(
        "SELECT d.receipt, a.name AS issuer, d.submitted_at FROM dossier d
           JOIN agency a ON a.id = d.receiving_unit_id WHERE d.code = ?",
    )
    .bind::<Text, _>(code)
    .get_result(conn)
    .optional()?;
    let row = row.filter(|row| opens(word, code, &row.receipt)).ok_or_else(|| NOT_FOUND.err())?;
    let issued_at = row.submitted_at.to_jiff();
    Ok(DocumentOut {
        kind: Kind::Submission,
        name: Kind::Submission.vi().to_owned(),
        number: code.to_owned(),
        issuer: row.issuer,
        holder: row.receipt["applicant"].as_str().unwrap_or_default().to_owned(),
        issued_at,
        standing: Standing::Valid,
        since: issued_at,
        reason: String::new(),
        replaced_by: String::new(),
        signatures: Vec::new(),
        same_file: None,
        // As it is saved.
        hashes: vec![hex::encode(Sha256::digest(serde_json::to_vec(&row.receipt)?))],
    })
}

/// The document that a word opens. A word that was never given and a document that was never
/// issued look the same.
pub fn by_word(conn: &mut PgConnection, word: &str) -> Result<DocumentOut> {
    let sound = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    if word.len() > WORD_LIMIT || !word.bytes().all(sound) {
        return Err(NOT_FOUND.err());
    }
    if let Some(code) = code_of(word) {
        return submission(conn, word, code);
    }
    let row: Option<Row> = prepared(include_str!("sql/by_word.sql"))
        .bind::<Text, _>(word)
        .bind::<Text, _>(word)
        .bind::<Text, _>(word)
        .get_result(conn)
        .optional()?;
    let row = row.ok_or_else(|| NOT_FOUND.err())?;
    let unknown = || anyhow::anyhow!("a {} stands {}", row.kind, row.standing);
    let (kind, standing) = row.kind.parse().ok().zip(row.standing.parse().ok()).ok_or_else(unknown)?;
    let signatures = prepared(include_str!("sql/signatures.sql")).bind::<SqlUuid, _>(row.id).load(conn)?;
    let issued_at = row.issued_at.to_jiff();
    Ok(DocumentOut {
        kind,
        name: row.name,
        number: row.number,
        issuer: row.issuer,
        holder: row.holder,
        issued_at,
        standing,
        since: row.since.map_or(issued_at, jiff_diesel::Timestamp::to_jiff),
        reason: row.reason,
        replaced_by: row.replaced_by,
        signatures,
        same_file: None,
        hashes: row.hashes,
    })
}
