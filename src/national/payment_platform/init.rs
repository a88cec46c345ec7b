//! The messages that we send: open a payment, and ask what became of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{CURRENCY, Partner, SUCCESS, wire_time};

/// `LoaiBanTin` of the two messages. The platform hands these words out with the partner
/// code; these are the defaults of motcua.
const INIT: &str = "InitTrans";
const QUERY: &str = "GetBill";
const VERSION: &str = "1.0.0";

/// A demand for payment, in motcua's words.
#[derive(Debug, Clone)]
pub struct Demand {
    pub reference: String,
    /// Đồng.
    pub amount: i64,
    pub dossier_code: String,
    pub procedure_code: String,
    pub procedure_name: String,
    pub agency_code: String,
    pub agency_name: String,
    pub payer_name: String,
    pub payer_identity_no: String,
    pub payer_address: String,
    pub lines: Vec<FeeLine>,
    /// Account of the state budget and code of the treasury, of a tax.
    pub budget_account: Option<String>,
    pub treasury: Option<String>,
}

/// One line of `PhiLePhi`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeeLine {
    /// 1 = phí, 2 = lệ phí.
    #[serde(rename = "LoaiPhiLePhi")]
    pub kind: String,
    #[serde(rename = "MaPhiLePhi")]
    pub code: String,
    #[serde(rename = "TenPhiLePhi")]
    pub name: String,
    /// Đồng.
    #[serde(rename = "SoTien")]
    pub amount: String,
}

/// One line of `DSKhoanNop`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Item {
    pub noi_dung: String,
    /// Đồng.
    pub so_tien: String,
}

/// The account that the money goes to.
#[derive(Debug, Clone)]
pub struct Beneficiary {
    pub account: String,
    pub bank: String,
    pub name: String,
}

/// `ThongTinBienLai` of a fee (`MaDichVu` 2): what the platform prints on its receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptInfo {
    #[serde(rename = "MaDichVu")]
    service: String,
    #[serde(rename = "MaDVC")]
    public_service_code: String,
    #[serde(rename = "TenDVC")]
    public_service_name: String,
    #[serde(rename = "MaTTHC")]
    procedure_code: String,
    #[serde(rename = "TenTTHC")]
    procedure_name: String,
    #[serde(rename = "MaDonVi")]
    agency_code: String,
    #[serde(rename = "TenDonVi")]
    agency_name: String,
    #[serde(rename = "MaHoSo")]
    dossier_code: String,
    #[serde(rename = "TKThuHuong")]
    account: String,
    #[serde(rename = "MaNHThuHuong")]
    bank: String,
    #[serde(rename = "TenTKThuHuong")]
    account_name: String,
    #[serde(rename = "PhiLePhi")]
    pub lines: Vec<FeeLine>,
    #[serde(rename = "NoiDungThanhToan")]
    pub purpose: String,
    #[serde(rename = "HoTenNguoiNop")]
    pub payer_name: String,
    #[serde(rename = "SoCMNDNguoiNop")]
    payer_identity_no: String,
    #[serde(rename = "DiaChiNguoiNop")]
    payer_address: String,
    #[serde(rename = "MaCoQuanQD")]
    deciding_agency_code: String,
    #[serde(rename = "TenCoQuanQD")]
    deciding_agency_name: String,
    /// Of a tax only.
    #[serde(rename = "TaiKhoanThuNSNN", skip_serializing_if = "Option::is_none", default)]
    pub budget_account: Option<String>,
    #[serde(rename = "KhoBac", skip_serializing_if = "Option::is_none", default)]
    pub treasury: Option<String>,
    #[serde(rename = "DSKhoanNop")]
    items: Vec<Item>,
}

/// The message that opens a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Init {
    #[serde(rename = "LoaiBanTin")]
    pub kind: String,
    #[serde(rename = "PhienBan")]
    pub version: String,
    #[serde(rename = "MaDoiTac")]
    pub partner: String,
    #[serde(rename = "MaThamChieu")]
    pub reference: String,
    /// Đồng.
    #[serde(rename = "SoTien")]
    pub amount: String,
    #[serde(rename = "LoaiHinhThanhToan")]
    pub payment_kind: String,
    #[serde(rename = "MaKenhThanhToan")]
    pub channel: String,
    #[serde(rename = "MaThietBi")]
    pub device: String,
    #[serde(rename = "NgonNgu")]
    pub language: String,
    #[serde(rename = "MaTienTe")]
    pub currency: String,
    #[serde(rename = "MaNganHang")]
    pub bank: String,
    #[serde(rename = "ThongTinGiaoDich")]
    pub information: String,
    #[serde(rename = "ThoiGianGD")]
    pub time: String,
    #[serde(rename = "Ip")]
    pub ip: String,
    #[serde(rename = "ThongTinBienLai")]
    pub receipt: ReceiptInfo,
    #[serde(rename = "MaXacThuc")]
    pub digest: String,
}

impl Init {
    pub fn new(partner: &Partner, demand: &Demand, to: &Beneficiary, now: Timestamp) -> Self {
        let what = if demand.treasury.is_some() {
            "thuế, nghĩa vụ tài chính về đất đai"
        } else {
            "phí, lệ phí"
        };
        let purpose = format!("Nộp {what} hồ sơ {}", demand.dossier_code);
        Self {
            kind: INIT.to_owned(),
            version: VERSION.to_owned(),
            partner: partner.code.clone(),
            reference: demand.reference.clone(),
            amount: demand.amount.to_string(),
            payment_kind: "1".to_owned(),
            channel: "WEB".to_owned(),
            device: String::new(),
            language: "vi".to_owned(),
            currency: CURRENCY.to_owned(),
            bank: String::new(),
            information: purpose.clone(),
            time: wire_time(now),
            // The payer meets the platform by himself; a portal has no address of his to give.
            ip: String::new(),
            receipt: ReceiptInfo::new(demand, to, purpose),
            digest: String::new(),
        }
        .sign(partner)
    }
}

signed!(
    Init: kind, version, partner, reference, amount, payment_kind, channel, device, language, currency,
    bank, information, time, ip
);

impl ReceiptInfo {
    fn new(demand: &Demand, to: &Beneficiary, purpose: String) -> Self {
        Self {
            service: "2".to_owned(),
            public_service_code: demand.procedure_code.clone(),
            public_service_name: demand.procedure_name.clone(),
            procedure_code: demand.procedure_code.clone(),
            procedure_name: demand.procedure_name.clone(),
            agency_code: demand.agency_code.clone(),
            agency_name: demand.agency_name.clone(),
            dossier_code: demand.dossier_code.clone(),
            account: to.account.clone(),
            bank: to.bank.clone(),
            account_name: to.name.clone(),
            lines: demand.lines.clone(),
            items: vec![Item { noi_dung: purpose.clone(), so_tien: demand.amount.to_string() }],
            purpose,
            payer_name: demand.payer_name.clone(),
            payer_identity_no: demand.payer_identity_no.clone(),
            payer_address: demand.payer_address.clone(),
            deciding_agency_code: demand.agency_code.clone(),
            deciding_agency_name: demand.agency_name.clone(),
            budget_account: demand.budget_account.clone(),
            treasury: demand.treasury.clone(),
        }
    }
}

/// The answer to an init message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitReply {
    #[serde(rename = "MaLoi")]
    pub error_code: String,
    #[serde(rename = "MoTaLoi")]
    pub description: String,
    #[serde(rename = "MaDoiTac")]
    pub partner: String,
    #[serde(rename = "MaThamChieu")]
    pub reference: String,
    /// The page where the order can be paid; empty without success.
    #[serde(rename = "UrlThanhToan")]
    pub pay_url: String,
    #[serde(rename = "MaXacThuc")]
    pub digest: String,
}

impl InitReply {
    pub fn is_success(&self) -> bool {
        self.error_code == SUCCESS
    }
}

signed!(InitReply: error_code, description, partner, reference, pay_url);

/// The question what became of an order. The answer has the fields and digest of a callback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptQuery {
    #[serde(rename = "LoaiBanTin")]
    pub kind: String,
    #[serde(rename = "PhienBan")]
    pub version: String,
    #[serde(rename = "MaDoiTac")]
    pub partner: String,
    #[serde(rename = "MaThamChieu")]
    pub reference: String,
    #[serde(rename = "ThoiGianGD")]
    pub time: String,
    #[serde(rename = "MaXacThuc")]
    pub digest: String,
}

impl ReceiptQuery {
    pub fn new(partner: &Partner, reference: &str, now: Timestamp) -> Self {
        Self {
            kind: QUERY.to_owned(),
            version: VERSION.to_owned(),
            partner: partner.code.clone(),
            reference: reference.to_owned(),
            time: wire_time(now),
            digest: String::new(),
        }
        .sign(partner)
    }
}

signed!(ReceiptQuery: kind, version, partner, reference, time);
