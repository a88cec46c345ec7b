//! What lists and pages say of a procedure, and the words they say it with.

use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::definition::{Level, ServiceLevel};
use crate::error::INVALID;
use crate::workflow::words;

words! {
    /// Whether a procedure takes filings.
    Status {
        /// A version is published.
        Published = "published", "Đang áp dụng", "in force";
        /// Published, but takes no filings today.
        Closed = "closed", "Tạm đóng hoặc đã bãi bỏ", "closed";
        /// Known from the national list only.
        Unpublished = "unpublished", "Chưa công bố trên hệ thống", "not published here";
    }
}

/// A field of law ("lĩnh vực").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Field {
    /// For example `G15-HT01`; empty where only the national list names the field.
    pub code: String,
    pub name: String,
}

/// The service level of one level of administration today (NĐ 42/2022 Đ.11).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize, ToSchema)]
pub struct ServiceAt {
    pub level: Level,
    pub service_level: ServiceLevel,
}

/// Days without filings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Closure {
    /// First day without filings.
    #[schema(value_type = String, format = Date)]
    pub since: Date,
    /// Last day without filings; absent = until further notice.
    #[schema(value_type = Option<String>, format = Date)]
    pub until: Option<Date>,
    /// Why, in Vietnamese.
    pub reason: String,
}

impl Closure {
    /// No filings on that day.
    pub fn covers(&self, day: Date) -> bool {
        self.since <= day && self.until.is_none_or(|until| day <= until)
    }

    /// From the columns of a row; `None` when it never closed.
    pub fn of(
        since: Option<jiff_diesel::Date>,
        until: Option<jiff_diesel::Date>,
        reason: String,
    ) -> Option<Self> {
        let until = until.map(jiff_diesel::Date::to_jiff);
        since.map(|since| Self { since: since.to_jiff(), until, reason })
    }
}

impl Status {
    pub fn on(day: Date, published: bool, closure: Option<&Closure>) -> Self {
        match closure {
            _ if !published => Self::Unpublished,
            Some(closure) if closure.covers(day) => Self::Closed,
            _ => Self::Published,
        }
    }
}

/// The words of a stored list, read back. Only known words were ever stored.
pub fn levels(stored: &[String]) -> crate::error::Result<Vec<Level>> {
    stored.iter().map(|word| Ok(word.parse::<Level>().map_err(anyhow::Error::from)?)).collect()
}

/// The shape of a national code: `d.dddddd`. What has another shape is nowhere.
pub fn is_code(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 8
        && bytes[1] == b'.'
        && bytes.iter().enumerate().all(|(i, b)| i == 1 || b.is_ascii_digit())
}

/// Refuses days that no law of this catalogue reaches and the database cannot hold.
pub fn sane_day(parameter: &str, day: Date) -> crate::error::Result<Date> {
    if (1945..=2200).contains(&day.year()) {
        return Ok(day);
    }
    Err(INVALID.at(parameter, "phải là ngày từ năm 1945 đến 2200", "must be a day of the years 1945 to 2200"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_closure_covers_its_first_and_its_last_day() {
        let closure =
            Closure { since: date(2026, 9, 1), until: Some(date(2026, 9, 3)), reason: String::new() };
        let covered: Vec<bool> = (0..5)
            .map(|i| closure.covers(date(2026, 8, 31).saturating_add(jiff::Span::new().days(i))))
            .collect();
        assert_eq!(covered, [false, true, true, true, false]);
        let open_ended = Closure { until: None, ..closure };
        assert!(open_ended.covers(date(2100, 1, 1)));
    }

    #[test]
    fn only_national_codes_have_the_shape_of_one() {
        for code in ["1.001193", "6.000000"] {
            assert!(is_code(code), "{code}");
        }
        for text in ["", "1.00119", "1,001193", "1.0011930", "1.00119\0", "x.001193", "1.00119é"] {
            assert!(!is_code(text), "{text}");
        }
    }
}
