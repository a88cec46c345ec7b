//! PURE: who issues receipts, in which form and series, and who issues e-invoices instead
//! (`data/agencies/receipts.json`).

use std::sync::OnceLock;

use serde::Deserialize;

use super::show::Kind;
use crate::error::Result;

const EMBEDDED: &str = include_str!("../../data/agencies/receipts.json");

/// The rules; the first that fits an agency holds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuers {
    #[serde(rename = "about")]
    _about: String,
    #[serde(rename = "notes")]
    _notes: Vec<serde_json::Value>,
    rules: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
struct Rule {
    /// Codes; absent = every agency.
    agencies: Option<Vec<String>>,
    #[serde(flatten)]
    paper: Paper,
}

/// What an agency gives for what was paid to it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "issues", rename_all = "snake_case")]
pub enum Paper {
    /// Biên lai.
    Receipt {
        /// Two letters that the symbol of a series begins with.
        letters: String,
        /// Symbols of the forms.
        forms: Forms,
    },
    /// Hóa đơn điện tử, from a system of the agency's own.
    Invoice,
}

/// Symbols of the forms (ký hiệu mẫu biên lai).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forms {
    charge: String,
    fee: String,
}

impl Forms {
    pub fn of(&self, kind: Kind) -> &str {
        match kind {
            Kind::Charge => &self.charge,
            Kind::Fee => &self.fee,
        }
    }
}

impl Issuers {
    /// Of the data in the binary, read once.
    pub fn embedded() -> Result<&'static Self> {
        static RULES: OnceLock<std::result::Result<Issuers, String>> = OnceLock::new();
        let rules = RULES.get_or_init(|| serde_json::from_str(EMBEDDED).map_err(|error| error.to_string()));
        rules.as_ref().map_err(|error| anyhow::anyhow!("data/agencies/receipts.json: {error}").into())
    }

    /// What the agency with this code gives; by no rule, a receipt cannot be made.
    pub fn paper(&self, agency: &str) -> Option<&Paper> {
        let fits =
            |rule: &&Rule| rule.agencies.as_ref().is_none_or(|codes| codes.iter().any(|c| c == agency));
        self.rules.iter().find(fits).map(|rule| &rule.paper)
    }
}

/// The symbol of a series (ký hiệu biên lai): two letters, the year, electronic.
pub fn symbol(letters: &str, year: i16) -> String {
    format!("{letters}-{:02}E", year.rem_euclid(100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_says_who_issues_what() {
        let rules = Issuers::embedded().expect("the data can be read");
        assert_eq!(rules.paper("H49.22"), Some(&Paper::Invoice));
        let Some(Paper::Receipt { letters, forms }) = rules.paper("H49.61") else { panic!("no receipts") };
        assert_eq!((forms.of(Kind::Charge), forms.of(Kind::Fee)), ("01BLP0-001", "01BLP0-002"));
        assert_eq!(symbol(letters, 2026), "BL-26E");
        assert_eq!(symbol(letters, 2107), "BL-07E");
    }
}
