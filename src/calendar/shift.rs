//! A shift (ca làm việc) and the "HH:MM" form of a time in our JSON.

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

/// A stretch of a day, from the first minute that counts to the end, written
/// `"07:30-11:30"`. Whether it runs forward is judged by the calendar's check,
/// so that the defect can name the weekday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Shift {
    pub from: Time,
    pub to: Time,
}

impl TryFrom<String> for Shift {
    type Error = String;

    fn try_from(text: String) -> Result<Shift, String> {
        let refused = || format!("a shift is written \"07:30-11:30\", not {text:?}");
        let (from, to) = text.split_once('-').ok_or_else(refused)?;
        Ok(Shift { from: parse_time(from).ok_or_else(refused)?, to: parse_time(to).ok_or_else(refused)? })
    }
}

impl From<Shift> for String {
    fn from(shift: Shift) -> String {
        format!("{}-{}", format_time(shift.from), format_time(shift.to))
    }
}

/// Reads exactly "HH:MM".
pub(super) fn parse_time(text: &str) -> Option<Time> {
    if text.len() != 5 {
        return None;
    }
    Time::strptime("%H:%M", text).ok()
}

/// Writes "HH:MM".
pub(super) fn format_time(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// Minutes since midnight.
pub(super) fn minute_of_day(time: Time) -> i64 {
    i64::from(time.hour()) * 60 + i64::from(time.minute())
}

/// Serde of an optional "HH:MM".
pub(super) mod optional_time {
    use super::{Time, format_time, parse_time};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(in crate::calendar) fn serialize<S: Serializer>(
        time: &Option<Time>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => serializer.serialize_str(&format_time(*time)),
            None => serializer.serialize_none(),
        }
    }

    pub(in crate::calendar) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Time>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else {
            return Ok(None);
        };
        let refused = || D::Error::custom(format!("a time is written \"15:00\", not {text:?}"));
        parse_time(&text).map(Some).ok_or_else(refused)
    }
}
