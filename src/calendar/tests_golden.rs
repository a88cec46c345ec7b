//! Golden cases: dates worked out by hand from the announced holidays.

use super::tests_support::{THREE_PM, at, due_of, pause, wall};
use super::*;
use jiff::civil::{Time, date};

/// A term in short: "3wd", "20cd", "8wh", "day" (the same day), each with
/// "<15" when it is received until 15:00.
fn term(short: &str) -> Term {
    let (term, same_day_before) = match short.strip_suffix("<15") {
        Some(term) => (term, Some(THREE_PM)),
        None => (short, None),
    };
    if term == "day" {
        return Term::same_day(same_day_before);
    }
    let (value, unit) = term.split_at(term.len() - 2);
    let unit = match unit {
        "wd" => TermUnit::WorkingDays,
        "cd" => TermUnit::CalendarDays,
        "wh" => TermUnit::WorkingHours,
        _ => panic!("no such term: {short}"),
    };
    Term { value: value.parse().unwrap(), unit, same_day_before }
}

/// Each line: submitted, term, due, what the case is about. Tells every line
/// that differs.
fn check(cases: &str, cutoff: Option<Time>) {
    let mut wrong = Vec::new();
    for case in cases.trim().lines() {
        let words: Vec<&str> = case.split_whitespace().collect();
        let (submitted, expected) = (words[..2].join(" "), words[3..5].join(" "));
        let due = due_of(&submitted, cutoff, &term(words[2]), &[]).at().map(wall);
        if due.as_deref() != Some(&*expected) {
            wrong.push(format!("{case}: {due:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn working_days() {
    check(
        "
2026-03-02 09:00     3wd   2026-03-05 17:00  3 days from a Monday
2026-03-06 09:00     1wd   2026-03-09 17:00  over a weekend
2026-03-02 07:30     1wd   2026-03-03 17:00  the first minute of the day
2026-03-02 16:59     1wd   2026-03-03 17:00  the last minute of the day
2026-03-02 17:00     1wd   2026-03-04 17:00  at closing: the next day's event
2026-03-02 03:00     1wd   2026-03-03 17:00  before opening
2026-03-02 12:15     1wd   2026-03-03 17:00  at lunch
2026-03-07 22:00     1wd   2026-03-10 17:00  Saturday night is Monday's event
2024-02-07 09:00     1wd   2024-02-15 17:00  Tết 2024: the eve
2024-02-06 10:00     3wd   2024-02-16 17:00  Tết 2024: across
2024-02-14 10:00     1wd   2024-02-16 17:00  Tết 2024: on a day in lieu
2025-01-24 09:00     1wd   2025-02-03 17:00  Tết 2025: the eve
2025-01-23 15:30     5wd   2025-02-06 17:00  Tết 2025: across
2026-02-13 16:59     2wd   2026-02-24 17:00  Tết 2026: the last minute before
2026-02-09 09:00     10wd  2026-03-02 17:00  Tết 2026: across
2026-02-17 08:00     1wd   2026-02-24 17:00  Tết 2026: on the first day
2027-02-04 09:00     1wd   2027-02-12 17:00  Tết 2027 (estimate)
2024-04-26 09:00     1wd   2024-05-02 17:00  swap 2024: over the long leave
2024-04-26 09:00     3wd   2024-05-04 17:00  swap 2024: ends on 4/5
2024-05-03 09:00     2wd   2024-05-06 17:00  swap 2024: counts 4/5
2024-05-04 09:00     1wd   2024-05-06 17:00  swap 2024: received on 4/5
2025-04-25 09:00     1wd   2025-04-26 17:00  swap 2025: ends on 26/4
2025-04-24 09:00     4wd   2025-04-29 17:00  swap 2025: counts 26/4
2025-04-29 09:00     1wd   2025-05-05 17:00  swap 2025: over 30/4 to 4/5
2025-12-31 09:00     1wd   2026-01-05 17:00  swap 2026: over New Year
2026-01-09 09:00     1wd   2026-01-10 17:00  swap 2026: ends on 10/1
2026-01-08 09:00     3wd   2026-01-12 17:00  swap 2026: counts 10/1
2026-08-21 09:00     2wd   2026-08-24 17:00  swap 2026: counts 22/8
2026-08-28 09:00     1wd   2026-09-03 17:00  National Day 2026
2024-08-30 09:00     1wd   2024-09-04 17:00  National Day 2024
2026-11-23 09:00     1wd   2026-11-25 17:00  Culture Day 2026
2026-11-20 09:00     2wd   2026-11-25 17:00  Culture Day 2026 in between
2025-11-21 09:00     2wd   2025-11-25 17:00  no Culture Day in 2025
2026-04-24 09:00     1wd   2026-04-28 17:00  Giỗ Tổ 2026, Sunday, 27/4 off
2026-04-24 09:00     3wd   2026-05-04 17:00  Giỗ Tổ 2026 and 30/4
2024-04-17 09:00     1wd   2024-04-19 17:00  Giỗ Tổ 2024
2024-12-31 09:00     2wd   2025-01-03 17:00  year end
2024-02-28 09:00     1wd   2024-02-29 17:00  to a leap day
2024-02-29 09:00     1wd   2024-03-01 17:00  from a leap day
2026-02-27 09:00     1wd   2026-03-02 17:00  no leap day
",
        None,
    );
}

#[test]
fn calendar_days_move_only_their_end() {
    check(
        "
2026-03-02 09:00     15cd  2026-03-17 17:00  ends on a Tuesday
2026-03-02 09:00     20cd  2026-03-23 17:00  ends on a Sunday
2026-02-06 09:00     10cd  2026-02-23 17:00  ends in Tết 2026
2026-02-06 09:00     20cd  2026-02-26 17:00  counts through Tết 2026
2024-01-31 09:00     8cd   2024-02-15 17:00  ends on the first day of Tết 2024
2024-01-31 09:00     15cd  2024-02-15 17:00  ends right after Tết 2024
2024-01-30 09:00     30cd  2024-02-29 17:00  ends on a leap day
2025-04-22 09:00     10cd  2025-05-05 17:00  ends on a swapped day off
2026-04-16 09:00     10cd  2026-04-28 17:00  ends on Giỗ Tổ 2026
2026-11-09 09:00     15cd  2026-11-25 17:00  ends on Culture Day
2025-12-22 09:00     10cd  2026-01-05 17:00  ends on New Year's Day
2026-08-12 09:00     10cd  2026-08-22 17:00  ends on a working Saturday
2026-11-14 09:00     10cd  2026-11-26 17:00  received on a Saturday
2026-06-30 09:00     30cd  2026-07-30 17:00  month end
",
        None,
    );
}

const SAME_DAY: &str = "
2026-03-03 05:00     day<15 2026-03-03 17:00  before opening
2026-03-03 12:15     day<15 2026-03-03 17:00  at lunch
2026-03-03 14:59     day<15 2026-03-03 17:00  14:59
2026-03-03 15:00     day<15 2026-03-03 17:00  15:00 sharp is not after 15:00
2026-03-03 15:00:59  day<15 2026-03-03 17:00  15:00:59 reads 15:00
2026-03-03 15:01     day<15 2026-03-04 17:00  15:01
2026-03-03 16:10     day<15 2026-03-04 17:00  16:10
2026-03-03 17:00     day<15 2026-03-04 17:00  at closing
2026-03-03 20:00     day<15 2026-03-04 17:00  in the evening
2026-03-06 16:10     day<15 2026-03-09 17:00  late on a Friday
2026-03-08 16:00     day<15 2026-03-09 17:00  Sunday at 16:00 is Monday morning
2026-02-13 15:01     day<15 2026-02-23 17:00  late before Tết 2026
2025-04-25 15:30     day<15 2025-04-26 17:00  late before a working Saturday
2026-01-10 10:00     day<15 2026-01-10 17:00  on a working Saturday
2026-08-22 15:01     day<15 2026-08-24 17:00  late on a working Saturday
2026-11-23 15:01     day<15 2026-11-25 17:00  late before Culture Day
2024-12-31 15:01     day<15 2025-01-02 17:00  late at the year's end
";

#[test]
fn same_day() {
    check(SAME_DAY, None);
}

/// The cut-off of the procedure's start and that of its term say one thing:
/// together they do not move a dossier twice.
#[test]
fn same_day_with_the_cutoff_at_the_start_as_well() {
    check(SAME_DAY, Some(THREE_PM));
    check(&SAME_DAY.replace("day<15", "day"), Some(THREE_PM));
    check(&SAME_DAY.replace("day<15", "1wd<15"), None);
}

#[test]
fn a_start_after_the_cutoff_counts_from_the_next_working_day() {
    check(
        "
2026-03-02 15:00     3wd   2026-03-05 17:00  in time
2026-03-02 15:01     3wd   2026-03-06 17:00  late
2026-03-02 15:01     4wh   2026-03-03 11:30  late, hours
2026-02-13 15:01     1wd   2026-02-24 17:00  late before Tết
2026-03-07 15:01     1wd   2026-03-10 17:00  no cut-off on a day off
",
        Some(THREE_PM),
    );
}

#[test]
fn working_hours() {
    check(
        "
2026-03-03 09:00     4wh   2026-03-03 14:30  over lunch
2026-03-03 14:00     4wh   2026-03-04 08:30  over night
2026-03-03 07:30     8wh   2026-03-03 17:00  a whole day
2026-03-03 07:30     4wh   2026-03-03 11:30  a morning ends at lunch
2026-03-03 12:00     8wh   2026-03-04 11:30  from lunch
2026-03-03 11:30     4wh   2026-03-03 17:00  from the minute lunch begins
2026-03-03 11:00     1wh   2026-03-03 13:30  the last half hour
2026-02-13 08:00     12wh  2026-02-23 13:30  12 hours over Tết 2026
2026-02-13 16:00     2wh   2026-02-23 08:30  the last hour before Tết
2024-05-04 13:00     8wh   2024-05-06 11:30  from a working Saturday
2025-04-25 13:00     8wh   2025-04-26 11:30  into a working Saturday
2026-11-23 13:00     8wh   2026-11-25 11:30  over Culture Day
2025-12-31 15:00     8wh   2026-01-05 15:00  over New Year
2024-02-29 13:00     12wh  2024-03-01 17:00  from a leap day
2026-03-03 09:00:59  1wh   2026-03-03 10:00  seconds are dropped
",
        None,
    );
}

/// What the case is about, pauses, due; the term is 3 working days from
/// Monday 2 March 2026, due on Thursday at 17:00.
type PauseCase = (&'static str, &'static [(&'static str, &'static str)], &'static str);

#[test]
fn pauses_move_the_due_time_by_the_working_time_paused() {
    let cases: [PauseCase; 8] = [
        ("none", &[], "2026-03-05 17:00"),
        ("a working day", &[("2026-03-03 10:00", "2026-03-04 10:00")], "2026-03-06 17:00"),
        ("a morning", &[("2026-03-04 09:00", "2026-03-04 11:30")], "2026-03-06 10:00"),
        ("a night adds nothing", &[("2026-03-04 17:00", "2026-03-05 07:30")], "2026-03-05 17:00"),
        (
            "an overlap counts once",
            &[("2026-03-03 10:00", "2026-03-03 14:00"), ("2026-03-03 08:00", "2026-03-03 11:30")],
            "2026-03-06 13:30",
        ),
        (
            "a pause within a pause",
            &[("2026-03-03 08:00", "2026-03-03 11:30"), ("2026-03-03 09:00", "2026-03-03 10:00")],
            "2026-03-06 11:00",
        ),
        ("before the start", &[("2026-02-25 08:00", "2026-03-02 08:00")], "2026-03-05 17:00"),
        ("after the due time", &[("2026-03-06 07:30", "2026-03-06 11:30")], "2026-03-06 11:30"),
    ];
    for (about, pauses, expected) in cases {
        let pauses: Vec<Pause> = pauses.iter().map(|(from, to)| pause(from, Some(to))).collect();
        let due = due_of("2026-03-02 09:00", None, &Term::working_days(3), &pauses);
        assert_eq!(due.at().map(wall).as_deref(), Some(expected), "{about}");
    }
}

#[test]
fn a_pause_over_tet_adds_only_its_working_time() {
    let over_tet = pause("2026-02-13 16:00", Some("2026-02-23 09:00"));
    let due = due_of("2026-02-12 09:00", None, &Term::working_days(5), &[over_tet]);
    assert_eq!(due.at().map(wall).as_deref(), Some("2026-02-27 10:00"));
}

#[test]
fn while_a_pause_is_open_there_is_no_due_time() {
    let closed = pause("2026-03-03 07:30", Some("2026-03-03 08:30"));
    let open = pause("2026-03-04 13:00", None);
    let due = due_of("2026-03-02 09:00", None, &Term::working_days(3), &[open, closed]);
    assert_eq!(due.at(), None);
    // Wednesday afternoon 4 h, Thursday 8 h, and the hour of the closed pause.
    let left = WorkingMinutes::from_hours(13);
    let reason = PauseReason::Supplement;
    assert_eq!(due.state, DueState::Paused { since: open.from, reason, left });
    assert_eq!(due.trace.last().map(|line| line.code), Some(TraceCode::ClockStands));
}

#[test]
fn a_pause_that_ends_before_it_begins_is_an_error() {
    let backwards = pause("2026-03-04 09:00", Some("2026-03-04 08:00"));
    let found = due(Calendar::embedded(), at("2026-03-02 09:00"), &Term::working_days(3), &[backwards]);
    assert!(matches!(found, Err(CalendarError::PauseBackwards { .. })), "{found:?}");
}

#[test]
fn an_online_dossier_is_answered_within_eight_working_hours() {
    let cases = [
        ("2026-03-03 07:30", "2026-03-03 17:00"),
        ("2026-03-06 16:10", "2026-03-09 16:10"),
        ("2026-03-07 21:00", "2026-03-09 17:00"),
        ("2026-02-14 00:00", "2026-02-23 17:00"),
    ];
    for (submitted, expected) in cases {
        let notice = eight_hour_rule(Calendar::embedded(), at(submitted)).unwrap();
        assert_eq!(notice.at().map(wall).as_deref(), Some(expected), "{submitted}");
        assert_eq!(notice.trace[0].code, TraceCode::Submitted);
        let last = notice.trace.last().unwrap();
        assert_eq!(last.basis.as_deref(), Some("NĐ 45/2020/NĐ-CP"));
    }
}

#[test]
fn remaining_time_is_signed() {
    let calendar = Calendar::embedded();
    let left = |now: &str| remaining(calendar, at(now), at("2026-02-23 08:30")).unwrap().get();
    assert_eq!(left("2026-02-13 16:00"), 120);
    assert_eq!(left("2026-02-18 16:00"), 60);
    assert_eq!(left("2026-02-23 08:30"), 0);
    assert_eq!(left("2026-02-24 07:30"), -420);
}

#[test]
fn beyond_the_calendar_is_an_error_and_never_a_guess() {
    let calendar = Calendar::embedded();
    let outside = |asked| CalendarError::OutsideYears { asked, first: 2024, last: 2027 };
    let runs_out = CalendarError::RunsOut { first: 2024, last: 2027 };
    let ask = |started: &str, term: Term| due(calendar, at(started), &term, &[]).map(|due| due.at());
    assert_eq!(ask("2028-01-03 09:00", Term::working_days(1)), Err(outside(date(2028, 1, 3))));
    assert_eq!(ask("2023-12-29 09:00", Term::working_days(1)), Err(outside(date(2023, 12, 29))));
    assert_eq!(ask("2027-12-31 09:00", Term::working_days(1)), Err(runs_out));
    assert_eq!(ask("2027-12-30 09:00", Term::calendar_days(2)), Err(runs_out));
    assert_eq!(ask("2027-12-31 16:00", Term::working_hours(2)), Err(runs_out));
    assert_eq!(ask("2027-12-31 17:00", Term::working_hours(1)), Err(runs_out));
    assert_eq!(ask("2026-03-02 09:00", Term::calendar_days(u32::MAX)), Err(runs_out));
    assert_eq!(ask("2026-03-02 09:00", Term::working_hours(u32::MAX)), Err(runs_out));
    assert_eq!(ask("2027-12-30 09:00", Term::working_days(1)), Ok(Some(at("2027-12-31 17:00"))));
    assert_eq!(calendar.is_working_day(date(2028, 1, 3)), Err(outside(date(2028, 1, 3))));
    assert_eq!(calendar.is_working_day(date(2023, 12, 31)), Err(outside(date(2023, 12, 31))));
    assert_eq!(runs_out.vi(), "Thời hạn vượt quá lịch làm việc đã có (2024–2027)");
}

/// "Why is it due at 14:30 on Thursday?", in both languages, line by line.
#[test]
fn the_explanation_reads_like_one() {
    let calendar = Calendar::embedded();
    let submitted = at("2026-02-27 16:10");
    let start = start_of_clock(calendar, submitted, StartRule { cutoff: Some(THREE_PM) }).unwrap();
    let stood = pause("2026-03-03 10:00", Some("2026-03-03 17:00"));
    let due = due(calendar, start.at, &Term::working_days(2), &[stood]).unwrap();
    let lines: Vec<TraceLine> = start.trace.into_iter().chain(due.trace).collect();
    let vi: Vec<&str> = lines.iter().map(|line| line.vi.as_str()).collect();
    assert_eq!(
        vi,
        [
            "Hệ thống nhận hồ sơ lúc 16:10 thứ Sáu 27/02/2026",
            "Nhận sau 15:00 nên tính từ đầu ngày làm việc tiếp theo",
            "Thứ Bảy 28/02/2026: nghỉ hằng tuần, không tính",
            "Chủ nhật 01/03/2026: nghỉ hằng tuần, không tính",
            "Bắt đầu tính thời hạn từ 07:30 thứ Hai 02/03/2026",
            "Thời hạn 2 ngày làm việc: tính từ ngày liền sau thứ Hai 02/03/2026",
            "Thời hạn kết thúc lúc 17:00 thứ Tư 04/03/2026",
            "Tạm dừng từ 10:00 thứ Ba 03/03/2026 đến 17:00 thứ Ba 03/03/2026 \
             (chờ bổ sung hồ sơ): lùi hạn 5 giờ 30 phút làm việc",
            "Hạn trả kết quả: 14:30 thứ Năm 05/03/2026",
        ]
    );
    let en: Vec<&str> = lines.iter().map(|line| line.en.as_str()).collect();
    assert_eq!(en[5], "Term of 2 working days: counted from the day after Monday 2 March 2026");
    assert_eq!(en[8], "Due at 14:30 on Thursday 5 March 2026");
    assert_eq!(lines[5].basis.as_deref(), Some("BLDS 2015 Đ.147 k.2"));
    assert_eq!(lines[7].minutes, Some(330));
    assert_eq!(lines[8].at, Some(at("2026-03-05 14:30")));
}

/// Every day off in the way is named, the estimated ones as such.
#[test]
fn days_off_are_named() {
    let names = |submitted: &str, term: Term| -> Vec<String> {
        let due = due_of(submitted, None, &term, &[]);
        let off = due.trace.into_iter().filter(|line| line.code == TraceCode::DayOffSkipped);
        off.map(|line| line.vi).collect()
    };
    assert_eq!(
        names("2026-04-24 09:00", Term::working_days(1)),
        [
            "Thứ Bảy 25/04/2026: nghỉ hằng tuần, không tính",
            "Chủ nhật 26/04/2026: Giỗ Tổ Hùng Vương, không tính",
            "Thứ Hai 27/04/2026: Nghỉ bù Giỗ Tổ Hùng Vương, không tính",
        ]
    );
    let tet_2027 = names("2027-02-04 09:00", Term::working_hours(8));
    assert_eq!(tet_2027.len(), 7);
    assert!(tet_2027.iter().all(|line| line.contains("Đinh Mùi (ước tính)")), "{tet_2027:?}");
}

#[test]
fn hours_are_explained_day_by_day() {
    let due = due_of("2026-11-23 14:00", None, &Term::working_hours(8), &[]);
    let lines: Vec<&str> = due.trace.iter().map(|line| line.vi.as_str()).collect();
    assert_eq!(
        lines,
        [
            "Thời hạn 8 giờ làm việc: tính theo giờ làm việc từ 14:00 thứ Hai 23/11/2026",
            "Thứ Hai 23/11/2026: 3 giờ làm việc",
            "Thứ Ba 24/11/2026: Ngày Văn hóa Việt Nam, không tính",
            "Thứ Tư 25/11/2026: 5 giờ làm việc",
            "Thời hạn kết thúc lúc 14:00 thứ Tư 25/11/2026",
            "Hạn trả kết quả: 14:00 thứ Tư 25/11/2026",
        ]
    );
}
