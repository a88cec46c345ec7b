//! The tax side's confirmation of where the obligations of a dossier stand: met, recorded as
//! debt on the certificate (ghi nợ), or still open (message TCT_TVNVTC 16, "truy vấn nghĩa vụ tài
//! chính").
//!
//! The names are those of the gateway's answer: totals, and for each tax a prefix (`LPTB_` …)
//! before the same ten suffixes. The form has room for one taxpayer (`NNT_…`), so a dossier with
//! two has two confirmations. The codes of `MA_KETQUA`, `MA_HS`, `MSG_ID` and `GHI_NO` are
//! motcua's own.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::json::{self, maybe, needed, text, text_or_empty};
use super::notice::exposed;
use super::slip::Obligation;
use super::wire::{Day, Reason, Text, Unreadable, codes};
use crate::config::Secret;

/// `MSG_TYPE` of the question.
pub const QUESTION: &str = "16";

codes! {
    /// `MA_KETQUA`.
    pub enum Standing {
        /// All is paid, or exempt.
        Met = "01",
        /// What is not paid is recorded as debt on the certificate.
        Recorded = "02",
        /// Something is still to be paid.
        Open = "03",
        /// The office has not determined yet.
        UnderWay = "04",
    }
}

/// Asks for the confirmations of a dossier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObligationsQuery {
    #[serde(rename = "MSG_TYPE", deserialize_with = "needed")]
    pub kind: String,
    #[serde(rename = "MA_HS", deserialize_with = "needed")]
    pub dossier_code: String,
}

/// How a dossier stands: one confirmation for each taxpayer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Obligations {
    #[serde(rename = "ERROR_CODE", deserialize_with = "needed")]
    pub error_code: String,
    #[serde(rename = "ERROR_DESC", deserialize_with = "maybe", serialize_with = "text_or_empty", default)]
    pub error_text: Option<String>,
    #[serde(rename = "MA_HS", deserialize_with = "needed")]
    pub dossier_code: String,
    /// `SEQ_ID` of the slip by which the office knows this (motcua's own): what it says of one that was
    /// corrected since holds no more.
    #[serde(rename = "SEQ_REFID", deserialize_with = "maybe", serialize_with = "text_or_empty", default)]
    pub slip: Option<String>,
    /// Of the dossier as a whole: the least of its taxpayers'.
    #[serde(rename = "MA_KETQUA", deserialize_with = "needed", serialize_with = "text")]
    pub standing: Standing,
    #[serde(rename = "DS_NNT", default)]
    pub confirmations: Vec<Confirmation>,
}

/// The office tells of its own accord that a dossier stands so (`ImportXacNhanNghiaVu`, motcua's
/// own): the same content as the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportObligations {
    #[serde(rename = "SecurityKey", serialize_with = "exposed")]
    pub security_key: Secret<String>,
    #[serde(rename = "MSG_ID", deserialize_with = "maybe", serialize_with = "text_or_empty", default)]
    pub message_id: Option<String>,
    #[serde(rename = "Data")]
    pub data: Obligations,
}

/// One taxpayer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Flat", into = "Flat")]
pub struct Confirmation {
    pub standing: Standing,
    /// In words.
    pub explanation: Option<String>,
    pub collector: Option<String>,
    /// Day of the answer.
    pub day: Option<Day>,
    pub official: Option<String>,
    pub name: Option<String>,
    pub tax_number: String,
    /// CMND/CCCD.
    pub number: Option<String>,
    pub address: Option<String>,
    /// Sums over its taxes.
    pub sums: Sums,
    pub taxes: Vec<Tax>,
}

/// Đồng. `due` = `waived` + `paid` + `open` + `recorded`, unless more was paid than was owed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    pub due: i64,
    pub waived: i64,
    pub paid: i64,
    pub open: i64,
    /// Recorded as debt.
    pub recorded: i64,
}

/// One tax of a taxpayer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tax {
    pub of: Obligation,
    pub notice_number: Option<String>,
    pub notice_day: Option<Day>,
    /// The last due day, where there are instalments.
    pub due_day: Option<Day>,
    /// The decision that exempts, and its day.
    pub exemption: Option<String>,
    pub exemption_day: Option<Day>,
    pub sums: Sums,
    pub note: Option<String>,
}

/// The fields as they lie side by side on the wire.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Flat(Map<String, Value>);

impl Flat {
    fn maybe<T: Text>(&self, prefix: &str, name: &str) -> Result<Option<T>, Unreadable> {
        let name = format!("{prefix}{name}");
        let text = match self.0.get(&name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) => text.trim().to_owned(),
            Some(Value::Number(number)) => number.to_string(),
            Some(_) => return Err(Unreadable::new(name, Reason::Wrong)),
        };
        if text.is_empty() {
            return Ok(None);
        }
        T::of(&text).map(Some).ok_or_else(|| Unreadable::new(name, Reason::Wrong))
    }

    fn put<T: Text>(&mut self, prefix: &str, name: &str, value: Option<&T>) {
        let text = value.map(Text::text).unwrap_or_default();
        self.0.insert(format!("{prefix}{name}"), Value::String(text));
    }

    fn sums(&self, prefix: &str) -> Result<Sums, Unreadable> {
        let amount = |name| Ok::<_, Unreadable>(self.maybe(prefix, name)?.unwrap_or_default());
        Ok(Sums {
            due: amount("PHAI_NOP")?,
            waived: amount("MIEN_GIAM")?,
            paid: amount("DA_NOP")?,
            open: amount("CON_PNOP")?,
            recorded: amount("GHI_NO")?,
        })
    }

    fn put_sums(&mut self, prefix: &str, sums: &Sums) {
        let Sums { due, waived, paid, open, recorded } = sums;
        let all = [
            ("PHAI_NOP", due),
            ("MIEN_GIAM", waived),
            ("DA_NOP", paid),
            ("CON_PNOP", open),
            ("GHI_NO", recorded),
        ];
        for (name, amount) in all {
            self.put(prefix, name, Some(amount));
        }
    }

    fn tax(&self, of: Obligation) -> Result<Tax, Unreadable> {
        let prefix = prefix(of);
        Ok(Tax {
            of,
            notice_number: self.maybe(&prefix, "SO_THONG_BAO")?,
            notice_day: self.maybe(&prefix, "NGAY_THONG_BAO")?,
            due_day: self.maybe(&prefix, "HAN_NOP")?,
            exemption: self.maybe(&prefix, "SO_QDMG")?,
            exemption_day: self.maybe(&prefix, "NGAY_QD")?,
            sums: self.sums(&prefix)?,
            note: self.maybe(&prefix, "DULIEU")?,
        })
    }
}

fn prefix(of: Obligation) -> String {
    format!("{}_", of.text())
}

impl TryFrom<Flat> for Confirmation {
    type Error = Unreadable;

    fn try_from(flat: Flat) -> Result<Self, Unreadable> {
        let needed = |name: &str| Unreadable::new(name, Reason::Missing);
        let has = |of: &&Obligation| flat.0.keys().any(|name| name.starts_with(&prefix(**of)));
        Ok(Self {
            standing: flat.maybe("", "MA_KETQUA")?.ok_or_else(|| needed("MA_KETQUA"))?,
            explanation: flat.maybe("", "DIEN_GIAI")?,
            collector: flat.maybe("", "MA_CQT")?,
            day: flat.maybe("", "NGAY_TRA")?,
            official: flat.maybe("", "NGUOI_TRA")?,
            name: flat.maybe("", "NNT_TEN")?,
            tax_number: flat.maybe("", "NNT_MST")?.ok_or_else(|| needed("NNT_MST"))?,
            number: flat.maybe("", "NNT_CMT")?,
            address: flat.maybe("", "NNT_DIA_CHI")?,
            sums: flat.sums("TONG_")?,
            taxes: Obligation::ALL.iter().filter(has).map(|of| flat.tax(*of)).collect::<Result<_, _>>()?,
        })
    }
}

impl From<Confirmation> for Flat {
    fn from(told: Confirmation) -> Self {
        let mut flat = Self(Map::new());
        flat.put("", "MA_KETQUA", Some(&told.standing));
        flat.put("", "DIEN_GIAI", told.explanation.as_ref());
        flat.put("", "MA_CQT", told.collector.as_ref());
        flat.put("", "NGAY_TRA", told.day.as_ref());
        flat.put("", "NGUOI_TRA", told.official.as_ref());
        flat.put("", "NNT_TEN", told.name.as_ref());
        flat.put("", "NNT_MST", Some(&told.tax_number));
        flat.put("", "NNT_CMT", told.number.as_ref());
        flat.put("", "NNT_DIA_CHI", told.address.as_ref());
        flat.put_sums("TONG_", &told.sums);
        for tax in &told.taxes {
            let prefix = prefix(tax.of);
            flat.put(&prefix, "SO_THONG_BAO", tax.notice_number.as_ref());
            flat.put(&prefix, "NGAY_THONG_BAO", tax.notice_day.as_ref());
            flat.put(&prefix, "HAN_NOP", tax.due_day.as_ref());
            flat.put(&prefix, "SO_QDMG", tax.exemption.as_ref());
            flat.put(&prefix, "NGAY_QD", tax.exemption_day.as_ref());
            flat.put_sums(&prefix, &tax.sums);
            flat.put(&prefix, "DULIEU", tax.note.as_ref());
        }
        flat
    }
}

impl ObligationsQuery {
    pub fn new(dossier_code: &str) -> Self {
        Self { kind: QUESTION.to_owned(), dossier_code: dossier_code.to_owned() }
    }

    pub fn read(raw: &[u8]) -> Result<Self, Unreadable> {
        json::read(raw)
    }
}

impl ImportObligations {
    /// Reads a raw body. Whether the key is right is for the reader to say.
    pub fn read(raw: &[u8]) -> Result<Self, Unreadable> {
        json::read(raw)
    }

    pub fn write(&self) -> String {
        json::write(self)
    }
}
