//! Dossier codes (mã hồ sơ). PURE.
//!
//! Written in the short shape `H49.61.01-261123-0001`: identifier code of the receiving
//! unit, day in Việt Nam, running number of that unit and day (TT 01/2018/TT-VPCP Đ.19).
//! Read in the short and in the older long shape (`000.17.22.H56-210531-0001`).

use std::fmt;

use jiff::civil::Date;

/// Longest agency part and longest number that are read.
const AGENCY_LIMIT: usize = 20;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DossierCode(String);

impl DossierCode {
    /// The code of the `number`-th dossier of a unit on a day. Beyond 9,999 the number grows
    /// a digit; it never wraps.
    pub fn new(unit_code: &str, day: Date, number: i32) -> Self {
        let year = day.year().rem_euclid(100);
        Self(format!("{unit_code}-{year:02}{:02}{:02}-{number:04}", day.month(), day.day()))
    }

    /// Reads a code in either shape; `None` when it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_uppercase();
        let mut parts = text.split('-');
        let (agency, day, number) = (parts.next()?, parts.next()?, parts.next()?);
        let digits = |s: &str, min: usize, max: usize| {
            (min..=max).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_digit())
        };
        let well_shaped = parts.next().is_none()
            && agency.len() <= AGENCY_LIMIT
            && is_agency(agency)
            && (digits(day, 6, 6) || digits(day, 8, 8))
            && digits(number, 4, 7);
        well_shaped.then_some(Self(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `H49.61.01`, or the long shape that ends with the province: `000.17.22.H56`.
fn is_agency(text: &str) -> bool {
    let top =
        |s: &str| s.len() == 3 && s.starts_with(['G', 'H']) && s.bytes().skip(1).all(|b| b.is_ascii_digit());
    let sub = |s: &str| (1..=3).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_alphanumeric());
    let parts: Vec<&str> = text.split('.').collect();
    match parts.as_slice() {
        [first, rest @ ..] if top(first) => rest.len() <= 3 && rest.iter().all(|p| sub(p)),
        [rest @ .., last] if top(last) => rest.len() == 3 && rest.iter().all(|p| sub(p)),
        _ => false,
    }
}

impl fmt::Display for DossierCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_shapes_are_read() {
        let samples = [
            "000.17.22.H56-210531-0001",
            "000.00.14.H56-200203-0118",
            "000.A0.01.H26-210212-9090",
            "G09.20-20260609-0092637",
            "H49.61.01-261123-0001",
            " h49.22-240105-0001 ",
        ];
        for sample in samples {
            assert!(DossierCode::parse(sample).is_some(), "{sample}");
        }
    }

    #[test]
    fn what_cannot_be_a_code_is_not_read() {
        let wrong = [
            "",
            "-",
            "H49",
            "H49-240105",
            "H49.22-24010-0001",
            "X49.22-240105-0001",
            "H49.2222-240105-0001",
            "H49.22-240105-0001-1",
            "H49.22-240105-ABCD",
            "H49..22-240105-0001",
            "17.22.H56-210531-0001",
            "H49.22-240105-00000001",
            "H4Đ.22-240105-0001",
        ];
        for sample in wrong {
            assert!(DossierCode::parse(sample).is_none(), "{sample}");
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let code = DossierCode::new("H49.61.01", jiff::civil::date(2026, 11, 3), 7);
        assert_eq!(code.as_str(), "H49.61.01-261103-0007");
        assert_eq!(DossierCode::parse(code.as_str()), Some(code));
        let many = DossierCode::new("H49.22", jiff::civil::date(2026, 1, 31), 12_345);
        assert_eq!(DossierCode::parse(many.as_str()), Some(many));
    }
}
