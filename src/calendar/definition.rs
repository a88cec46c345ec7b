//! The calendar as data: what a person edits when the Government announces
//! the holidays of the next year.

use super::check::CalendarDefect;
use super::shift::Shift;
use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

/// A working calendar before its check. [`super::Calendar::compile`] turns it
/// into one that can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarDef {
    pub id: String,
    pub name: String,
    /// The years whose special days are all in `days`.
    pub years: Years,
    /// What a reader should know, above all which values are unverified.
    #[serde(default)]
    pub notes: Vec<String>,
    /// The shifts (ca làm việc) of each weekday. A weekday without a shift is
    /// the weekly rest (nghỉ hằng tuần).
    pub shifts: Week,
    /// Counter hours beyond the shifts (such as Saturday morning). They never
    /// move a deadline: procedure 1.004194 receives on Saturday morning, yet
    /// counts Monday to Friday.
    #[serde(default)]
    pub reception: Week,
    /// The days that differ from their weekday.
    pub days: Vec<SpecialDay>,
}

/// The years that a calendar knows, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Years {
    pub first: i16,
    pub last: i16,
}

/// Hours by weekday; a weekday that is left out has none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Week {
    pub monday: Vec<Shift>,
    pub tuesday: Vec<Shift>,
    pub wednesday: Vec<Shift>,
    pub thursday: Vec<Shift>,
    pub friday: Vec<Shift>,
    pub saturday: Vec<Shift>,
    pub sunday: Vec<Shift>,
}

impl Week {
    /// The hours of one weekday, in the order of the data.
    pub fn on(&self, weekday: Weekday) -> &[Shift] {
        match weekday {
            Weekday::Monday => &self.monday,
            Weekday::Tuesday => &self.tuesday,
            Weekday::Wednesday => &self.wednesday,
            Weekday::Thursday => &self.thursday,
            Weekday::Friday => &self.friday,
            Weekday::Saturday => &self.saturday,
            Weekday::Sunday => &self.sunday,
        }
    }
}

/// A day that differs from its weekday.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpecialDay {
    pub date: Date,
    pub kind: DayKind,
    /// The name in Vietnamese, as the explanation of a due time shows it.
    pub name: String,
    pub name_en: String,
    /// The other half of the pair. A day off in lieu names the holiday or the
    /// working Saturday that it stands for; a working Saturday names the day
    /// off that it makes up for, whose shifts it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<Date>,
    /// The law or announcement.
    pub source: String,
    /// Not announced yet: computed from the law or the lunar calendar.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub estimate: bool,
}

/// The three ways in which a day differs from its weekday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayKind {
    /// Ngày lễ, tết (BLLĐ 2019 Đ.112). It may fall on a weekly rest day.
    Holiday,
    /// Ngày nghỉ bù or nghỉ hoán đổi: a weekday off for a holiday on a rest
    /// day (BLLĐ 2019 Đ.111 k.3) or for a worked Saturday.
    DayOffInLieu,
    /// Ngày thứ Bảy làm bù.
    WorkingSaturday,
}

/// The hours of one unit where they differ from the common calendar; the
/// holidays stay common.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UnitHours {
    pub shifts: Option<Week>,
    pub reception: Option<Week>,
}

impl CalendarDef {
    /// Reads the JSON form; an unknown word is refused with its place.
    pub fn parse(json: &str) -> Result<CalendarDef, CalendarDefect> {
        serde_json::from_str(json).map_err(|error| CalendarDefect::unreadable(&error))
    }
}
