//! Properties of the clock, over random instants, terms and pauses.

use super::tests_support::at;
use super::*;
use jiff::tz::offset;
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Any second from 2024 to the middle of 2027: room for the longest term.
fn instant() -> impl Strategy<Value = Timestamp> {
    let (first, last) = (at("2024-01-01 00:00"), at("2027-06-30 00:00"));
    (first.as_second()..last.as_second()).prop_map(|second| Timestamp::new(second, 0).unwrap())
}

fn minutes() -> impl Strategy<Value = WorkingMinutes> {
    (0i64..20_000).prop_map(WorkingMinutes::new)
}

fn term() -> impl Strategy<Value = Term> {
    let cutoff = prop::option::of((8i8..17).prop_map(|hour| jiff::civil::time(hour, 0, 0, 0)));
    let days = (1u32..60, cutoff.clone());
    prop_oneof![
        cutoff.prop_map(Term::same_day),
        days.prop_map(|(n, same_day_before)| Term { same_day_before, ..Term::working_days(n) }),
        (1u32..60).prop_map(Term::calendar_days),
        (1u32..200).prop_map(Term::working_hours),
    ]
}

/// A pause by its distance from the start and its length, in minutes.
fn pause_after(start: Timestamp, (distance, length): (i64, i64)) -> Pause {
    let from = start + distance.minutes();
    Pause { from, to: Some(from + length.minutes()), reason: PauseReason::Payment }
}

/// Whether the minute that begins at `t` is worked: the plain rules, told
/// without the calendar's tables.
fn is_worked(t: Timestamp) -> bool {
    let def = Calendar::embedded().definition();
    let local = offset(7).to_datetime(t);
    let special = def.days.iter().find(|day| day.date == local.date());
    let works = match special.map(|day| day.kind) {
        None => local.weekday().to_monday_one_offset() <= 5,
        Some(kind) => kind == DayKind::WorkingSaturday,
    };
    let now = (local.hour(), local.minute());
    works && (((7, 30)..(11, 30)).contains(&now) || ((13, 0)..(17, 0)).contains(&now))
}

fn floor(t: Timestamp) -> Timestamp {
    Timestamp::new(t.as_second().div_euclid(60) * 60, 0).unwrap()
}

proptest! {
    #[test]
    fn working_time_is_the_number_of_worked_minutes(a in instant(), span in 0i64..8_000) {
        let b = a + span.minutes();
        let counted = (0..span).filter(|n| is_worked(floor(a) + n.minutes())).count();
        let between = Calendar::embedded().working_between(a, b).unwrap();
        prop_assert_eq!(between.get(), i64::try_from(counted).unwrap());
    }

    #[test]
    fn working_time_splits_anywhere(a in instant(), b in instant(), c in instant()) {
        let between = |a, b| Calendar::embedded().working_between(a, b).unwrap();
        prop_assert_eq!(between(a, b) + between(b, c), between(a, c));
        prop_assert_eq!(between(a, b), -between(b, a));
    }

    #[test]
    fn adding_splits_anywhere(t in instant(), x in minutes(), y in minutes()) {
        let add = |t, m| Calendar::embedded().add_working(t, m).unwrap();
        prop_assert_eq!(add(add(t, x), y), add(t, x + y));
    }

    #[test]
    fn adding_is_the_inverse_of_measuring(t in instant(), m in -500i64..20_000) {
        let calendar = Calendar::embedded();
        prop_assume!(t > at("2024-01-05 00:00"));
        let m = WorkingMinutes::new(m);
        let end = calendar.add_working(t, m).unwrap();
        prop_assert_eq!(calendar.working_between(t, end).unwrap(), m);
    }

    #[test]
    fn a_later_start_is_never_due_earlier(a in instant(), b in instant(), term in term()) {
        let calendar = Calendar::embedded();
        let due = |t| due(calendar, t, &term, &[]).unwrap().at().unwrap();
        prop_assert!(due(a.min(b)) <= due(a.max(b)));
    }

    #[test]
    fn neighbours_in_time_keep_their_order(a in instant(), gap in 0i64..3_000, term in term()) {
        let calendar = Calendar::embedded();
        let rule = StartRule { cutoff: Some(jiff::civil::time(15, 0, 0, 0)) };
        let due = |t| {
            let start = start_of_clock(calendar, t, rule).unwrap();
            due(calendar, start.at, &term, &[]).unwrap().at().unwrap()
        };
        prop_assert!(due(a) <= due(a + gap.minutes()));
    }

    #[test]
    fn a_longer_term_is_never_due_earlier(t in instant(), term in term(), more in 1u32..20) {
        let calendar = Calendar::embedded();
        prop_assume!(term.unit != TermUnit::SameDay);
        let longer = Term { value: term.value + more, ..term };
        let due = |term| due(calendar, t, term, &[]).unwrap().at().unwrap();
        prop_assert!(due(&term) <= due(&longer));
    }

    #[test]
    fn the_clock_starts_and_ends_in_working_time(t in instant(), term in term()) {
        let calendar = Calendar::embedded();
        let start = start_of_clock(calendar, t, StartRule::default()).unwrap();
        prop_assert!(is_worked(start.at) && start.at >= floor(t));
        let end = due(calendar, start.at, &term, &[]).unwrap().at().unwrap();
        prop_assert!(end > start.at);
        prop_assert!(is_worked(end - 1.minute()), "due at the end of a worked minute");
    }

    #[test]
    fn a_pause_moves_the_due_time_by_exactly_its_working_time(
        t in instant(), term in term(), distance in 0i64..40_000, length in 0i64..40_000,
    ) {
        let calendar = Calendar::embedded();
        let start = start_of_clock(calendar, t, StartRule::default()).unwrap().at;
        let pause = pause_after(start, (distance, length));
        let plain = due(calendar, start, &term, &[]).unwrap().at().unwrap();
        let moved = due(calendar, start, &term, &[pause]).unwrap().at().unwrap();
        let resumed = pause.to.unwrap();
        prop_assert_eq!(
            calendar.working_between(plain, moved).unwrap(),
            calendar.working_between(pause.from, resumed).unwrap()
        );
        prop_assert_eq!(
            remaining(calendar, resumed, moved).unwrap(),
            remaining(calendar, pause.from, plain).unwrap(),
            "whoever resumes has what was left"
        );
        let open = Pause { to: None, ..pause };
        let standing = due(calendar, start, &term, &[open]).unwrap().state;
        let left = remaining(calendar, pause.from, plain).unwrap();
        let reason = pause.reason;
        prop_assert_eq!(standing, DueState::Paused { since: pause.from, reason, left });
    }

    #[test]
    fn overlapping_pauses_count_each_minute_once(
        t in instant(), term in term(),
        pauses in prop::collection::vec((-2_000i64..6_000, 0i64..3_000), 0..5),
    ) {
        let calendar = Calendar::embedded();
        let start = start_of_clock(calendar, t, StartRule::default()).unwrap().at;
        prop_assume!(start > at("2024-01-05 00:00"));
        let pauses: Vec<Pause> = pauses.into_iter().map(|p| pause_after(start, p)).collect();
        let paused: BTreeSet<Timestamp> = pauses
            .iter()
            .flat_map(|p| {
                let length = (p.to.unwrap().as_second() - p.from.as_second()) / 60;
                (0..length).map(|n| p.from + n.minutes())
            })
            .filter(|minute| *minute >= start && is_worked(*minute))
            .collect();
        let plain = due(calendar, start, &term, &[]).unwrap().at().unwrap();
        let moved = due(calendar, start, &term, &pauses).unwrap().at().unwrap();
        let by = calendar.working_between(plain, moved).unwrap();
        prop_assert_eq!(by.get(), i64::try_from(paused.len()).unwrap());
    }

    #[test]
    fn the_explanation_ends_with_the_due_time(
        t in instant(), term in term(),
        pauses in prop::collection::vec((0i64..6_000, 0i64..3_000), 0..3),
    ) {
        let calendar = Calendar::embedded();
        let pauses: Vec<Pause> = pauses.into_iter().map(|p| pause_after(t, p)).collect();
        let due = due(calendar, t, &term, &pauses).unwrap();
        let last = due.trace.last().unwrap();
        prop_assert_eq!(last.code, TraceCode::Due);
        prop_assert_eq!(last.at, due.at());
        prop_assert!(due.trace.iter().all(|line| !line.vi.is_empty() && !line.en.is_empty()));
        let counted = due.trace.iter().filter(|line| line.code == TraceCode::HoursCounted);
        let sum: i64 = counted.filter_map(|line| line.minutes).sum();
        let hours = if term.unit == TermUnit::WorkingHours { i64::from(term.value) } else { 0 };
        prop_assert_eq!(sum, hours * 60);
    }
}
