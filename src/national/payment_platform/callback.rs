//! The platform's notice that a payment was made or failed (IPN), and our signed reply.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{OTHER_ERROR, Partner, REFERENCE_LIMIT, SUCCESS, flat, wire_time};

/// The fields under the digest, in its order.
const SIGNED: [&str; 10] = [
    "LoaiBanTin",
    "MaLoi",
    "MaDoiTac",
    "MaThamChieu",
    "SoTien",
    "MaTienTe",
    "MaGiaoDich",
    "MaNganHang",
    "ThoiGianGD",
    "ThongTinGiaoDich",
];

/// A callback, each value with the characters of the raw body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    /// `LoaiBanTin`.
    pub kind: String,
    /// `MaLoi`; `00` = paid.
    pub error_code: String,
    /// `MaDoiTac`.
    pub partner: String,
    /// `MaThamChieu`: our reference of the order.
    pub reference: String,
    /// `SoTien`, đồng, as written.
    pub amount: String,
    /// `MaTienTe`.
    pub currency: String,
    /// `MaGiaoDich`: the platform's number of the payment.
    pub transaction: String,
    /// `MaNganHang`.
    pub bank: String,
    /// `ThoiGianGD`.
    pub time: String,
    /// `ThongTinGiaoDich`.
    pub information: String,
    /// `MaXacThuc`.
    pub digest: String,
}

/// A body that is no callback; the reference, where that much could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    pub reference: Option<String>,
}

impl Callback {
    /// Reads a raw body. Fields beyond the signed ones (`Token`, `SoThe` …) are left alone.
    pub fn read(raw: &[u8]) -> Result<Self, Unreadable> {
        let Some(members) = flat::read(raw) else {
            return Err(Unreadable { reference: None });
        };
        Self::of(&members).ok_or_else(|| Unreadable { reference: field(&members, "MaThamChieu") })
    }

    fn of(members: &[(String, String)]) -> Option<Self> {
        let callback = Self {
            kind: field(members, "LoaiBanTin")?,
            error_code: field(members, "MaLoi")?,
            partner: field(members, "MaDoiTac")?,
            reference: field(members, "MaThamChieu")?,
            amount: field(members, "SoTien")?,
            currency: field(members, "MaTienTe")?,
            transaction: field(members, "MaGiaoDich")?,
            bank: field(members, "MaNganHang")?,
            time: field(members, "ThoiGianGD")?,
            information: field(members, "ThongTinGiaoDich")?,
            digest: field(members, "MaXacThuc")?,
        };
        callback.is_unambiguous().then_some(callback)
    }

    /// Values are joined by `|` under the digest: were one allowed inside a value, a signed
    /// message could be cut anew into other fields. Only the last field may hold one.
    fn is_unambiguous(&self) -> bool {
        let values = self.signed_values();
        values[..SIGNED.len() - 1].iter().all(|value| !value.contains('|'))
    }

    /// The message as sent, all values as strings.
    pub fn to_json(&self) -> serde_json::Value {
        let mut message = serde_json::Map::new();
        for (name, value) in SIGNED.iter().zip(self.signed_values()) {
            message.insert((*name).to_owned(), value.into());
        }
        message.insert("MaXacThuc".to_owned(), self.digest.clone().into());
        message.into()
    }
}

signed!(
    Callback: kind, error_code, partner, reference, amount, currency, transaction, bank, time, information
);

fn field(members: &[(String, String)], name: &str) -> Option<String> {
    members.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
}

/// What we answer to a callback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CallbackReply {
    /// `00`: the payment is booked (again, when the notice is a repeat); `99`: it is not.
    #[serde(rename = "MaLoi")]
    #[schema(pattern = "^(00|99)$")]
    pub error_code: String,
    /// The same in words.
    #[serde(rename = "MoTaLoi")]
    #[schema(max_length = 50)]
    pub description: String,
    /// Our partner code.
    #[serde(rename = "MaDoiTac")]
    pub partner: String,
    /// The reference of the notice; empty when it could not be read.
    #[serde(rename = "MaThamChieu")]
    #[schema(max_length = 20)]
    pub reference: String,
    /// Time of the reply, `yyyyMMddHHmmss`, +07:00.
    #[serde(rename = "ThoiGianGD")]
    #[schema(pattern = "^[0-9]{14}$")]
    pub time: String,
    /// Digest of the fields above in their order.
    #[serde(rename = "MaXacThuc")]
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub digest: String,
}

impl CallbackReply {
    /// A signed reply. A reference that no order can have is not echoed: what we sign must
    /// not be what a stranger made up.
    pub fn new(partner: &Partner, accepted: bool, reference: Option<&str>, now: Timestamp) -> Self {
        let (error_code, description) =
            if accepted { (SUCCESS, "Thành công") } else { (OTHER_ERROR, "Các lỗi khác") };
        let reference = reference.filter(|reference| is_possible(reference)).unwrap_or_default();
        Self {
            error_code: error_code.to_owned(),
            description: description.to_owned(),
            partner: partner.code.clone(),
            reference: reference.to_owned(),
            time: wire_time(now),
            digest: String::new(),
        }
        .sign(partner)
    }

    pub fn is_accepted(&self) -> bool {
        self.error_code == SUCCESS
    }
}

signed!(CallbackReply: error_code, description, partner, reference, time);

fn is_possible(reference: &str) -> bool {
    reference.len() <= REFERENCE_LIMIT && reference.bytes().all(|b| b.is_ascii_alphanumeric())
}
