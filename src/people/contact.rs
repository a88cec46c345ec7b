//! Phone numbers and e-mail addresses, as people give them.
//!
//! PURE. The prefixes of mobile numbers since 2018 are a stated default: no law that we
//! read lists them in one place.

use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A Vietnamese mobile number, kept as `0` and nine digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

impl Phone {
    /// Reads `0…`, `84…` and `+84…`; spaces and dots between digits are left out.
    pub fn parse(text: &str) -> Option<Self> {
        let text: String = text.chars().filter(|c| !matches!(c, ' ' | '.')).collect();
        let rest = ["+84", "84", "0"].iter().find_map(|lead| text.strip_prefix(lead))?;
        let [first, second, tail @ ..] = rest.as_bytes() else { return None };
        let prefix = match first {
            b'3' => (b'2'..=b'9').contains(second),
            b'5' => b"25689".contains(second),
            b'7' => b"06789".contains(second),
            b'8' => (b'1'..=b'9').contains(second),
            b'9' => second.is_ascii_digit(),
            _ => false,
        };
        let whole = prefix && tail.len() == 7 && tail.iter().all(u8::is_ascii_digit);
        whole.then(|| Self(format!("0{rest}")))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Phone {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a Vietnamese mobile number")
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> Self {
        phone.0
    }
}

impl PartialSchema for Phone {
    fn schema() -> RefOr<Schema> {
        let shape = r"^(\+84|84|0)(3[2-9]|5[25689]|7[06-9]|8[1-9]|9[0-9])[0-9]{7}$";
        ObjectBuilder::new().schema_type(Type::String).pattern(Some(shape)).max_length(Some(12)).into()
    }
}

impl ToSchema for Phone {}

/// An e-mail address: one `@` with something on both sides and no blanks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

impl Email {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Email {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let plain = text.chars().all(|c| !c.is_whitespace() && !c.is_control());
        match text.split_once('@') {
            Some((name, host)) if plain && !name.is_empty() && !host.is_empty() && !host.contains('@') => {
                if text.len() <= 254 {
                    Ok(Self(text))
                } else {
                    Err("longer than 254 characters")
                }
            }
            _ => Err("not an e-mail address"),
        }
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

impl PartialSchema for Email {
    fn schema() -> RefOr<Schema> {
        let shape = r"^[!-?A-~]+@[!-?A-~]+$";
        ObjectBuilder::new().schema_type(Type::String).pattern(Some(shape)).max_length(Some(254)).into()
    }
}

impl ToSchema for Email {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_are_brought_to_one_form() {
        for text in ["0900000001", "+84900000001", "84900000001", "090 000 0001", "0900.000.001"] {
            assert_eq!(Phone::parse(text).map(String::from).as_deref(), Some("0900000001"), "{text}");
        }
        for text in ["", "0", "090000000", "09000000011", "0200000001", "0510000001", "+8490000000a", "1900"]
        {
            assert_eq!(Phone::parse(text), None, "{text}");
        }
    }

    #[test]
    fn addresses_need_two_sides() {
        assert!(Email::try_from("cong.dan@example.com".to_owned()).is_ok());
        for text in ["", "a", "@a", "a@", "a@b@c", "a b@c", "a\0@b"] {
            assert!(Email::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
