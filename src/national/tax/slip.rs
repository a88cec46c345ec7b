//! The slip about a land dossier ("Phiếu chuyển thông tin để xác định nghĩa vụ tài chính về đất
//! đai", Mẫu số 19 of NĐ 151/2025/NĐ-CP as amended by NĐ 226/2025/NĐ-CP), its correction and its
//! recall.
//!
//! Names of the fields: the gateway between the land register and the tax system (message
//! TCT_GPC), and for persons and parcels the tax office's own rows. How they are wrapped in
//! JSON is motcua's own, and so are the fields marked so: the form has them, the published
//! lists of fields do not.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::json;
use super::wire::{Unreadable, codes};

/// `MSG_TYPE` of a slip (TCT_GPC: 10 sent, 11 answered).
pub const SLIP: &str = "10";

codes! {
    /// What a slip asks (`LOAI_DENGHI`; the codes are motcua's own).
    #[derive(Default)]
    pub enum Request {
        /// Obligations are to be determined.
        #[default]
        New = "MOI",
        /// It stands in the place of the slip that `SEQ_REFID` names.
        Correction = "DIEU_CHINH",
    }
}

codes! {
    /// Why the land or its papers change (`LOAI_GIAO_DICH`; motcua's own).
    pub enum Matter {
        /// Chuyển nhượng.
        Sale = "CHUYEN_NHUONG",
        /// Tặng cho.
        Gift = "TANG_CHO",
        /// Thừa kế.
        Inheritance = "THUA_KE",
        /// Góp vốn.
        Contribution = "GOP_VON",
        /// Chuyển đổi đất nông nghiệp.
        Exchange = "CHUYEN_DOI",
        /// Cấp giấy chứng nhận lần đầu.
        FirstCertificate = "CAP_LAN_DAU",
        /// Giao đất, chuyển mục đích sử dụng đất.
        Allocation = "GIAO_DAT",
        /// Tách thửa, hợp thửa.
        Division = "TACH_HOP_THUA",
        /// Khác.
        Other = "KHAC",
    }
}

codes! {
    /// How the two sides are related (`QUAN_HE`; motcua's own).
    #[derive(Default)]
    pub enum Relation {
        #[default]
        None = "KHONG",
        Spouses = "VO_CHONG",
        /// Also by adoption or marriage.
        ParentAndChild = "CHA_ME_CON",
        GrandparentAndGrandchild = "ONG_BA_CHAU",
        Siblings = "ANH_CHI_EM",
    }
}

codes! {
    /// An obligation, by the prefix of its fields in the tax side's answers.
    pub enum Obligation {
        /// Lệ phí trước bạ, tiểu mục 2801.
        Registration = "LPTB",
        /// Thuế thu nhập cá nhân, tiểu mục 1006.
        Income = "TNCN",
        /// Tiền sử dụng đất, tiểu mục 1401.
        LandUse = "TSDD",
        /// Tiền thuê mặt đất.
        LandRent = "TMD",
        /// Tiền thuê mặt nước.
        WaterRent = "TMN",
    }
}

/// A slip. A dossier has one; what was wrong in it is put right by another one that names it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Slip {
    #[serde(rename = "MSG_TYPE")]
    pub kind: String,
    /// The sender's identifier of the message: the same when it is sent again.
    #[serde(rename = "SEQ_ID")]
    pub id: String,
    /// `SEQ_ID` of the slip that this one corrects.
    #[serde(rename = "SEQ_REFID", skip_serializing_if = "Option::is_none", default)]
    pub corrects: Option<String>,
    #[serde(rename = "LOAI_DENGHI", default)]
    pub request: Request,
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
    /// When it was approved, `yyyyMMddHHmmss`, and by whom.
    #[serde(rename = "NGAY_DUYET", skip_serializing_if = "Option::is_none", default)]
    pub approved: Option<String>,
    #[serde(rename = "NGUOI_DUYET", skip_serializing_if = "Option::is_none", default)]
    pub approver: Option<String>,
    /// Part I: the procedure.
    #[serde(rename = "LOAI_HOSO")]
    pub procedure_code: String,
    #[serde(rename = "TEN_HOSO")]
    pub procedure_name: String,
    /// When the dossier was received complete, `yyyyMMddHHmmss`.
    #[serde(rename = "NGAY_NHAN")]
    pub received: String,
    /// Căn cứ: the contract or decision, in words (motcua's own).
    #[serde(rename = "CAN_CU", skip_serializing_if = "Option::is_none", default)]
    pub basis: Option<String>,
    #[serde(rename = "LOAI_GIAO_DICH", skip_serializing_if = "Option::is_none", default)]
    pub matter: Option<Matter>,
    #[serde(rename = "QUAN_HE", default)]
    pub relation: Relation,
    /// "1": the applicant asks to owe what is determined (ghi nợ); else "0".
    #[serde(rename = "DK_GHINO_NVTC")]
    pub asks_to_owe: String,
    /// "1": the certificate that is there already has a debt on it; else "0".
    #[serde(rename = "TT_NO_NVTC", skip_serializing_if = "Option::is_none", default)]
    pub has_debt: Option<String>,
    /// Whose it is now: state of the ownership, in words.
    #[serde(rename = "TT_SOHUU", skip_serializing_if = "Option::is_none", default)]
    pub ownership: Option<String>,
    /// Code of the certificate that is there already.
    #[serde(rename = "MA_GCN", skip_serializing_if = "Option::is_none", default)]
    pub certificate_code: Option<String>,
    /// The certificate that is there already.
    #[serde(rename = "SO_GCN_QSD", skip_serializing_if = "Option::is_none", default)]
    pub certificate_number: Option<String>,
    /// Its day, `yyyyMMdd`.
    #[serde(rename = "NGAYCAP_GCN", skip_serializing_if = "Option::is_none", default)]
    pub certificate_day: Option<String>,
    #[serde(rename = "NOI_CAP_GCN", skip_serializing_if = "Option::is_none", default)]
    pub certificate_issuer: Option<String>,
    /// Part II: the land users; of a transfer both sides.
    #[serde(rename = "NGUOI_SU_DUNG_DAT")]
    pub land_users: Vec<LandUser>,
    /// Part III.
    #[serde(rename = "THUA_DAT")]
    pub parcel: Parcel,
    /// What stands on the parcel (motcua's own).
    #[serde(rename = "TAI_SAN", skip_serializing_if = "Option::is_none", default)]
    pub asset: Option<Asset>,
    /// Price in the contract, in đồng.
    #[serde(rename = "GIA_HOP_DONG", skip_serializing_if = "Option::is_none", default)]
    pub contract_value: Option<i64>,
    /// What the land-use fee is computed from, where the procedure needs it (motcua's own).
    #[serde(rename = "TINH_TIEN_SDD", skip_serializing_if = "Option::is_none", default)]
    pub land_use_fee: Option<LandUseFee>,
    /// Exemptions asked for (motcua's own).
    #[serde(rename = "DE_NGHI_MIEN_GIAM", skip_serializing_if = "Vec::is_empty", default)]
    pub exemptions: Vec<Exemption>,
}

/// `VAI_TRO` of who gives.
pub const GIVES: &str = "chuyển quyền";
/// `VAI_TRO` of who takes.
pub const TAKES: &str = "nhận quyền";
/// `VAI_TRO` of who asks, where there is one side only.
pub const ASKS: &str = "đề nghị";

/// A land user (người sử dụng đất).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LandUser {
    #[serde(rename = "TEN_NNT")]
    pub name: String,
    /// Personal number (CMND/CCCD), else the tax number.
    #[serde(rename = "SO", skip_serializing_if = "Option::is_none", default)]
    pub number: Option<String>,
    /// Tax number where it differs from the personal one.
    #[serde(rename = "MA_SO_THUE", skip_serializing_if = "Option::is_none", default)]
    pub tax_number: Option<String>,
    /// `yyyyMMdd`.
    #[serde(rename = "NGAY_SINH", skip_serializing_if = "Option::is_none", default)]
    pub birth_day: Option<String>,
    #[serde(rename = "MOTA_DIACHI", skip_serializing_if = "Option::is_none", default)]
    pub address: Option<String>,
    /// [`GIVES`], [`TAKES`] or [`ASKS`].
    #[serde(rename = "VAI_TRO")]
    pub part: String,
}

/// A parcel (thửa đất).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
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
    /// Of it used alone and used in common, square metres.
    #[serde(rename = "DIEN_TICH_RIENG", skip_serializing_if = "Option::is_none", default)]
    pub own_area: Option<f64>,
    #[serde(rename = "DIEN_TICH_CHUNG", skip_serializing_if = "Option::is_none", default)]
    pub common_area: Option<f64>,
    /// Code of the land use, e.g. ODT.
    #[serde(rename = "MUC_DICH")]
    pub land_use: String,
    #[serde(rename = "NGUON_GOC", skip_serializing_if = "Option::is_none", default)]
    pub origin: Option<String>,
    /// How long it may be used, in words.
    #[serde(rename = "THOI_HAN", skip_serializing_if = "Option::is_none", default)]
    pub term: Option<String>,
    /// Giấy tờ về quyền sử dụng đất.
    #[serde(rename = "GIAY_TO", skip_serializing_if = "Option::is_none", default)]
    pub papers: Option<String>,
    /// Value in the province's price table (bảng giá đất), đồng a square metre, if known.
    #[serde(rename = "GIA_BANG_GIA", skip_serializing_if = "Option::is_none", default)]
    pub table_price: Option<i64>,
}

/// A house or another asset on the land.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asset {
    #[serde(rename = "MO_TA")]
    pub description: String,
    /// Its value by the province's table, in đồng.
    #[serde(rename = "GIA_TRI", skip_serializing_if = "Option::is_none", default)]
    pub value: Option<i64>,
}

/// What the land-use fee is computed from (NĐ 103/2024/NĐ-CP): the value of the land in its new
/// use less that in its former use, and the share of it that is to be paid.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LandUseFee {
    /// Square metres.
    #[serde(rename = "DIEN_TICH")]
    pub area: f64,
    /// Đồng a square metre in the new use.
    #[serde(rename = "GIA_DAT")]
    pub price: i64,
    /// Đồng a square metre in the former use.
    #[serde(rename = "GIA_DAT_CU", default)]
    pub former_price: i64,
    /// Whole percent.
    #[serde(rename = "TY_LE_THU")]
    pub percent: i64,
}

/// An exemption that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exemption {
    #[serde(rename = "LOAI_KHOAN")]
    pub of: Obligation,
    /// Why: the rule, in words.
    #[serde(rename = "LY_DO")]
    pub reason: String,
}

/// A slip is taken back: its dossier is withdrawn or refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recall {
    /// The sender's identifier of this message.
    #[serde(rename = "SEQ_ID")]
    pub id: String,
    /// `SEQ_ID` of the slip.
    #[serde(rename = "SEQ_REFID")]
    pub slip: String,
    #[serde(rename = "MA_HS")]
    pub dossier_code: String,
    #[serde(rename = "LY_DO")]
    pub reason: String,
    /// `yyyyMMddHHmmss`.
    #[serde(rename = "NGAYCHUYEN")]
    pub sent: String,
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

impl Slip {
    /// Reads a raw body; fields that nobody knows are passed over.
    pub fn read(raw: &[u8]) -> Result<Self, Unreadable> {
        json::read(raw)
    }

    pub fn write(&self) -> String {
        json::write(self)
    }

    /// The day from which the office's times run: that on which the slip was sent.
    pub fn sent_on(&self) -> Option<Date> {
        Date::strptime("%Y%m%d", self.sent.get(..8)?).ok()
    }
}

impl Recall {
    pub fn read(raw: &[u8]) -> Result<Self, Unreadable> {
        json::read(raw)
    }
}
