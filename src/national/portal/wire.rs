//! The messages of the classic sync API, under their real names.

use anyhow::{Result, anyhow};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Dossier, Progress};
use crate::config::Secret;
use crate::national::wire_time;
use crate::workflow::Channel;

/// `error_code` of success.
const SUCCESS: &str = "0";
/// Longest text of a refusal that is kept, in characters.
const REFUSAL_LIMIT: usize = 200;

/// The question that opens a session.
#[derive(Serialize, Deserialize)]
pub struct Login {
    pub username: String,
    pub password: String,
}

/// Its answer.
#[derive(Serialize, Deserialize)]
pub struct Opened {
    #[serde(default)]
    pub session: String,
    /// A text in one source and a number in another.
    pub error_code: Value,
}

impl Opened {
    /// The session, if one was opened.
    pub fn session(self) -> Option<Secret<String>> {
        let opened = word(&self.error_code) == SUCCESS && !self.session.is_empty();
        opened.then(|| Secret::new(self.session))
    }
}

/// What every call is wrapped in.
#[derive(Debug, Serialize, Deserialize)]
pub struct Envelope<D> {
    pub session: String,
    /// The unit that speaks.
    #[serde(rename = "madonvi")]
    pub unit: String,
    pub service: String,
    /// "True" or "False".
    #[serde(rename = "isUpdating")]
    pub updating: String,
    pub data: D,
}

/// What every call is answered with.
#[derive(Debug, Serialize, Deserialize)]
pub struct Reply {
    pub error_code: Value,
    #[serde(default)]
    pub message: String,
    #[serde(default)]
    pub result: Vec<Value>,
}

impl Reply {
    pub fn is_success(&self) -> bool {
        self.error_code() == SUCCESS
    }

    pub fn error_code(&self) -> String {
        word(&self.error_code)
    }

    /// What was asked for, or the refusal as an error.
    pub fn result(self, service: &str) -> Result<Vec<Value>> {
        if self.is_success() {
            return Ok(self.result);
        }
        let message: String = self.message.chars().take(REFUSAL_LIMIT).collect();
        Err(anyhow!("{service} was refused: {} {message}", self.error_code()))
    }
}

fn word(code: &Value) -> String {
    code.as_str().map_or_else(|| code.to_string(), str::to_owned)
}

/// `TraCuuHoSo`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LookUp {
    #[serde(rename = "MaHoSo")]
    pub code: String,
}

/// The head of `DongBoHoSoMC`. Attached lists (papers, fees, supplements, results) come with
/// the files that they point to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DossierMessage {
    #[serde(rename = "MaHoSo")]
    pub code: String,
    #[serde(rename = "MaTTHC")]
    pub procedure_code: String,
    #[serde(rename = "TenTTHC")]
    pub procedure_name: String,
    #[serde(rename = "MaLinhVuc")]
    pub field_code: String,
    #[serde(rename = "TenLinhVuc")]
    pub field_name: String,
    #[serde(rename = "ChuHoSo")]
    pub owner: String,
    #[serde(rename = "LoaiDoiTuong")]
    pub owner_kind: String,
    #[serde(rename = "MaDoiTuong", default, skip_serializing_if = "Option::is_none")]
    pub owner_number: Option<String>,
    #[serde(rename = "Email", default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Empty when the applicant gave none.
    #[serde(rename = "SoDienThoai")]
    pub phone: String,
    #[serde(rename = "TrichYeuHoSo")]
    pub summary: String,
    #[serde(rename = "NgayTiepNhan")]
    pub received: String,
    #[serde(rename = "NgayHenTra")]
    pub due: String,
    /// 1 to 10.
    #[serde(rename = "TrangThaiHoSo")]
    pub status: String,
    #[serde(rename = "NgayTra", default, skip_serializing_if = "Option::is_none")]
    pub returned: Option<String>,
    #[serde(rename = "HinhThuc")]
    pub channel: String,
    #[serde(rename = "NgayKetThucXuLy", default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<String>,
    #[serde(rename = "DonViXuLy")]
    pub handled_by: String,
}

impl DossierMessage {
    pub fn of(dossier: &Dossier, owner_kind: &str) -> Self {
        Self {
            code: dossier.code.clone(),
            procedure_code: dossier.procedure_code.clone(),
            procedure_name: dossier.procedure_name.clone(),
            field_code: dossier.field_code.clone(),
            field_name: dossier.field_name.clone(),
            owner: dossier.owner.clone(),
            owner_kind: owner_kind.to_owned(),
            owner_number: dossier.owner_number.clone(),
            email: dossier.email.clone(),
            phone: dossier.phone.clone().unwrap_or_default(),
            summary: format!("{}: {}", dossier.procedure_name, dossier.owner),
            received: wire_time(dossier.received_at),
            due: wire_time(dossier.due_at),
            status: dossier.status.code().to_string(),
            returned: dossier.returned_at.map(wire_time),
            channel: channel_code(dossier.channel).to_owned(),
            finished: dossier.finished_at.map(wire_time),
            handled_by: dossier.handled_by.clone(),
        }
    }
}

/// `KenhThucHien`: 1 trực tiếp, 2 trực tuyến, 3 bưu chính công ích.
fn channel_code(channel: Channel) -> &'static str {
    match channel {
        Channel::Counter => "1",
        Channel::Online => "2",
        Channel::Post => "3",
    }
}

/// `CapNhatTienDoHoSoMC`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgressMessage {
    #[serde(rename = "MaHoSo")]
    pub code: String,
    #[serde(rename = "NguoiXuLy")]
    pub by: String,
    #[serde(rename = "ThoiDiemXuLy")]
    pub at: String,
    #[serde(rename = "PhongBanXuLy")]
    pub unit: String,
    #[serde(rename = "NoiDungXuLy")]
    pub what: String,
    #[serde(rename = "TrangThai")]
    pub status: String,
}

impl ProgressMessage {
    pub fn of(code: &str, progress: &Progress) -> Self {
        Self {
            code: code.to_owned(),
            by: progress.by.clone(),
            at: wire_time(progress.at),
            unit: progress.unit.clone(),
            what: progress.what.clone(),
            status: progress.status.code().to_string(),
        }
    }
}
