//! Proof of payment, both ways: what was paid elsewhere comes as `ImportChungTuThue` (JSON), what
//! was paid on the portal is reported to the tax office ([`PaymentReport`]).
//!
//! In `ImportChungTuThue` the message's id, the instalment, the reference of the payment, the
//! tiểu mục and the channel are motcua's own; all may be absent.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::json::{self, maybe, needed, text, text_or_empty};
use super::notice::exposed;
use super::wire::Unreadable;
use crate::config::Secret;

/// `TrangThaiThanhToan` of a payment that was made.
pub const PAID: &str = "1";

/// The message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportPayment {
    #[serde(rename = "SecurityKey", serialize_with = "exposed")]
    pub security_key: Secret<String>,
    #[serde(rename = "Service", deserialize_with = "maybe", serialize_with = "text_or_empty", default)]
    pub service: Option<String>,
    #[serde(rename = "IsUpdating", default)]
    pub is_updating: bool,
    #[serde(rename = "Data")]
    pub data: PaymentDocument,
}

/// The payment document (chứng từ).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentDocument {
    #[serde(rename = "MaHoSo", deserialize_with = "needed")]
    pub dossier_code: String,
    /// Of the taxpayer whose obligation it is.
    #[serde(rename = "MaSoThue", deserialize_with = "needed")]
    pub tax_number: String,
    /// Who paid; not always the taxpayer.
    #[serde(
        rename = "SoCMTNguoiNopTien",
        deserialize_with = "maybe",
        serialize_with = "text_or_empty",
        default
    )]
    pub payer_number: Option<String>,
    #[serde(
        rename = "HoTenNguoiNopTien",
        deserialize_with = "maybe",
        serialize_with = "text_or_empty",
        default
    )]
    pub payer_name: Option<String>,
    #[serde(
        rename = "TinhNguoiNopTien",
        deserialize_with = "maybe",
        serialize_with = "text_or_empty",
        default
    )]
    pub payer_province: Option<String>,
    #[serde(
        rename = "HuyenNguoiNopTien",
        deserialize_with = "maybe",
        serialize_with = "text_or_empty",
        default
    )]
    pub payer_district: Option<String>,
    #[serde(
        rename = "XaNguoiNopTien",
        deserialize_with = "maybe",
        serialize_with = "text_or_empty",
        default
    )]
    pub payer_commune: Option<String>,
    #[serde(
        rename = "DiaChiNguoiNopTien",
        deserialize_with = "maybe",
        serialize_with = "text_or_empty",
        default
    )]
    pub payer_address: Option<String>,
    /// Where the document lies; it is never fetched without a person asking.
    #[serde(
        rename = "UrlFileChungTu",
        deserialize_with = "maybe",
        serialize_with = "text_or_empty",
        default
    )]
    pub document_url: Option<String>,
    /// The tax side's identifier of the message, the same when it is sent again.
    #[serde(rename = "MaThongDiep", deserialize_with = "maybe", serialize_with = "text_or_empty", default)]
    pub message_id: Option<String>,
    #[serde(rename = "ThongTinThanhToan")]
    pub payment: PaymentInfo,
}

/// The payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentInfo {
    #[serde(
        rename = "NoiDungThanhToan",
        deserialize_with = "maybe",
        serialize_with = "text_or_empty",
        default
    )]
    pub content: Option<String>,
    /// `yyyyMMddHHmmss`.
    #[serde(rename = "ThoiGianThanhToan", deserialize_with = "needed", serialize_with = "text")]
    pub paid_at: Timestamp,
    #[serde(rename = "MaThongBaoThue", deserialize_with = "needed")]
    pub notice_number: String,
    /// [`PAID`], or not paid.
    #[serde(rename = "TrangThaiThanhToan", deserialize_with = "needed")]
    pub state: String,
    /// Đồng.
    #[serde(rename = "SoTien", deserialize_with = "needed")]
    pub amount: i64,
    /// From 1; absent where there is only one.
    #[serde(rename = "KyNop", deserialize_with = "maybe", default, skip_serializing_if = "Option::is_none")]
    pub instalment: Option<u16>,
    /// By which the payment is known to who took it, e.g. the bank's number: one payment has one,
    /// whoever tells of it.
    #[serde(rename = "MaThamChieu", deserialize_with = "maybe", serialize_with = "text_or_empty", default)]
    pub reference: Option<String>,
    /// Tiểu mục.
    #[serde(rename = "MaTMuc", deserialize_with = "maybe", serialize_with = "text_or_empty", default)]
    pub item: Option<String>,
    /// Where it was paid, e.g. "eTax Mobile".
    #[serde(rename = "KenhThanhToan", deserialize_with = "maybe", serialize_with = "text_or_empty", default)]
    pub channel: Option<String>,
}

impl ImportPayment {
    /// Reads a raw body. Whether the key is right is for the reader to say.
    pub fn read(raw: &[u8]) -> Result<Self, Unreadable> {
        json::read(raw)
    }

    pub fn write(&self) -> String {
        json::write(self)
    }
}

impl PaymentInfo {
    pub fn is_paid(&self) -> bool {
        self.state == PAID
    }
}

/// The portal tells the tax office of a payment that it took, or of a part of one that it gave back
/// since less is owed by now (motcua's own message).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentReport {
    #[serde(rename = "MA_HS", deserialize_with = "needed")]
    pub dossier_code: String,
    #[serde(rename = "SO_QUYET_DINH", deserialize_with = "needed")]
    pub notice_number: String,
    /// From 1.
    #[serde(rename = "KY_NOP", deserialize_with = "needed")]
    pub instalment: u16,
    /// Đồng.
    #[serde(rename = "SO_TIEN", deserialize_with = "needed")]
    pub amount: i64,
    /// The portal's reference of the payment; the same when it is told again.
    #[serde(rename = "MA_THAM_CHIEU", deserialize_with = "needed")]
    pub reference: String,
    /// The portal's reference of the giving back: so much of that payment does not count any more.
    /// Absent: a payment.
    #[serde(rename = "MA_HOAN_TRA", deserialize_with = "maybe", serialize_with = "text_or_empty", default)]
    pub given_back: Option<String>,
    /// `yyyyMMddHHmmss`.
    #[serde(rename = "NGAY_NOP", deserialize_with = "needed", serialize_with = "text")]
    pub paid_at: Timestamp,
    /// Who paid.
    #[serde(rename = "NGUOI_NOP", deserialize_with = "maybe", serialize_with = "text_or_empty", default)]
    pub payer: Option<String>,
}

impl PaymentReport {
    pub fn read(raw: &[u8]) -> Result<Self, Unreadable> {
        json::read(raw)
    }
}
