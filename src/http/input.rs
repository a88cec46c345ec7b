//! Kinds of input that every capability takes: texts, days and moments within bounds.
//!
//! What is out of bounds is refused while the body is read, with the pointer of the field,
//! so that no value reaches the database that it cannot hold.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A text of 1 to `MAX` characters: trimmed, in Unicode's composed form (NFC), one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Text<const MAX: usize>(String);

impl<const MAX: usize> Text<MAX> {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> TryFrom<String> for Text<MAX> {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let text: String = text.trim().nfc().collect();
        if text.is_empty() {
            return Err("empty text".to_owned());
        }
        if text.chars().count() > MAX {
            return Err(format!("longer than {MAX} characters"));
        }
        if text.chars().any(char::is_control) {
            return Err("control characters".to_owned());
        }
        Ok(Self(text))
    }
}

impl<const MAX: usize> From<Text<MAX>> for String {
    fn from(text: Text<MAX>) -> Self {
        text.0
    }
}

impl<const MAX: usize> PartialSchema for Text<MAX> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(MAX)).into()
    }
}

impl<const MAX: usize> ToSchema for Text<MAX> {
    fn name() -> Cow<'static, str> {
        format!("Text{MAX}").into()
    }
}

/// A number on paper, such as that of a slip or an account: 1 to `MAX` letters and digits of
/// ASCII, in capitals, since people write either.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Serial<const MAX: usize>(String);

impl<const MAX: usize> Serial<MAX> {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> TryFrom<String> for Serial<MAX> {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if !(1..=MAX).contains(&text.len()) {
            return Err(format!("not of 1 to {MAX} letters and digits"));
        }
        if !text.bytes().all(|sign| sign.is_ascii_alphanumeric()) {
            return Err("something else than letters and digits".to_owned());
        }
        Ok(Self(text.to_ascii_uppercase()))
    }
}

impl<const MAX: usize> From<Serial<MAX>> for String {
    fn from(serial: Serial<MAX>) -> Self {
        serial.0
    }
}

impl<const MAX: usize> PartialSchema for Serial<MAX> {
    fn schema() -> RefOr<Schema> {
        let signs = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[0-9A-Za-z]+$"));
        signs.min_length(Some(1)).max_length(Some(MAX)).into()
    }
}

impl<const MAX: usize> ToSchema for Serial<MAX> {
    fn name() -> Cow<'static, str> {
        format!("Serial{MAX}").into()
    }
}

/// A calendar day of the years 1900 to 2199.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Date", into = "Date")]
pub struct Day(Date);

impl Day {
    pub fn date(self) -> Date {
        self.0
    }
}

impl TryFrom<Date> for Day {
    type Error = &'static str;

    fn try_from(date: Date) -> Result<Self, Self::Error> {
        if in_bounds(date.year()) { Ok(Self(date)) } else { Err("a day outside the years 1900 to 2199") }
    }
}

impl From<Day> for Date {
    fn from(day: Day) -> Self {
        day.0
    }
}

impl PartialSchema for Day {
    fn schema() -> RefOr<Schema> {
        string_of(KnownFormat::Date)
    }
}

impl ToSchema for Day {}

/// A moment of the years 1900 to 2199.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Timestamp", into = "Timestamp")]
pub struct Moment(Timestamp);

impl Moment {
    pub fn time(self) -> Timestamp {
        self.0
    }
}

impl TryFrom<Timestamp> for Moment {
    type Error = &'static str;

    fn try_from(time: Timestamp) -> Result<Self, Self::Error> {
        let year = time.to_zoned(jiff::tz::TimeZone::UTC).year();
        if in_bounds(year) { Ok(Self(time)) } else { Err("a moment outside the years 1900 to 2199") }
    }
}

impl From<Moment> for Timestamp {
    fn from(moment: Moment) -> Self {
        moment.0
    }
}

impl PartialSchema for Moment {
    fn schema() -> RefOr<Schema> {
        string_of(KnownFormat::DateTime)
    }
}

impl ToSchema for Moment {}

fn in_bounds(year: i16) -> bool {
    (1900..2200).contains(&year)
}

fn string_of(format: KnownFormat) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(format))).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_trimmed_composed_and_bounded() -> serde_json::Result<()> {
        let text: Text<9> = serde_json::from_str("\"  H\u{1ea1} Long \"")?;
        assert_eq!(text.as_str(), "Hạ Long");
        let decomposed: Text<9> = serde_json::from_str("\"Ha\u{323} Long\"")?;
        assert_eq!(decomposed, text);
        for refused in ["\" \"", "\"1234567890\"", "\"a\\u0000b\"", "\"a\\nb\"", "7"] {
            assert!(serde_json::from_str::<Text<9>>(refused).is_err(), "{refused}");
        }
        Ok(())
    }

    #[test]
    fn a_serial_is_letters_and_digits_in_capitals() -> serde_json::Result<()> {
        let serial: Serial<6> = serde_json::from_str("\"ft12ab\"")?;
        assert_eq!(serial.as_str(), "FT12AB");
        for refused in ["\"\"", "\"1234567\"", "\"a/b\"", "\"a b\"", "\" ab\"", "\"ạ\"", "7"] {
            assert!(serde_json::from_str::<Serial<6>>(refused).is_err(), "{refused}");
        }
        Ok(())
    }

    #[test]
    fn days_and_moments_that_the_database_cannot_hold_are_refused() {
        assert!(serde_json::from_str::<Day>("\"2026-02-28\"").is_ok());
        for refused in ["\"2026-02-29\"", "\"-009999-01-01\"", "\"9999-12-31\"", "\"1899-12-31\"", "0"] {
            assert!(serde_json::from_str::<Day>(refused).is_err(), "{refused}");
        }
        assert!(serde_json::from_str::<Moment>("\"2026-02-28T08:00:00+07:00\"").is_ok());
        assert!(serde_json::from_str::<Moment>("\"2200-01-01T00:00:00Z\"").is_err());
    }
}
