//! The calendar's data, its defects, and the forms of JSON.

use super::tests_support::at;
use super::*;
use jiff::civil::{Date, Weekday, date};
use serde_json::{Value, json};

/// The embedded calendar's JSON, to be broken.
fn embedded() -> Value {
    serde_json::to_value(Calendar::embedded().definition()).unwrap()
}

fn codes(json: &Value) -> Vec<(&'static str, String)> {
    match Calendar::from_json(&json.to_string()) {
        Ok(_) => Vec::new(),
        Err(defects) => defects.into_iter().map(|defect| (defect.code, defect.path)).collect(),
    }
}

/// The place of a date in the list of special days.
fn place(json: &Value, date: &str) -> usize {
    json["days"].as_array().unwrap().iter().position(|day| day["date"] == date).unwrap()
}

#[test]
fn the_embedded_calendar_survives_its_own_json() {
    assert_eq!(codes(&embedded()), []);
    let again = Calendar::from_json(&embedded().to_string()).unwrap();
    assert_eq!(again.definition(), Calendar::embedded().definition());
}

/// BLLĐ 2019 Đ.112: eleven holidays a year; twelve from 2026, with 24/11.
#[test]
fn each_year_has_the_holidays_of_the_law() {
    let days = &Calendar::embedded().definition().days;
    for (year, expected) in [(2024, 11), (2025, 11), (2026, 12), (2027, 12)] {
        let of_year = |day: &&SpecialDay| day.date.year() == year && day.kind == DayKind::Holiday;
        assert_eq!(days.iter().filter(of_year).count(), expected, "{year}");
    }
}

#[test]
fn a_week_has_forty_hours_and_a_year_the_days_counted_by_hand() {
    let calendar = Calendar::embedded();
    let week: i64 = (2..9).map(|day| minutes_of(calendar, date(2026, 3, day))).sum();
    assert_eq!(week, 40 * 60);
    // Weekdays of the year, less holidays and days in lieu on weekdays, plus
    // worked Saturdays: 2024: 262 − 12 + 1; 2025: 261 − 12 + 1; 2026: 261 − 14 + 2.
    for (year, expected) in [(2024, 251), (2025, 250), (2026, 249)] {
        let days = date(year, 1, 1).series(jiff::Span::new().days(1));
        let days = days.take_while(|day| day.year() == year);
        let worked = days.filter(|day| calendar.is_working_day(*day).unwrap()).count();
        assert_eq!(worked, expected, "{year}");
    }
}

fn minutes_of(calendar: &Calendar, date: Date) -> i64 {
    calendar.working_minutes_of(date).unwrap().get()
}

#[test]
fn only_unannounced_days_are_estimates() {
    let days = &Calendar::embedded().definition().days;
    let estimated: Vec<String> =
        days.iter().filter(|day| day.estimate).map(|day| day.date.to_string()).collect();
    let tet = ["2027-02-05", "2027-02-06", "2027-02-07", "2027-02-08", "2027-02-09"];
    let others = ["2027-02-10", "2027-02-11", "2027-05-03", "2027-09-03"];
    assert_eq!(estimated, [&tet[..], &others[..]].concat());
}

#[test]
fn a_day_off_has_its_reason() {
    let calendar = Calendar::embedded();
    let sunday = calendar.day_off(date(2026, 3, 1)).unwrap();
    assert_eq!(sunday, Some(DayOff::WeeklyRest(Weekday::Sunday)));
    assert_eq!(calendar.day_off(date(2026, 8, 22)).unwrap(), None);
    let Some(DayOff::Special(day)) = calendar.day_off(date(2026, 8, 31)).unwrap() else {
        panic!("31/8/2026 is a day in lieu");
    };
    assert_eq!(day.kind, DayKind::DayOffInLieu);
    assert_eq!(day.instead_of, Some(date(2026, 8, 22)));
}

/// What to break, and the defect that must name it.
type Breakage = (&'static str, fn(&mut Value), (&'static str, &'static str));

#[test]
fn a_broken_calendar_is_refused_for_its_own_reason() {
    let cases: [Breakage; 10] = [
        (
            "overlap",
            |j| j["shifts"]["monday"][1] = json!("11:00-17:00"),
            ("shifts_overlap", "/shifts/monday/1"),
        ),
        (
            "order",
            |j| j["reception"]["saturday"] = json!(["13:00-14:00", "07:30-08:00"]),
            ("shifts_overlap", "/reception/saturday/1"),
        ),
        (
            "backwards",
            |j| j["shifts"]["friday"][0] = json!("11:30-07:30"),
            ("shift_backwards", "/shifts/friday/0"),
        ),
        (
            "empty shift",
            |j| j["shifts"]["friday"][0] = json!("07:30-07:30"),
            ("shift_backwards", "/shifts/friday/0"),
        ),
        ("years", |j| j["years"] = json!({"first": 2028, "last": 2027}), ("years_wrong", "/years")),
        ("far years", |j| j["years"] = json!({"first": 2024, "last": 9999}), ("years_wrong", "/years")),
        ("no shift", |j| j["shifts"] = json!({}), ("no_working_time", "/shifts")),
        ("no source", |j| j["days"][0]["source"] = json!(" "), ("day_without_name_or_source", "/days/0")),
        ("year missing", |j| j["years"]["first"] = json!(2025), ("date_outside_years", "/days/0")),
        ("word", |j| j["holidays"] = json!([]), ("unreadable", "")),
    ];
    for (about, break_it, (code, path)) in cases {
        let mut json = embedded();
        break_it(&mut json);
        let found = codes(&json);
        assert!(found.contains(&(code, path.to_owned())), "{about}: {found:?}");
    }
}

#[test]
fn special_days_must_answer_each_other() {
    let broken = |date: &str, key: &str, value: Value| {
        let mut json = embedded();
        let at = place(&json, date);
        json["days"][at][key] = value;
        let found = codes(&json);
        found.into_iter().map(|(code, _)| code).collect::<Vec<_>>()
    };
    let found = broken("2024-05-04", "date", json!("2024-05-03"));
    assert!(found.contains(&"working_saturday_on_weekday"), "{found:?}");
    let found = broken("2024-05-04", "instead_of", json!("2024-04-30"));
    assert!(found.contains(&"working_saturday_for_nothing"), "{found:?}");
    assert!(found.contains(&"day_in_lieu_of_nothing"), "{found:?}");
    let found = broken("2026-04-27", "date", json!("2026-05-02"));
    assert_eq!(found, ["day_in_lieu_on_rest_day"]);
    let found = broken("2026-04-27", "instead_of", json!("2026-04-30"));
    assert_eq!(found, ["holiday_without_day_in_lieu", "day_in_lieu_of_nothing"]);
    let found = broken("2026-04-27", "kind", json!("holiday"));
    assert_eq!(found, ["holiday_without_day_in_lieu"]);
    let found = broken("2024-04-30", "date", json!("2024-05-01"));
    assert_eq!(found, ["date_twice"]);
    let found = broken("2024-04-30", "kind", json!("storm"));
    assert_eq!(found, ["unreadable"]);
}

#[test]
fn a_unit_may_receive_on_saturday_morning_while_deadlines_stay() {
    let hours: UnitHours =
        serde_json::from_value(json!({"reception": {"saturday": ["07:30-11:30"]}})).unwrap();
    let unit = Calendar::embedded().for_unit(&hours).unwrap();
    let open = |t: &str| unit.is_reception_open(at(t)).unwrap();
    assert!(open("2026-03-07 07:30") && open("2026-03-07 11:29:59"));
    assert!(!open("2026-03-07 07:29") && !open("2026-03-07 11:30"));
    assert!(open("2026-03-06 13:00") && !open("2026-03-06 12:00") && !open("2026-03-08 08:00"));
    assert!(!open("2027-05-01 08:00"), "a Saturday that is a holiday");
    assert!(open("2024-05-04 14:00"), "the afternoon of a working Saturday");
    assert!(!Calendar::embedded().is_reception_open(at("2026-03-07 08:00")).unwrap());
    let term = Term::working_days(1);
    let received = at("2026-03-06 09:00");
    assert_eq!(
        due(&unit, received, &term, &[]).unwrap(),
        due(Calendar::embedded(), received, &term, &[]).unwrap()
    );
}

#[test]
fn a_unit_may_have_its_own_shifts() {
    let day = json!(["08:00-12:00", "13:30-17:30"]);
    let week = json!({"monday": day, "tuesday": day, "wednesday": day, "thursday": day, "friday": day});
    let hours: UnitHours = serde_json::from_value(json!({ "shifts": week })).unwrap();
    let unit = Calendar::embedded().for_unit(&hours).unwrap();
    let ends = |received: &str, term: Term| due(&unit, at(received), &term, &[]).unwrap().at();
    assert_eq!(ends("2026-03-02 09:00", Term::working_days(3)), Some(at("2026-03-05 17:30")));
    assert_eq!(ends("2026-03-02 09:00", Term::working_hours(4)), Some(at("2026-03-02 14:30")));
    assert_eq!(ends("2025-04-25 09:00", Term::working_days(1)), Some(at("2025-04-26 17:30")));
}

#[test]
fn a_term_is_read_strictly_and_written_back_the_same() {
    let same_day = json!({"value": 1, "unit": "same_day", "same_day_before": "15:00"});
    let accepted = [
        (same_day, Term::same_day(Some(super::tests_support::THREE_PM))),
        (json!({"value": 3, "unit": "working_days"}), Term::working_days(3)),
        (json!({"value": 20, "unit": "calendar_days"}), Term::calendar_days(20)),
        (json!({"value": 4, "unit": "working_hours"}), Term::working_hours(4)),
    ];
    for (json, term) in accepted {
        assert_eq!(serde_json::from_value::<Term>(json.clone()).unwrap(), term);
        assert_eq!(serde_json::to_value(term).unwrap(), json);
    }
    let refused = [
        json!({"value": 0, "unit": "working_days"}),
        json!({"value": -1, "unit": "working_days"}),
        json!({"value": 2, "unit": "same_day"}),
        json!({"value": 3, "unit": "weeks"}),
        json!({"value": 3, "unit": "calendar_days", "same_day_before": "15:00"}),
        json!({"value": 3, "unit": "working_hours", "same_day_before": "15:00"}),
        json!({"value": 1, "unit": "same_day", "same_day_before": "15h"}),
        json!({"value": 1, "unit": "same_day", "same_day_before": "25:00"}),
        json!({"value": 1, "unit": "same_day", "before": "15:00"}),
        json!({"unit": "working_days"}),
    ];
    for json in refused {
        assert!(serde_json::from_value::<Term>(json.clone()).is_err(), "{json}");
    }
}

#[test]
fn a_shift_is_read_strictly() {
    for text in ["07:30", "7:30-11:30", "07:30-11:30-12:00", "07:30 - 11:30", "07:30-24:30", ""] {
        assert!(serde_json::from_value::<Shift>(json!(text)).is_err(), "{text:?}");
    }
}

#[test]
fn lines_and_pauses_have_stable_words() {
    let notice = eight_hour_rule(Calendar::embedded(), at("2026-03-03 07:30")).unwrap();
    let line = serde_json::to_value(notice.trace.last()).unwrap();
    assert_eq!(
        line,
        json!({
            "code": "due",
            "vi": "Hạn trả kết quả: 17:00 thứ Ba 03/03/2026",
            "en": "Due at 17:00 on Tuesday 3 March 2026",
            "at": "2026-03-03T10:00:00Z",
            "basis": "NĐ 45/2020/NĐ-CP",
        })
    );
    assert_eq!(serde_json::to_value(PauseReason::PublicNotice).unwrap(), json!("public_notice"));
}
