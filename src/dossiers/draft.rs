//! Drafts as they are kept: the row, its limits, and whose it is.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::filing::Applicant;
use crate::auth::{Actor, Who};
use crate::catalogue::Version;
use crate::db::schema::{agency, draft};
use crate::db::{Tx, to_sql};
use crate::error::{Code, INVALID, NOT_FOUND, Result, UNAUTHENTICATED};
use crate::workflow::Channel;

pub static DRAFT_OUTDATED: Code = Code::new(
    409,
    "draft_outdated",
    "Thủ tục đã có phiên bản mới; hãy lập lại hồ sơ nháp",
    "The procedure has a new version since this draft was begun; begin it again",
);
pub static DRAFT_SUBMITTED: Code =
    Code::new(409, "draft_submitted", "Hồ sơ nháp này đã được nộp", "This draft was submitted already");

/// Answers of one draft at most, in bytes of JSON.
const ANSWERS_LIMIT: usize = 256 * 1024;
const PAPERS_LIMIT: usize = 60;

/// What can be changed as long as it is a draft.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftContent {
    /// Answers to the form so far; checked when submitted.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub answers: Map<String, Value>,
    /// Clerks: codes of the components received or seen on paper.
    #[serde(default)]
    #[schema(max_items = 60)]
    pub papers: Vec<String>,
    /// How the result shall be returned.
    #[serde(default)]
    pub return_by: Option<Channel>,
}

/// A draft.
#[derive(Debug, Serialize, ToSchema)]
pub struct DraftOut {
    pub id: Uuid,
    pub procedure: String,
    pub case: Option<String>,
    pub channel: String,
    /// Identifier code of the receiving unit.
    pub unit: String,
    #[schema(value_type = Object)]
    pub acting_for: Value,
    #[schema(value_type = Object)]
    pub applicant: Value,
    #[schema(value_type = Object)]
    pub answers: Value,
    pub papers: Vec<String>,
    pub return_by: String,
    /// For `If-Match`.
    pub version: i32,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: jiff::Timestamp,
    /// The dossier it became.
    pub dossier_id: Option<Uuid>,
    #[schema(value_type = Object)]
    pub links: Value,
}

/// A draft as stored.
#[derive(Debug, Clone, Queryable, QueryableByName, Selectable, Insertable)]
#[diesel(table_name = draft)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct DraftRow {
    pub id: Uuid,
    pub owner: String,
    pub procedure_code: String,
    pub version_id: Uuid,
    pub case_code: Option<String>,
    pub channel: String,
    pub unit_id: Uuid,
    pub acting_for: Value,
    pub applicant: Value,
    pub person_id: Option<Uuid>,
    pub org_id: Option<Uuid>,
    pub answers: Value,
    pub papers: Vec<String>,
    pub return_by: String,
    pub version: i32,
    pub created_at: jiff_diesel::Timestamp,
    pub updated_at: jiff_diesel::Timestamp,
    pub dossier_id: Option<Uuid>,
    /// Kinds of held documents that can take the place of a component.
    pub reuses: Vec<String>,
}

impl DraftRow {
    pub fn out(self, unit: String) -> DraftOut {
        DraftOut {
            links: json!({ "self": format!("/api/v1/drafts/{}", self.id) }),
            id: self.id,
            procedure: self.procedure_code,
            case: self.case_code,
            channel: self.channel,
            unit,
            acting_for: self.acting_for,
            applicant: self.applicant,
            answers: self.answers,
            papers: self.papers,
            return_by: self.return_by,
            version: self.version,
            updated_at: self.updated_at.to_jiff(),
            dossier_id: self.dossier_id,
        }
    }

    pub fn channel(&self) -> Result<Channel> {
        Ok(self.channel.parse().map_err(anyhow::Error::from)?)
    }
}

impl DraftContent {
    /// Limits, and what only a clerk can say.
    pub fn check(&self, actor: &Actor, version: &Version) -> Result<()> {
        let size = serde_json::to_vec(&self.answers)?.len();
        if size > ANSWERS_LIMIT {
            return Err(INVALID.at("/answers", "quá dài", "too long"));
        }
        if contains_nul(&Value::Object(self.answers.clone())) {
            return Err(INVALID.at("/answers", "có ký tự rỗng", "contains a NUL character"));
        }
        if self.papers.len() > PAPERS_LIMIT {
            return Err(INVALID.at("/papers", "danh sách quá dài", "the list is too long"));
        }
        if actor.staff().is_none() && !self.papers.is_empty() {
            // Else a citizen could swear away every document that has to be uploaded.
            return Err(INVALID.at(
                "/papers",
                "chỉ cán bộ một cửa xác nhận bản giấy",
                "only a clerk confirms papers",
            ));
        }
        if self.papers.iter().any(|code| version.document(code).is_none()) {
            return Err(INVALID.at(
                "/papers",
                "không phải thành phần hồ sơ",
                "not a component of this procedure",
            ));
        }
        Ok(())
    }
}

/// PostgreSQL's jsonb cannot hold NUL.
pub fn contains_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(contains_nul),
        Value::Object(members) => members.iter().any(|(k, v)| k.contains('\0') || contains_nul(v)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The drafts of an actor, not those of others.
pub fn owned(conn: &mut PgConnection, actor: &Actor, id: Uuid) -> Result<DraftRow> {
    if matches!(actor.who, Who::Anonymous) {
        return Err(UNAUTHENTICATED.err());
    }
    draft::table
        .find(id)
        .filter(draft::owner.eq(actor.key()))
        .select(DraftRow::as_select())
        .first(conn)
        .optional()?
        .ok_or_else(|| NOT_FOUND.err())
}

/// A draft of the actor, locked, and not submitted yet.
pub fn locked(tx: &mut Tx, id: Uuid) -> Result<DraftRow> {
    let row: DraftRow = draft::table
        .find(id)
        .filter(draft::owner.eq(tx.actor.key()))
        .select(DraftRow::as_select())
        .for_update()
        .first(tx.conn)
        .optional()?
        .ok_or_else(|| NOT_FOUND.err())?;
    if row.dossier_id.is_some() {
        return Err(DRAFT_SUBMITTED.err());
    }
    Ok(row)
}

/// Counts a change of the draft's files as a change of the draft.
pub fn touch(tx: &mut Tx, id: Uuid) -> Result<()> {
    diesel::update(draft::table.find(id))
        .set((draft::version.eq(draft::version + 1), draft::updated_at.eq(to_sql(tx.now))))
        .execute(tx.conn)?;
    Ok(())
}

/// How the result shall be returned: as wanted, else the first way that the procedure offers.
pub fn return_by(version: &Version, wanted: Option<Channel>) -> Result<Channel> {
    let offered = &version.procedure.def.return_channels;
    match wanted.or_else(|| offered.first().copied()) {
        Some(channel) if offered.contains(&channel) => Ok(channel),
        _ => Err(INVALID.at(
            "/return_by",
            "không có cách trả kết quả này",
            "the result is not returned this way",
        )),
    }
}

/// Identifier code of a unit.
pub fn unit_code(conn: &mut PgConnection, id: Uuid) -> Result<String> {
    Ok(agency::table.find(id).select(agency::code).first(conn)?)
}

/// The kind of applicant of a draft, for rules that ask.
pub fn applicant_of(row: &DraftRow) -> Result<Applicant> {
    Ok(serde_json::from_value(row.applicant.clone())?)
}
