//! Tax notices as they come to the province (message `ImportThongBaoThue`): JSON around an XML
//! document in Base64, `/DATA/BODY/ROW_LIST{MA_HSO, LIST[]}`.
//!
//! The public form of the message has dossier, tax number, number and day of the notice, name
//! of the tiểu mục and amount. The other members of [`NoticeRow`] and `MSG_ID` are motcua's
//! own, under the names that the tax book's answer has where it has them; all may be absent.

use serde::{Deserialize, Serialize, Serializer};

use super::json;
use super::wire::{self, Day, Pdf, Reason, Unreadable, codes};
use super::xml::{self, One, record};
use crate::config::Secret;

codes! {
    /// What kind of notice a row is (`LOAI_THONG_BAO`; motcua's own).
    #[derive(Default)]
    pub enum NoticeKind {
        /// Also where the row does not say.
        #[default]
        New = "MOI",
        /// In the place of the notice that `SO_QUYET_DINH_CU` names.
        Replaces = "THAY_THE",
        /// The notice of this number no longer holds.
        Cancelled = "HUY",
        /// The taxpayer is exempt; the amount is nought.
        Exempt = "MIEN",
    }
}

record! {
    /// One notice of an obligation, or one instalment of it. A row is known by dossier,
    /// taxpayer, tiểu mục, number of the notice and instalment.
    pub struct NoticeRow {
        tax_number: String = "MA_SO_THUE",
        notice_number: String = "SO_QUYET_DINH",
        notice_day: Day = "NGAY_QUYET_DINH",
        item_name: Option<String> = "TEN_TIEUMUC",
        /// To be paid, đồng.
        amount: i64 = "SO_TIEN",
        kind: Option<NoticeKind> = "LOAI_THONG_BAO",
        /// The notice that this one replaces.
        replaced: Option<String> = "SO_QUYET_DINH_CU",
        /// Why it is replaced or cancelled, or what exempts.
        reason: Option<String> = "LY_DO",
        /// From 1; absent where there is only one.
        instalment: Option<u16> = "KY_NOP",
        /// Due day as received.
        due: Option<Day> = "HAN_NOP",
        /// Tiểu mục.
        item: Option<String> = "MA_TMUC",
        chapter: Option<String> = "MA_CHUONG",
        treasury_account: Option<String> = "LOAI_TK_NSNN",
        collector: Option<String> = "MA_CQUAN_THU",
        treasury: Option<String> = "SHKB",
        taxpayer: Option<String> = "TEN_NNT",
        /// CMND/CCCD of the taxpayer.
        number: Option<String> = "SO",
        /// What was waived of the full obligation, đồng.
        waived: Option<i64> = "MIEN_GIAM",
        /// Recorded as debt on the certificate (ghi nợ): it need not be paid now.
        recorded_as_debt: Option<bool> = "TT_NO",
        /// The notice itself.
        pdf: Option<Pdf> = "FILE_THONG_BAO",
    }
}

record! {
    struct NoticeFile {
        body: One<NoticeBody> = "BODY",
    }
}

record! {
    struct NoticeBody {
        list: One<Notices> = "ROW_LIST",
    }
}

record! {
    /// The notices of a dossier.
    pub struct Notices {
        dossier_code: String = "MA_HSO",
        /// The tax side's identifier of the message, the same when it is sent again. The national
        /// form has none: then the raw bytes are what makes two messages the same.
        message_id: Option<String> = "MSG_ID",
        rows: Vec<NoticeRow> = "LIST",
    }
}

/// The message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportNotices {
    pub security_key: Secret<String>,
    pub service: Option<String>,
    /// `Ngay`, as written.
    pub day: Option<String>,
    pub is_updating: bool,
    pub notices: Notices,
}

impl NoticeRow {
    pub fn kind(&self) -> NoticeKind {
        self.kind.unwrap_or_default()
    }

    /// From 1.
    pub fn instalment(&self) -> u16 {
        self.instalment.unwrap_or(1)
    }
}

impl Notices {
    /// The document in the message. A list without a row, and a replacement that does not say
    /// of what, are unreadable.
    pub fn read(raw: &[u8]) -> Result<Self, Unreadable> {
        let NoticeFile { body: One(NoticeBody { list: One(list) }) } = xml::read(raw, "DATA")?;
        if list.rows.is_empty() {
            return Err(Unreadable::new("DATA/BODY/ROW_LIST/LIST", Reason::Missing));
        }
        let lost = |row: &NoticeRow| row.kind() == NoticeKind::Replaces && row.replaced.is_none();
        if list.rows.iter().any(lost) {
            return Err(Unreadable::new("DATA/BODY/ROW_LIST/LIST/SO_QUYET_DINH_CU", Reason::Missing));
        }
        Ok(list)
    }

    pub fn write(&self) -> String {
        xml::write("DATA", &NoticeFile { body: One(NoticeBody { list: One(self.clone()) }) })
    }
}

/// The JSON around the document.
#[derive(Serialize, Deserialize)]
struct Envelope {
    #[serde(rename = "SecurityKey", serialize_with = "exposed")]
    security_key: Secret<String>,
    #[serde(
        rename = "Service",
        deserialize_with = "json::maybe",
        serialize_with = "json::text_or_empty",
        default
    )]
    service: Option<String>,
    #[serde(
        rename = "Ngay",
        deserialize_with = "json::maybe",
        serialize_with = "json::text_or_empty",
        default
    )]
    day: Option<String>,
    #[serde(rename = "IsUpdating", default)]
    is_updating: bool,
    #[serde(rename = "Data")]
    data: EnvelopeData,
}

#[derive(Serialize, Deserialize)]
struct EnvelopeData {
    #[serde(rename = "FileThongBaoThue")]
    file: String,
}

/// The key leaves in the message that it vouches for, and nowhere else.
pub(super) fn exposed<S: Serializer>(key: &Secret<String>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(key.expose())
}

impl ImportNotices {
    /// Reads a raw body. Whether the key is right is for the reader to say.
    pub fn read(raw: &[u8]) -> Result<Self, Unreadable> {
        let envelope: Envelope = json::read(raw)?;
        let file = wire::base64(&envelope.data.file)
            .ok_or_else(|| Unreadable::new("Data.FileThongBaoThue", Reason::Wrong))?;
        Ok(Self {
            security_key: envelope.security_key,
            service: envelope.service,
            day: envelope.day,
            is_updating: envelope.is_updating,
            notices: Notices::read(&file)?,
        })
    }

    pub fn write(&self) -> String {
        self.around(self.notices.write().as_bytes())
    }

    /// The same envelope around another document.
    pub fn around(&self, document: &[u8]) -> String {
        json::write(&Envelope {
            security_key: self.security_key.clone(),
            service: self.service.clone(),
            day: self.day.clone(),
            is_updating: self.is_updating,
            data: EnvelopeData { file: wire::to_base64(document) },
        })
    }
}
