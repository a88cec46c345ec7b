//! Dates, moments, lengths and terms in Vietnamese and in English.

use super::clock::{WorkingMinutes, local};
use super::shift::format_time;
use super::term::{Term, TermUnit};
use jiff::Timestamp;
use jiff::civil::{Date, Weekday};

/// One text in both languages.
pub(super) struct Words {
    pub vi: String,
    pub en: String,
}

/// "thứ Năm 05/02/2026", "Thursday 5 February 2026".
pub(super) fn day(date: Date) -> Words {
    Words {
        vi: format!("{} {}", weekday_vi(date.weekday()), date.strftime("%d/%m/%Y")),
        en: date.strftime("%A %-d %B %Y").to_string(),
    }
}

/// "14:30 thứ Năm 05/02/2026", "14:30 on Thursday 5 February 2026".
pub(super) fn moment(t: Timestamp) -> Words {
    let local = local(t);
    let time = format_time(local.time());
    let day = day(local.date());
    Words { vi: format!("{time} {}", day.vi), en: format!("{time} on {}", day.en) }
}

/// "3 giờ 30 phút làm việc", "3 h 30 min of working time".
pub(super) fn length(length: WorkingMinutes) -> Words {
    let sign = if length < WorkingMinutes::ZERO { "−" } else { "" };
    let minutes = length.get().abs();
    let (vi, en) = match (minutes / 60, minutes % 60) {
        (0, minutes) => (format!("{minutes} phút"), format!("{minutes} min")),
        (hours, 0) => (format!("{hours} giờ"), format!("{hours} h")),
        (hours, minutes) => (format!("{hours} giờ {minutes} phút"), format!("{hours} h {minutes} min")),
    };
    Words { vi: format!("{sign}{vi} làm việc"), en: format!("{sign}{en} of working time") }
}

/// "3 ngày làm việc", "3 working days".
pub(super) fn term(term: &Term) -> Words {
    let value = term.value;
    let plural = if value == 1 { "" } else { "s" };
    let (vi, en) = match term.unit {
        TermUnit::SameDay => ("trong ngày".to_owned(), "the same day".to_owned()),
        TermUnit::WorkingDays => (format!("{value} ngày làm việc"), format!("{value} working day{plural}")),
        TermUnit::CalendarDays => (format!("{value} ngày"), format!("{value} calendar day{plural}")),
        TermUnit::WorkingHours => (format!("{value} giờ làm việc"), format!("{value} working hour{plural}")),
    };
    Words { vi, en }
}

/// "thứ Hai" … "Chủ nhật".
pub(super) fn weekday_vi(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Monday => "thứ Hai",
        Weekday::Tuesday => "thứ Ba",
        Weekday::Wednesday => "thứ Tư",
        Weekday::Thursday => "thứ Năm",
        Weekday::Friday => "thứ Sáu",
        Weekday::Saturday => "thứ Bảy",
        Weekday::Sunday => "Chủ nhật",
    }
}
