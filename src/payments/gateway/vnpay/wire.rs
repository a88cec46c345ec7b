//! How VNPAY writes and signs: HMAC-SHA512 in hex, over a sorted query string or over values
//! joined by `|`; amounts a hundredfold.

use std::collections::BTreeMap;

use aws_lc_rs::hmac;

use super::super::exact;
use crate::config::{Config, Secret};

/// Fields a query string may have; the longest known has fourteen.
const FIELDS_LIMIT: usize = 64;
/// The field of the signature, and one that named its algorithm once: both are outside it.
const UNSIGNED: [&str; 2] = ["vnp_SecureHash", "vnp_SecureHashType"];

/// Who a merchant is to VNPAY: its code and the key that both sides share.
#[derive(Debug, Clone)]
pub struct Merchant {
    /// `vnp_TmnCode`.
    pub code: String,
    pub key: Secret<String>,
}

impl Merchant {
    pub fn of(config: &Config) -> Self {
        Self { code: config.vnpay.merchant_code.clone(), key: config.vnpay.secret_key.clone() }
    }

    /// `vnp_SecureHash` of a text.
    pub fn hash(&self, text: &str) -> String {
        hex::encode(hmac::sign(&self.key(), text.as_bytes()))
    }

    /// Whether a hash is that of the text; takes as long for a near miss as for a far one.
    pub fn signed(&self, text: &str, hash: &str) -> bool {
        hex::decode(hash).is_ok_and(|tag| hmac::verify(&self.key(), text.as_bytes(), &tag).is_ok())
    }

    /// Whether a query string is signed. What is verified is the string as it came, its pairs
    /// put in order: never what would be written again after reading it.
    pub fn signed_query(&self, query: &Query) -> bool {
        query.get(UNSIGNED[0]).is_some_and(|hash| self.signed(&query.signed_text(), hash))
    }

    /// Fields as a signed query string.
    pub fn query(&self, fields: &BTreeMap<&str, String>) -> String {
        let text = encode(fields);
        let hash = self.hash(&text);
        format!("{text}&{}={hash}", UNSIGNED[0])
    }

    fn key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA512, self.key.expose().as_bytes())
    }
}

/// `application/x-www-form-urlencoded`, in the order of the names.
fn encode(fields: &BTreeMap<&str, String>) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// A query string that was read: each field once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// By name: the pair as written, and the value.
    fields: BTreeMap<String, (String, String)>,
}

impl Query {
    /// `None` when it is anything else: not ASCII, a name twice, too many fields, or a NUL or
    /// broken UTF-8 in a value, which PostgreSQL cannot store.
    pub fn read(raw: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(raw).ok().filter(|text| text.is_ascii())?;
        let mut fields = BTreeMap::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = form_urlencoded::parse(pair.as_bytes()).next()?;
            let broken = |text: &str| text.contains(['\0', char::REPLACEMENT_CHARACTER]);
            if broken(&name) || broken(&value) || fields.len() == FIELDS_LIMIT {
                return None;
            }
            let known = fields.insert(name.into_owned(), (pair.to_owned(), value.into_owned()));
            if known.is_some() {
                return None;
            }
        }
        Some(Self { fields })
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(|(_, value)| value.as_str())
    }

    /// What stands under the signature.
    fn signed_text(&self) -> String {
        let signed = self.fields.iter().filter(|(name, _)| !UNSIGNED.contains(&name.as_str()));
        signed.map(|(_, (pair, _))| pair.as_str()).collect::<Vec<_>>().join("&")
    }
}

/// A hundredfold amount in đồng; `None` when it is not written exactly so.
pub fn dong(amount: &str) -> Option<i64> {
    exact(amount).filter(|hundredfold| hundredfold % 100 == 0).map(|hundredfold| hundredfold / 100)
}

/// An amount in đồng as it is written.
pub fn hundredfold(amount: i64) -> String {
    (i128::from(amount) * 100).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merchant() -> Merchant {
        Merchant { code: "MOTCUA01".to_owned(), key: Secret::new("secret".to_owned()) }
    }

    #[test]
    fn a_query_is_signed_over_its_pairs_in_order_as_they_were_written() {
        let merchant = merchant();
        let fields = BTreeMap::from([("vnp_B", "x y*".to_owned()), ("vnp_A", "Đ".to_owned())]);
        let query = merchant.query(&fields);
        assert!(query.starts_with("vnp_A=%C4%90&vnp_B=x+y*&vnp_SecureHash="), "{query}");
        let signed = |text: &str| Query::read(text.as_bytes()).is_some_and(|q| merchant.signed_query(&q));
        assert!(signed(&query));
        let turned = query.split('&').rev().collect::<Vec<_>>().join("&");
        assert!(signed(&turned), "the order of sending is free");
        assert!(signed(&format!("{query}&vnp_SecureHashType=HMACSHA512")));
        assert!(!signed(&query.replace("x+y*", "x%20y*")), "another writing is another text");
        assert!(!signed(&query.replace("vnp_B=x", "vnp_B=z")));
        assert!(!signed("vnp_A=1") && !signed("vnp_A=1&vnp_SecureHash="));
    }

    #[test]
    fn what_is_ambiguous_is_not_read() {
        for raw in ["a=1&a=2", "a=1&%61=2", "a=%00", "a=%ff", "a=\u{110}"] {
            assert_eq!(Query::read(raw.as_bytes()), None, "{raw}");
        }
        assert!(Query::read(b"").is_some_and(|query| query.get("a").is_none()));
    }

    // Mutant: take the amount as đồng.
    #[test]
    fn amounts_are_a_hundredfold() {
        assert_eq!((dong("700000"), dong("100")), (Some(7000), Some(1)));
        for amount in ["7", "700001", "7000.00", "", "7e5", "0700000", "9223372036854775808"] {
            assert_eq!(dong(amount), None, "{amount}");
        }
        assert_eq!(hundredfold(i64::MAX), "922337203685477580700");
    }
}
