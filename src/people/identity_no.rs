//! The personal identification number (số định danh cá nhân, printed on the CCCD).
//!
//! PURE. Twelve digits (NĐ 137/2015 Đ.13): three for the place of birth registration, one
//! for century and sex, two for the year of birth, six random. There is no check digit, so
//! what can be checked is the place and the agreement with sex and date of birth.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Place codes, as before the mergers of 2025: numbers once given stay valid
/// (annex of TT 07/2016/TT-BCA; `data/reference/id_number_provinces.json`).
const PLACES: [u16; 63] = [
    1, 2, 4, 6, 8, 10, 11, 12, 14, 15, 17, 19, 20, 22, 24, 25, 26, 27, 30, 31, 33, 34, 35, 36, 37, 38, 40,
    42, 44, 45, 46, 48, 49, 51, 52, 54, 56, 58, 60, 62, 64, 66, 67, 68, 70, 72, 74, 75, 77, 79, 80, 82, 83,
    84, 86, 87, 89, 91, 92, 93, 94, 95, 96,
];

/// A number whose shape and place are right.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IdentityNo(String);

/// Sex (giới tính), as the number and the identity record say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Gender {
    /// Nam.
    Male,
    /// Nữ.
    Female,
}

impl Gender {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Male => "male",
            Self::Female => "female",
        }
    }
}

/// What is wrong with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityFlaw {
    /// Not twelve digits.
    Shape,
    /// The first three digits are no place.
    Place,
    /// The fourth digit says another sex.
    Gender,
    /// The fourth to sixth digits say another year.
    BirthYear,
}

impl IdentityFlaw {
    /// The sentence in Vietnamese and in English.
    pub fn sentence(self) -> (&'static str, &'static str) {
        match self {
            Self::Shape => ("số định danh cá nhân gồm đúng 12 chữ số", "an identity number has 12 digits"),
            Self::Place => (
                "ba chữ số đầu không phải mã nơi đăng ký khai sinh",
                "the first three digits are not the code of a place",
            ),
            Self::Gender => {
                ("chữ số thứ tư không khớp giới tính", "the fourth digit does not agree with the sex")
            }
            Self::BirthYear => (
                "chữ số thứ tư đến thứ sáu không khớp năm sinh",
                "the fourth to sixth digits do not agree with the year of birth",
            ),
        }
    }
}

impl fmt::Display for IdentityFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence().1)
    }
}

impl IdentityNo {
    pub fn parse(text: &str) -> Result<Self, IdentityFlaw> {
        if text.len() != 12 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(IdentityFlaw::Shape);
        }
        let number = Self(text.to_owned());
        let place = number.digits(0..3);
        if PLACES.binary_search(&place).is_err() {
            return Err(IdentityFlaw::Place);
        }
        Ok(number)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the fourth digit says: even for male, odd for female.
    pub fn gender(&self) -> Gender {
        if self.digits(3..4).is_multiple_of(2) { Gender::Male } else { Gender::Female }
    }

    /// Year of birth: two centuries' digits count up from 0 for the 1900s.
    pub fn birth_year(&self) -> i16 {
        let (century, year) = (self.digits(3..4) / 2, self.digits(4..6));
        // At most 1900 + 400 + 99.
        1900 + (century * 100 + year) as i16
    }

    /// Whether the number agrees with what else is known of the person.
    pub fn agrees_with(&self, gender: Option<Gender>, birth_date: Option<Date>) -> Result<(), IdentityFlaw> {
        if gender.is_some_and(|gender| gender != self.gender()) {
            return Err(IdentityFlaw::Gender);
        }
        if birth_date.is_some_and(|date| date.year() != self.birth_year()) {
            return Err(IdentityFlaw::BirthYear);
        }
        Ok(())
    }

    fn digits(&self, range: std::ops::Range<usize>) -> u16 {
        self.0.as_bytes()[range].iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'))
    }
}

impl TryFrom<String> for IdentityNo {
    type Error = IdentityFlaw;

    fn try_from(text: String) -> Result<Self, IdentityFlaw> {
        Self::parse(&text)
    }
}

impl From<IdentityNo> for String {
    fn from(number: IdentityNo) -> Self {
        number.0
    }
}

impl PartialSchema for IdentityNo {
    fn schema() -> RefOr<Schema> {
        let shape = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[0-9]{12}$"));
        shape.min_length(Some(12)).max_length(Some(12)).into()
    }
}

impl ToSchema for IdentityNo {}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_places_are_those_of_the_reference_data() -> serde_json::Result<()> {
        let text = include_str!("../../data/reference/id_number_provinces.json");
        let data: serde_json::Value = serde_json::from_str(text)?;
        let mut codes: Vec<u16> = data["provinces"]
            .as_array()
            .map_or(vec![], |all| all.iter().filter_map(|p| p["code"].as_str()?.parse().ok()).collect());
        codes.sort_unstable();
        assert_eq!(codes, PLACES);
        Ok(())
    }

    #[test]
    fn shape_and_place_are_checked() {
        let cases = [
            ("022094000001", Ok(())),
            ("001300000000", Ok(())),
            ("", Err(IdentityFlaw::Shape)),
            ("02209400000", Err(IdentityFlaw::Shape)),
            ("0220940000011", Err(IdentityFlaw::Shape)),
            ("02209400000a", Err(IdentityFlaw::Shape)),
            ("02209400000\u{661}", Err(IdentityFlaw::Shape)),
            ("003094000001", Err(IdentityFlaw::Place)),
            ("000094000001", Err(IdentityFlaw::Place)),
            ("097094000001", Err(IdentityFlaw::Place)),
        ];
        for (text, expected) in cases {
            assert_eq!(IdentityNo::parse(text).map(|_| ()), expected, "{text}");
        }
    }

    #[test]
    fn the_number_must_agree_with_sex_and_year_of_birth() -> Result<(), IdentityFlaw> {
        let cases = [
            ("022094000001", Gender::Male, 1994, Ok(())),
            ("022196000002", Gender::Female, 1996, Ok(())),
            ("022201000003", Gender::Male, 2001, Ok(())),
            ("022305000012", Gender::Female, 2005, Ok(())),
            ("022400000001", Gender::Male, 2100, Ok(())),
            ("022999000001", Gender::Female, 2399, Ok(())),
            ("022094000001", Gender::Female, 1994, Err(IdentityFlaw::Gender)),
            ("022094000001", Gender::Male, 2094, Err(IdentityFlaw::BirthYear)),
            ("022201000003", Gender::Male, 1901, Err(IdentityFlaw::BirthYear)),
        ];
        for (text, gender, year, expected) in cases {
            let number = IdentityNo::parse(text)?;
            let born = date(year, 5, 19);
            assert_eq!(number.agrees_with(Some(gender), Some(born)), expected, "{text} {year}");
        }
        assert_eq!(IdentityNo::parse("022094000001")?.agrees_with(None, None), Ok(()));
        Ok(())
    }

    proptest! {
        #[test]
        fn any_text_is_judged_without_a_panic(text in "\\PC{0,20}") {
            if let Ok(number) = IdentityNo::parse(&text) {
                prop_assert_eq!(number.as_str(), text);
            }
        }

        #[test]
        fn the_digits_are_read_as_they_are_written(
            place in prop::sample::select(PLACES.to_vec()), mark in 0i16..10, year in 0i16..100, rest in 0u32..1_000_000
        ) {
            let text = format!("{place:03}{mark}{year:02}{rest:06}");
            let number = IdentityNo::parse(&text).map_err(|flaw| TestCaseError::fail(flaw.to_string()))?;
            prop_assert_eq!(number.birth_year(), 1900 + mark / 2 * 100 + year);
            prop_assert_eq!(number.gender() == Gender::Female, mark % 2 == 1);
        }
    }
}
