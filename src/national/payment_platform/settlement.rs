//! The settlement file of a day (đối soát): what the platform holds that it took and gave back,
//! and our response file, which says of each line whether our book agrees.
//!
//! The bank-side specification of 2026 has both, pipe-delimited and in Base64, but the order of
//! the fields is not public: it is configuration (`payment.settlement_fields`), and the names
//! and the last line are motcua's own choice. The last line is `TONG|lines|sum of payments less
//! refunds in đồng`: a file that was cut off shows.

use anyhow::{Context, Result, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::super::wire_moment;
use super::{CURRENCY, Partner, SUCCESS, wire_time};

/// `LoaiBanTin` of the question for a file, and of the response file.
const QUESTION: &str = "GetSettlement";
const RESPONSE: &str = "SettlementResult";
const VERSION: &str = "1.0.0";
/// Largest amount of a line, in đồng: a thousand billion, so that no sum runs over.
const AMOUNT_LIMIT: i64 = 1_000_000_000_000;
/// First word of the last line.
const TOTAL: &str = "TONG";

/// A field of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub enum SettlementField {
    /// Time of the payment or refund, `yyyyMMddHHmmss`.
    ThoiGianGD,
    MaGiaoDich,
    MaThamChieu,
    /// `TT` = a payment; `HT` = a refund.
    LoaiGD,
    /// Đồng.
    SoTien,
    MaTienTe,
    MaNganHang,
}

impl SettlementField {
    /// The fields of these names, as the configuration gives them.
    pub fn named(names: &[String]) -> Result<Vec<Self>> {
        let named = |name: &String| {
            serde_json::from_value(name.clone().into())
                .with_context(|| format!("a field of settlement: {name}"))
        };
        names.iter().map(named).collect()
    }
}

/// Money taken, or given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettlementKind {
    Payment,
    Refund,
}

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettlementLine {
    pub at: Option<Timestamp>,
    pub transaction: String,
    pub reference: String,
    pub kind: SettlementKind,
    /// Đồng, of a refund too.
    pub amount: i64,
    pub bank: String,
}

impl SettlementLine {
    fn field(&self, field: SettlementField) -> String {
        match field {
            SettlementField::ThoiGianGD => self.at.map(wire_time).unwrap_or_default(),
            SettlementField::MaGiaoDich => self.transaction.clone(),
            SettlementField::MaThamChieu => self.reference.clone(),
            SettlementField::LoaiGD => match self.kind {
                SettlementKind::Payment => "TT".to_owned(),
                SettlementKind::Refund => "HT".to_owned(),
            },
            SettlementField::SoTien => self.amount.to_string(),
            SettlementField::MaTienTe => CURRENCY.to_owned(),
            SettlementField::MaNganHang => self.bank.clone(),
        }
    }

    /// What the line moves, in đồng.
    fn signed(&self) -> i64 {
        match self.kind {
            SettlementKind::Payment => self.amount,
            SettlementKind::Refund => -self.amount,
        }
    }

    fn read(line: &str, fields: &[SettlementField]) -> Result<Self> {
        let values: Vec<&str> = line.split('|').collect();
        ensure!(values.len() == fields.len(), "{} fields instead of {}", values.len(), fields.len());
        let mut read = Self {
            at: None,
            transaction: String::new(),
            reference: String::new(),
            kind: SettlementKind::Payment,
            amount: 0,
            bank: String::new(),
        };
        for (field, value) in fields.iter().zip(values) {
            match field {
                SettlementField::ThoiGianGD => read.at = wire_moment(value),
                SettlementField::MaGiaoDich => read.transaction = value.to_owned(),
                SettlementField::MaThamChieu => read.reference = value.to_owned(),
                SettlementField::LoaiGD => {
                    read.kind = match value {
                        "TT" => SettlementKind::Payment,
                        "HT" => SettlementKind::Refund,
                        other => bail!("unknown kind {other}"),
                    }
                }
                SettlementField::SoTien => {
                    read.amount = value.parse().context("the amount")?;
                    let sane = (1..=AMOUNT_LIMIT).contains(&read.amount);
                    ensure!(sane && read.amount.to_string() == value, "the amount {value}");
                }
                SettlementField::MaTienTe => ensure!(value == CURRENCY, "the currency {value}"),
                SettlementField::MaNganHang => read.bank = value.to_owned(),
            }
        }
        ensure!(!read.transaction.is_empty(), "no transaction");
        Ok(read)
    }
}

/// Writes a file: what the platform does.
pub fn write_file(lines: &[SettlementLine], fields: &[SettlementField]) -> String {
    let line =
        |line: &SettlementLine| fields.iter().map(|f| line.field(*f)).collect::<Vec<_>>().join("|") + "\n";
    let sum: i64 = lines.iter().map(SettlementLine::signed).sum();
    let body: String = lines.iter().map(line).collect();
    format!("{body}{TOTAL}|{}|{sum}\n", lines.len())
}

/// Reads a file: all of it or nothing.
pub fn read_file(text: &str, fields: &[SettlementField]) -> Result<Vec<SettlementLine>> {
    ensure!(!text.contains('\0'), "a NUL");
    let mut lines: Vec<&str> = text.lines().collect();
    let total = lines.pop().context("an empty file")?;
    let read = |(at, line): (usize, &&str)| {
        SettlementLine::read(line, fields).with_context(|| format!("line {}", at + 1))
    };
    let read: Vec<SettlementLine> = lines.iter().enumerate().map(read).collect::<Result<_>>()?;
    let sum: i64 = read.iter().map(SettlementLine::signed).sum();
    ensure!(total == format!("{TOTAL}|{}|{sum}", read.len()), "the last line does not agree: {total}");
    Ok(read)
}

/// What our book says about a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreement {
    /// The same payment over the same amount.
    Same,
    /// We have no such payment.
    OnlyTheirs,
    /// The amounts differ.
    OtherAmount,
    /// We have it, and their file has not.
    OnlyOurs,
}

impl Agreement {
    fn word(self) -> &'static str {
        match self {
            Self::Same => "00",
            Self::OnlyTheirs => "01",
            Self::OtherAmount => "02",
            Self::OnlyOurs => "03",
        }
    }
}

/// The response file: a transaction and what our book says, a line each.
pub fn response_file(lines: &[(String, Agreement)]) -> String {
    lines.iter().map(|(transaction, agreement)| format!("{transaction}|{}\n", agreement.word())).collect()
}

/// The message that asks for a day's file (without content), or brings our response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettlementMessage {
    #[serde(rename = "LoaiBanTin")]
    pub kind: String,
    #[serde(rename = "PhienBan")]
    pub version: String,
    #[serde(rename = "MaDoiTac")]
    pub partner: String,
    /// `yyyyMMdd`.
    #[serde(rename = "NgayDoiSoat")]
    pub day: String,
    /// The response file in Base64; empty in a question.
    #[serde(rename = "NoiDung")]
    pub content: String,
    #[serde(rename = "ThoiGianGD")]
    pub time: String,
    #[serde(rename = "MaXacThuc")]
    pub digest: String,
}

impl SettlementMessage {
    pub fn question(partner: &Partner, day: Date, now: Timestamp) -> Self {
        Self::new(partner, QUESTION, day, String::new(), now)
    }

    pub fn response(partner: &Partner, day: Date, file: &str, now: Timestamp) -> Self {
        Self::new(partner, RESPONSE, day, STANDARD.encode(file), now)
    }

    fn new(partner: &Partner, kind: &str, day: Date, content: String, now: Timestamp) -> Self {
        Self {
            kind: kind.to_owned(),
            version: VERSION.to_owned(),
            partner: partner.code.clone(),
            day: day.strftime("%Y%m%d").to_string(),
            content,
            time: wire_time(now),
            digest: String::new(),
        }
        .sign(partner)
    }
}

signed!(SettlementMessage: kind, version, partner, day, content, time);

/// The answer to both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettlementReply {
    #[serde(rename = "MaLoi")]
    pub error_code: String,
    #[serde(rename = "MoTaLoi")]
    pub description: String,
    #[serde(rename = "MaDoiTac")]
    pub partner: String,
    #[serde(rename = "NgayDoiSoat")]
    pub day: String,
    /// The file in Base64; empty after a response file.
    #[serde(rename = "NoiDung")]
    pub content: String,
    #[serde(rename = "MaXacThuc")]
    pub digest: String,
}

impl SettlementReply {
    /// A signed answer, with a file to be put in Base64.
    pub fn new(partner: &Partner, error_code: &str, description: &str, day: &str, file: &str) -> Self {
        Self {
            error_code: error_code.to_owned(),
            description: description.to_owned(),
            partner: partner.code.clone(),
            day: day.to_owned(),
            content: STANDARD.encode(file),
            digest: String::new(),
        }
        .sign(partner)
    }

    pub fn is_success(&self) -> bool {
        self.error_code == SUCCESS
    }

    /// The file.
    pub fn file(&self) -> Result<String> {
        Ok(String::from_utf8(STANDARD.decode(&self.content)?)?)
    }
}

signed!(SettlementReply: error_code, description, partner, day, content);

#[cfg(test)]
mod tests {
    use super::*;
    use SettlementField::{LoaiGD, MaGiaoDich, MaNganHang, MaThamChieu, MaTienTe, SoTien, ThoiGianGD};

    const FIELDS: [SettlementField; 7] =
        [ThoiGianGD, MaGiaoDich, MaThamChieu, LoaiGD, SoTien, MaTienTe, MaNganHang];

    fn line(transaction: &str, kind: SettlementKind, amount: i64) -> SettlementLine {
        SettlementLine {
            at: "2026-11-22T02:15:00Z".parse().ok(),
            transaction: transaction.to_owned(),
            reference: "R1".to_owned(),
            kind,
            amount,
            bank: "VIETINBANK".to_owned(),
        }
    }

    #[test]
    fn what_is_written_is_read_in_any_order_of_fields() {
        let lines = [line("G1", SettlementKind::Payment, 7000), line("G2", SettlementKind::Refund, 3000)];
        let text = write_file(&lines, &FIELDS);
        assert!(text.starts_with("20261122091500|G1|R1|TT|7000|VND|VIETINBANK\n"), "{text}");
        assert!(text.ends_with("\nTONG|2|4000\n"), "{text}");
        let mut turned = FIELDS;
        turned.reverse();
        for fields in [FIELDS, turned] {
            assert_eq!(read_file(&write_file(&lines, &fields), &fields).ok().as_deref(), Some(&lines[..]));
        }
        assert_eq!(read_file("TONG|0|0\n", &FIELDS).ok(), Some(Vec::new()));
    }

    // Mutant: leave the last line unread.
    #[test]
    fn a_file_that_is_not_whole_is_not_read() {
        let text = write_file(&[line("G1", SettlementKind::Payment, 7000)], &FIELDS);
        for broken in [
            String::new(),
            "TONG|1|7000\n".to_owned(),
            text.replace("TONG|1|7000\n", ""),
            text.replace("|7000|VND", "|7001|VND"),
            text.replace("|7000|VND", "|7e3|VND"),
            text.replace("VND", "USD"),
            text.replace("TT", "XX"),
            text.replace("G1", ""),
            text.replace("G1", "G\0"),
            text.replace("|7000", "|9223372036854775807"),
            text.replace("|VIETINBANK", ""),
        ] {
            assert!(read_file(&broken, &FIELDS).is_err(), "{broken}");
        }
    }
}
