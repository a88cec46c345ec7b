//! The tax number (mã số thuế) of enterprises, organisations and household businesses.
//!
//! PURE. Ten digits, the last a check digit; a branch adds `-001` to `-999`. A household
//! business uses the personal number of its owner (since July 2025).

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::identity_no::IdentityNo;

/// Weights of the first nine digits.
const WEIGHTS: [u32; 9] = [31, 29, 23, 19, 17, 13, 7, 5, 3];

/// A right number, in its written form (`0100109106`, `0100109106-001` or 12 digits).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TaxNo(String);

/// What is wrong with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaxFlaw {
    /// Neither 10 digits, nor 10-3, nor 12.
    Shape,
    /// The tenth digit does not fit the nine before it.
    CheckDigit,
    /// Branches count from 001.
    Branch,
    /// Twelve digits, but not a personal number.
    Personal,
}

impl fmt::Display for TaxFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shape => "a tax number has 10 digits, 10-3 for a branch, or is a personal number",
            Self::CheckDigit => "the tenth digit does not fit the nine before it",
            Self::Branch => "branches count from 001",
            Self::Personal => "not a personal number",
        })
    }
}

impl TaxNo {
    pub fn parse(text: &str) -> Result<Self, TaxFlaw> {
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if text.len() == 12 && digits(text) {
            return IdentityNo::parse(text).map(|_| Self(text.to_owned())).map_err(|_| TaxFlaw::Personal);
        }
        let (base, branch) = match text.split_once('-') {
            Some((base, branch)) => (base, Some(branch)),
            None => (text, None),
        };
        if base.len() != 10 || !digits(base) || branch.is_some_and(|b| b.len() != 3 || !digits(b)) {
            return Err(TaxFlaw::Shape);
        }
        if check_digit(base) != base.bytes().next_back().map(|b| u32::from(b - b'0')) {
            return Err(TaxFlaw::CheckDigit);
        }
        if branch == Some("000") {
            return Err(TaxFlaw::Branch);
        }
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A household business has the personal number of its owner.
    pub fn is_personal(&self) -> bool {
        self.0.len() == 12
    }
}

/// The digit that nine digits demand; `None` when the sum demands 10, which no digit is.
fn check_digit(base: &str) -> Option<u32> {
    let sum: u32 = base.bytes().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    Some(10 - sum % 11).filter(|digit| *digit < 10)
}

impl TryFrom<String> for TaxNo {
    type Error = TaxFlaw;

    fn try_from(text: String) -> Result<Self, TaxFlaw> {
        Self::parse(&text)
    }
}

impl From<TaxNo> for String {
    fn from(number: TaxNo) -> Self {
        number.0
    }
}

impl PartialSchema for TaxNo {
    fn schema() -> RefOr<Schema> {
        let shape = "^([0-9]{10}(-[0-9]{3})?|[0-9]{12})$";
        ObjectBuilder::new().schema_type(Type::String).pattern(Some(shape)).max_length(Some(14)).into()
    }
}

impl ToSchema for TaxNo {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_that_are_in_use_pass() {
        for text in ["0100109106", "0101248141", "0100686209", "0300588569", "0100112437", "0100109106-001"] {
            assert_eq!(TaxNo::parse(text).map(|_| ()), Ok(()), "{text}");
        }
        assert!(TaxNo::parse("022094000001").is_ok_and(|number| number.is_personal()));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let cases = [
            ("0100109107", TaxFlaw::CheckDigit),
            ("0100109107-001", TaxFlaw::CheckDigit),
            ("0100109106-000", TaxFlaw::Branch),
            ("0100109106-1", TaxFlaw::Shape),
            ("0100109106-", TaxFlaw::Shape),
            ("0100109106001", TaxFlaw::Shape),
            ("010010910", TaxFlaw::Shape),
            ("01001o9106", TaxFlaw::Shape),
            ("", TaxFlaw::Shape),
            ("099094000001", TaxFlaw::Personal),
        ];
        for (text, flaw) in cases {
            assert_eq!(TaxNo::parse(text), Err(flaw), "{text}");
        }
    }

    #[test]
    fn a_sum_that_demands_ten_has_no_number() {
        // 000000000 sums to 0, which demands the digit 10.
        assert!((0..10).all(|digit| TaxNo::parse(&format!("000000000{digit}")).is_err()));
    }

    proptest! {
        #[test]
        fn at_most_one_check_digit_fits(base in "[0-9]{9}") {
            let fitting = (0..10).filter(|digit| TaxNo::parse(&format!("{base}{digit}")).is_ok()).count();
            prop_assert!(fitting <= 1);
        }

        #[test]
        fn one_wrong_digit_is_found(base in "[0-9]{9}", at in 0usize..9, add in 1u8..10) {
            let Some(check) = check_digit(&base) else { return Ok(()) };
            let mut wrong = base.into_bytes();
            wrong[at] = b'0' + (wrong[at] - b'0' + add) % 10;
            let wrong = String::from_utf8_lossy(&wrong).into_owned();
            let changed = TaxNo::parse(&format!("{wrong}{check}"));
            prop_assert!(changed.is_err());
        }

        #[test]
        fn any_text_is_judged_without_a_panic(text in "\\PC{0,20}") {
            let _ = TaxNo::parse(&text);
        }
    }
}
