//! What the tax side writes into single fields, and how a message that cannot be used is told.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::national::{wire_moment, wire_time};

/// Longest text of a field, in bytes; what is longer is no name, address or number.
const TEXT_LIMIT: usize = 2_000;
/// Largest amount, in đồng: a thousand times the budget of a province.
const AMOUNT_LIMIT: i64 = 1_000_000_000_000_000;
/// Largest notice, in bytes.
const PDF_LIMIT: usize = 1024 * 1024;

/// Why a message cannot be used, with the field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Path of the field, e.g. `DATA/BODY/ROW_LIST/LIST[2]/SO_TIEN`; empty: the whole message.
    pub field: String,
    pub reason: Reason,
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The message is longer than is read.
    TooLong,
    /// It is not UTF-8, or says that it is not.
    NotUtf8,
    /// It has a document type, an entity of its own or a processing instruction.
    Entity,
    /// Elements lie deeper than any message has them.
    TooDeep,
    /// More elements or rows than any message has.
    TooMany,
    /// It is no XML, or no JSON.
    Malformed,
    /// A field that must be there is not, or is empty.
    Missing,
    /// A field is there twice.
    Twice,
    /// The field's text is not what belongs there.
    Wrong,
}

impl Unreadable {
    pub(super) fn new(field: impl Into<String>, reason: Reason) -> Self {
        Self { field: field.into(), reason }
    }

    /// For the sender (`ERROR_DESC`); nothing of the message itself is repeated.
    pub fn description(&self) -> String {
        let words = match self.reason {
            Reason::TooLong => "Bản tin quá dài",
            Reason::NotUtf8 => "Bản tin không phải UTF-8",
            Reason::Entity => "Bản tin có DOCTYPE, thực thể hoặc chỉ thị xử lý",
            Reason::TooDeep => "Bản tin lồng quá sâu",
            Reason::TooMany => "Bản tin có quá nhiều dòng",
            Reason::Malformed => "Bản tin sai cú pháp",
            Reason::Missing => "Thiếu trường",
            Reason::Twice => "Trường lặp lại",
            Reason::Wrong => "Trường sai định dạng",
        };
        if self.field.is_empty() { words.to_owned() } else { format!("{words}: {}", self.field) }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.description())
    }
}

impl std::error::Error for Unreadable {}

/// A value that a field holds as text.
pub trait Text: Sized {
    /// `None`: the text is not what belongs there.
    fn of(text: &str) -> Option<Self>;
    fn text(&self) -> String;
    /// Of JSON's true or false, which is neither an amount nor a name.
    fn of_flag(_: bool) -> Option<Self> {
        None
    }
}

impl Text for String {
    fn of(text: &str) -> Option<Self> {
        (text.len() <= TEXT_LIMIT && text.chars().all(is_printable)).then(|| text.to_owned())
    }

    fn text(&self) -> String {
        self.clone()
    }
}

/// What XML 1.0 allows in text, and a database can keep.
pub(super) fn is_printable(letter: char) -> bool {
    matches!(letter, '\t' | '\n' | '\r') || (letter >= ' ' && !matches!(letter, '\u{fffe}' | '\u{ffff}'))
}

/// Đồng: digits only, without sign, point or group.
impl Text for i64 {
    fn of(text: &str) -> Option<Self> {
        let digits = !text.is_empty() && text.len() <= 16 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|amount| digits && *amount <= AMOUNT_LIMIT)
    }

    fn text(&self) -> String {
        self.to_string()
    }
}

/// A small number, e.g. of an instalment; from 1.
impl Text for u16 {
    fn of(text: &str) -> Option<Self> {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|number| digits && (1..=1_000).contains(number))
    }

    fn text(&self) -> String {
        self.to_string()
    }
}

/// "1": yes, "0": no.
impl Text for bool {
    fn of(text: &str) -> Option<Self> {
        match text {
            "1" => Some(true),
            "0" => Some(false),
            _ => None,
        }
    }

    fn text(&self) -> String {
        if *self { "1" } else { "0" }.to_owned()
    }

    fn of_flag(yes: bool) -> Option<Self> {
        Some(yes)
    }
}

/// `yyyyMMddHHmmss` in Việt Nam.
impl Text for Timestamp {
    fn of(text: &str) -> Option<Self> {
        wire_moment(text)
    }

    fn text(&self) -> String {
        wire_time(*self)
    }
}

/// A day, with the characters by which it came: what the tax side says is kept as it was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    text: String,
    pub date: Date,
}

impl Day {
    /// As ImportThongBaoThue writes it: `dd-MM-yyyy`.
    pub fn new(date: Date) -> Self {
        Self { text: date.strftime("%d-%m-%Y").to_string(), date }
    }

    /// As it came.
    pub fn as_received(&self) -> &str {
        &self.text
    }
}

/// `dd-MM-yyyy`, or one of the other ways in which the systems write days.
impl Text for Day {
    fn of(text: &str) -> Option<Self> {
        let form = match (text.len(), text.as_bytes().get(2), text.as_bytes().get(4)) {
            (8, Some(b'0'..=b'9'), _) => "%Y%m%d",
            (10, Some(b'-'), _) => "%d-%m-%Y",
            (10, Some(b'/'), _) => "%d/%m/%Y",
            (10, _, Some(b'-')) => "%Y-%m-%d",
            _ => return None,
        };
        let date = Date::strptime(form, text).ok().filter(|date| (1900..=2200).contains(&date.year()))?;
        let exact = date.strftime(form).to_string() == text;
        exact.then(|| Self { text: text.to_owned(), date })
    }

    fn text(&self) -> String {
        self.text.clone()
    }
}

/// A document in PDF; Base64 in the message.
#[derive(Clone, PartialEq, Eq)]
pub struct Pdf(Vec<u8>);

impl Pdf {
    /// `None`: no PDF, or one that is too large to be a notice.
    pub fn new(bytes: Vec<u8>) -> Option<Self> {
        (bytes.len() <= PDF_LIMIT && bytes.starts_with(b"%PDF-")).then_some(Self(bytes))
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Pdf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pdf({} bytes)", self.0.len())
    }
}

impl Text for Pdf {
    fn of(text: &str) -> Option<Self> {
        Self::new(base64(text)?)
    }

    fn text(&self) -> String {
        STANDARD.encode(&self.0)
    }
}

/// What Base64 text stands for; line breaks in it do not count.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    let joined: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    STANDARD.decode(joined).ok()
}

pub(super) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// An enum whose values are codes on the wire; another code is refused.
macro_rules! codes {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$doc:meta])* $variant:ident = $code:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$doc])* #[serde(rename = $code)] $variant,)+ }

        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant,)+];
        }

        impl $crate::national::tax::wire::Text for $name {
            fn of(text: &str) -> Option<Self> {
                match text {
                    $($code => Some(Self::$variant),)+
                    _ => None,
                }
            }

            fn text(&self) -> String {
                match self { $(Self::$variant => $code,)+ }.to_owned()
            }
        }
    };
}
pub(super) use codes;
