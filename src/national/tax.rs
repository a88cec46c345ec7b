//! The tax office: slips about land dossiers, so that it can determine what is owed
//! ("Phiếu chuyển thông tin để xác định nghĩa vụ tài chính về đất đai", Mẫu số 19 of
//! NĐ 151/2025/NĐ-CP as amended by NĐ 226/2025/NĐ-CP).
//!
//! Names of the fields: the gateway between the land register and the tax system (message
//! TCT_GPC), and for persons and parcels the tax office's own rows. How they are wrapped in
//! JSON is motcua's own. The office's answer, the notice, is another message.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use super::exchange::Exchange;
use crate::config::Config;

/// Header with the key by which the office knows its senders.
pub const KEY_HEADER: &str = "x-api-key";
/// `MSG_TYPE` of a slip (TCT_GPC: 10 sent, 11 answered).
pub const SLIP: &str = "10";
/// `ERROR_CODE` of success.
pub const SUCCESS: &str = "00";

/// A slip. Its number is unique to its dossier, and a dossier has one slip.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Slip {
    #[serde(rename = "MSG_TYPE")]
    pub kind: String,
    /// The sender's identifier of the message.
    #[serde(rename = "SEQ_ID")]
    pub id: String,
    #[serde(rename = "MA_HS")]
    pub dossier_code: String,
    /// Số …/PCTT.
    #[serde(rename = "SO_PHIEU")]
    pub number: String,
    /// When it is sent, `yyyyMMddHHmmss`.
    #[serde(rename = "NGAYCHUYEN")]
    pub sent: String,
    /// The official who sends it.
    #[serde(rename = "NGUOICHUYEN")]
    pub sender: String,
    /// Part I: the procedure.
    #[serde(rename = "LOAI_HOSO")]
    pub procedure_code: String,
    #[serde(rename = "TEN_HOSO")]
    pub procedure_name: String,
    /// When the dossier was received, `yyyyMMddHHmmss`.
    #[serde(rename = "NGAY_NHAN")]
    pub received: String,
    /// "1": the applicant asks to owe what is determined (ghi nợ); else "0".
    #[serde(rename = "DK_GHINO_NVTC")]
    pub asks_to_owe: String,
    /// The certificate that is there already.
    #[serde(rename = "SO_GCN_QSD", skip_serializing_if = "Option::is_none", default)]
    pub certificate_number: Option<String>,
    /// Its day, `yyyyMMdd`.
    #[serde(rename = "NGAYCAP_GCN", skip_serializing_if = "Option::is_none", default)]
    pub certificate_day: Option<String>,
    /// Part II: the land users; of a transfer both sides.
    #[serde(rename = "NGUOI_SU_DUNG_DAT")]
    pub land_users: Vec<LandUser>,
    /// Part III.
    #[serde(rename = "THUA_DAT")]
    pub parcel: Parcel,
    /// Price in the contract, in đồng.
    #[serde(rename = "GIA_HOP_DONG", skip_serializing_if = "Option::is_none", default)]
    pub contract_value: Option<i64>,
}

/// A land user (người sử dụng đất).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LandUser {
    #[serde(rename = "TEN_NNT")]
    pub name: String,
    /// Personal or tax number.
    #[serde(rename = "SO", skip_serializing_if = "Option::is_none", default)]
    pub number: Option<String>,
    #[serde(rename = "MOTA_DIACHI", skip_serializing_if = "Option::is_none", default)]
    pub address: Option<String>,
    /// "chuyển quyền", "nhận quyền" or "đề nghị".
    #[serde(rename = "VAI_TRO")]
    pub part: String,
}

/// A parcel (thửa đất).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Parcel {
    #[serde(rename = "SO_THUADAT")]
    pub number: String,
    #[serde(rename = "SO_TO_BANDO")]
    pub map_sheet: String,
    #[serde(rename = "DIA_CHI_TS")]
    pub address: String,
    /// Square metres.
    #[serde(rename = "DIEN_TICH")]
    pub area: f64,
    /// Code of the land use, e.g. ODT.
    #[serde(rename = "MUC_DICH")]
    pub land_use: String,
    #[serde(rename = "NGUON_GOC", skip_serializing_if = "Option::is_none", default)]
    pub origin: Option<String>,
}

/// The office's acknowledgement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    #[serde(rename = "ERROR_CODE")]
    pub error_code: String,
    #[serde(rename = "ERROR_DESC", default)]
    pub error_text: String,
    /// The office's reference.
    #[serde(rename = "SEQ_REFID", default)]
    pub reference: String,
    #[serde(rename = "MA_HS")]
    pub dossier_code: String,
}

/// The office, as the land administration meets it.
#[derive(Debug)]
pub struct TaxOffice {
    exchange: Exchange,
}

impl TaxOffice {
    pub fn new(config: &Config) -> Result<Self> {
        let headers = [(KEY_HEADER, config.tax_office.key.expose().as_str())];
        let exchange = Exchange::new(config.tax_office_url(), config.tax_office.timeout_seconds, &headers)?;
        Ok(Self { exchange })
    }

    /// Sends a slip and gives the office's reference; a repeated slip gets the same one.
    pub async fn send(&self, slip: &Slip) -> Result<String> {
        let answer: Acknowledgement = self.exchange.post("slips", slip).await?;
        ensure!(answer.dossier_code == slip.dossier_code, "the tax office answers about another dossier");
        let refused = || format!("the tax office refused: {} {}", answer.error_code, answer.error_text);
        ensure!(answer.error_code == SUCCESS, refused());
        ensure!((1..=100).contains(&answer.reference.len()), "the tax office gives no usable reference");
        Ok(answer.reference)
    }
}
