//! The receipt: what was received (each file's size and SHA-256), when, due when and why.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::deadline::Deadline;
use super::row::DossierRow;
use super::state::Reused;
use super::submit::NewFiling;
use crate::calendar::TraceLine;
use crate::catalogue::tariff::FeeLine;
use crate::error::Result;

/// The receipt as stored and shown (Giấy tiếp nhận hồ sơ và hẹn trả kết quả).
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Receipt {
    /// Dossier code.
    #[serde(default)]
    pub code: String,
    pub procedure_code: String,
    pub procedure_name: String,
    /// The immutable version of the rules that apply.
    pub version_id: Uuid,
    pub unit_code: String,
    pub unit_name: String,
    pub applicant: String,
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Timestamp,
    pub files: Vec<ReceivedFile>,
    /// Components received or seen on paper.
    pub papers: Vec<String>,
    /// Components that were not asked for: the applicant's store held them.
    #[serde(default)]
    pub reused: Vec<Reused>,
    /// When the clock starts.
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Timestamp,
    /// When it is due if it is accepted as filed.
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Timestamp,
    /// Why it is due then.
    pub why: Vec<TraceLine>,
    /// Fees by channel and date, each with its rule; đồng.
    pub fees: Vec<ReceiptFee>,
    /// JWS with detached content (RFC 7515, appendix F) by Ed25519 over the receipt without
    /// this member, as canonical JSON (RFC 8785). Absent on receipts of before there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

/// One file that arrived.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ReceivedFile {
    pub id: Uuid,
    pub component: String,
    pub name: String,
    pub media_type: String,
    /// Bytes.
    pub size: i64,
    /// Hex.
    pub sha256: String,
}

/// One fee of the filing.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ReceiptFee {
    pub code: String,
    pub name: String,
    /// Đồng.
    pub amount: i64,
    pub explanation: String,
    pub legal_basis: String,
}

/// The answer to a submission.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubmittedOut {
    pub id: Uuid,
    /// Dossier code (mã hồ sơ).
    pub code: String,
    /// Opens the public tracking, together with the code.
    pub tracking_secret: String,
    /// Status of the national portal, 1 to 10.
    pub status: i16,
    /// For `If-Match`.
    pub version: i32,
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Timestamp,
    #[schema(value_type = Receipt)]
    pub receipt: Value,
    #[schema(value_type = Object)]
    pub links: Value,
}

/// The receipt of a filing; its code and signature are added with the number.
pub fn receipt(
    new: &NewFiling,
    reused: &[Reused],
    fees: &[FeeLine],
    deadline: &Deadline,
    now: Timestamp,
) -> Result<Value> {
    let definition = &new.version.procedure.def;
    let receipt = Receipt {
        code: String::new(),
        procedure_code: definition.code.clone(),
        procedure_name: definition.name.clone(),
        version_id: new.version.id,
        unit_code: new.unit.code.clone(),
        unit_name: new.unit.name.clone(),
        applicant: new.applicant.name.clone(),
        received_at: now,
        files: new
            .files
            .iter()
            .map(|f| ReceivedFile {
                id: f.id,
                component: f.component.clone(),
                name: f.name.clone(),
                media_type: f.media_type.clone(),
                size: f.size,
                sha256: f.sha256.clone(),
            })
            .collect(),
        papers: new.row.papers.clone(),
        reused: reused.to_vec(),
        starts_at: deadline.starts_at,
        due_at: deadline.due_at,
        why: deadline.trace.clone(),
        fees: fees
            .iter()
            .map(|line| ReceiptFee {
                code: line.code.clone(),
                name: line.name.clone(),
                amount: line.amount,
                explanation: line.explanation_vi.clone(),
                legal_basis: line.legal_basis.clone(),
            })
            .collect(),
        signature: None,
    };
    Ok(serde_json::to_value(receipt)?)
}

/// What the one who submitted gets.
pub fn submitted(row: &DossierRow) -> SubmittedOut {
    SubmittedOut {
        id: row.id,
        code: row.code.clone(),
        tracking_secret: row.tracking_secret.clone(),
        status: row.status,
        version: row.seq,
        due_at: row.due_at.to_jiff(),
        receipt: row.receipt.clone(),
        links: json!({
            "self": format!("/api/v1/dossiers/{}", row.code),
            "actions": format!("/api/v1/dossiers/{}/actions", row.code),
            "tracking": format!("/api/v1/tracking/{}", row.code),
        }),
    }
}
