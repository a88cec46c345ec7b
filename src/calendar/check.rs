//! What makes a calendar's data wrong. Everything is reported at once.

use super::definition::{CalendarDef, DayKind, SpecialDay, Week};
use jiff::civil::{Date, Weekday};
use serde::Serialize;
use std::collections::BTreeMap;

/// Outside these years the data is more likely a slip of the pen.
const PLAUSIBLE_YEARS: std::ops::RangeInclusive<i16> = 2000..=2100;

/// One reason why a calendar is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CalendarDefect {
    /// Stable snake_case.
    pub code: &'static str,
    /// JSON pointer to the place.
    pub path: String,
    pub vi: String,
    pub en: String,
}

impl CalendarDefect {
    fn new(code: &'static str, path: impl Into<String>, vi: String, en: String) -> CalendarDefect {
        CalendarDefect { code, path: path.into(), vi, en }
    }

    pub(super) fn unreadable(error: &serde_json::Error) -> CalendarDefect {
        CalendarDefect::new(
            "unreadable",
            "",
            format!("Không đọc được lịch: {error}"),
            format!("The calendar cannot be read: {error}"),
        )
    }
}

/// Every defect of the definition; none means that it may be compiled.
pub(super) fn defects(def: &CalendarDef) -> Vec<CalendarDefect> {
    let mut found = Vec::new();
    check_years(def, &mut found);
    check_week("shifts", &def.shifts, &mut found);
    check_week("reception", &def.reception, &mut found);
    if WEEK.iter().all(|(_, weekday)| def.shifts.on(*weekday).is_empty()) {
        found.push(CalendarDefect::new(
            "no_working_time",
            "/shifts",
            "Lịch không có ca làm việc nào".into(),
            "The calendar has no shift at all".into(),
        ));
    }
    check_days(def, &mut found);
    found
}

const WEEK: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

fn check_years(def: &CalendarDef, found: &mut Vec<CalendarDefect>) {
    let years = def.years;
    let plausible = PLAUSIBLE_YEARS.contains(&years.first) && PLAUSIBLE_YEARS.contains(&years.last);
    if years.first > years.last || !plausible {
        found.push(CalendarDefect::new(
            "years_wrong",
            "/years",
            format!("Khoảng năm {}–{} không hợp lệ", years.first, years.last),
            format!("The years {}–{} make no span", years.first, years.last),
        ));
    }
}

fn check_week(part: &str, week: &Week, found: &mut Vec<CalendarDefect>) {
    for (name, weekday) in WEEK {
        let shifts = week.on(weekday);
        for (at, shift) in shifts.iter().enumerate() {
            let path = format!("/{part}/{name}/{at}");
            if shift.from >= shift.to {
                found.push(CalendarDefect::new(
                    "shift_backwards",
                    path,
                    "Ca kết thúc trước khi bắt đầu".into(),
                    "The shift ends before it begins".into(),
                ));
            } else if at > 0 && shift.from < shifts[at - 1].to {
                found.push(CalendarDefect::new(
                    "shifts_overlap",
                    path,
                    "Ca chồng lên ca trước hoặc sai thứ tự".into(),
                    "The shift overlaps the one before it, or is out of order".into(),
                ));
            }
        }
    }
}

/// The special days by date, for the checks of pairs.
type ByDate<'a> = BTreeMap<Date, &'a SpecialDay>;

fn check_days(def: &CalendarDef, found: &mut Vec<CalendarDefect>) {
    let mut by_date = ByDate::new();
    for (at, day) in def.days.iter().enumerate() {
        let path = format!("/days/{at}");
        if by_date.insert(day.date, day).is_some() {
            found.push(CalendarDefect::new(
                "date_twice",
                &path,
                format!("Ngày {} được khai hai lần", day.date),
                format!("{} is listed twice", day.date),
            ));
        }
        if !(def.years.first..=def.years.last).contains(&day.date.year()) {
            found.push(CalendarDefect::new(
                "date_outside_years",
                &path,
                format!("Ngày {} nằm ngoài các năm của lịch", day.date),
                format!("{} lies outside the calendar's years", day.date),
            ));
        }
        if [&day.name, &day.name_en, &day.source].iter().any(|text| text.trim().is_empty()) {
            found.push(CalendarDefect::new(
                "day_without_name_or_source",
                &path,
                format!("Ngày {} thiếu tên hoặc căn cứ", day.date),
                format!("{} lacks a name or its source", day.date),
            ));
        }
    }
    for (at, day) in def.days.iter().enumerate() {
        if let Some((code, vi, en)) = pair_defect(def, &by_date, day) {
            let vi = format!("Ngày {}: {vi}", day.date);
            let en = format!("{}: {en}", day.date);
            found.push(CalendarDefect::new(code, format!("/days/{at}"), vi, en));
        }
    }
}

/// A defect's code and its two texts, without the date.
type PairDefect = (&'static str, &'static str, &'static str);

/// Holidays, days off and worked Saturdays must answer each other.
fn pair_defect(def: &CalendarDef, by_date: &ByDate<'_>, day: &SpecialDay) -> Option<PairDefect> {
    let rests = |date: Date| def.shifts.on(date.weekday()).is_empty();
    let partner = day.instead_of.and_then(|date| by_date.get(&date).copied());
    match day.kind {
        DayKind::Holiday if rests(day.date) => {
            let lieu = |other: &&&SpecialDay| {
                other.kind == DayKind::DayOffInLieu && other.instead_of == Some(day.date)
            };
            (by_date.values().filter(lieu).count() != 1).then_some((
                "holiday_without_day_in_lieu",
                "ngày lễ trùng ngày nghỉ hằng tuần phải có đúng một ngày nghỉ bù",
                "a holiday on a weekly rest day needs exactly one day off in lieu",
            ))
        }
        DayKind::Holiday => None,
        DayKind::DayOffInLieu if rests(day.date) => Some((
            "day_in_lieu_on_rest_day",
            "ngày nghỉ bù trùng ngày nghỉ hằng tuần",
            "a day off in lieu on a weekly rest day gives nothing",
        )),
        DayKind::DayOffInLieu => {
            let answered = partner.is_some_and(|other| match other.kind {
                DayKind::Holiday => rests(other.date),
                DayKind::WorkingSaturday => other.instead_of == Some(day.date),
                DayKind::DayOffInLieu => false,
            });
            (!answered).then_some((
                "day_in_lieu_of_nothing",
                "không rõ nghỉ bù cho ngày lễ hay đổi với thứ Bảy nào",
                "it stands for no holiday on a rest day and no working Saturday",
            ))
        }
        DayKind::WorkingSaturday if day.date.weekday() != Weekday::Saturday => Some((
            "working_saturday_on_weekday",
            "ngày làm bù không phải là thứ Bảy",
            "a working Saturday must be a Saturday",
        )),
        DayKind::WorkingSaturday => {
            let answered = partner.is_some_and(|other| {
                other.kind == DayKind::DayOffInLieu && other.instead_of == Some(day.date)
            });
            (!answered).then_some((
                "working_saturday_for_nothing",
                "không rõ làm bù cho ngày nghỉ nào",
                "it makes up for no day off",
            ))
        }
    }
}
