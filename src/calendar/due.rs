//! The deadline (hạn trả kết quả): where the clock starts, where the term
//! ends, and what pauses add.

use super::clock::{Calendar, CalendarError, WorkingMinutes, local};
use super::pause::{Pause, PauseReason, standing};
use super::shift::{minute_of_day, optional_time};
use super::term::{Term, TermUnit};
use super::trace::TraceLine;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

/// Working hours within which an online dossier is accepted or its supplement
/// is asked for.
const ONLINE_NOTICE_HOURS: u32 = 8;
const ONLINE_NOTICE_RULE: &str = "NĐ 45/2020/NĐ-CP";

/// When a received dossier begins to count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartRule {
    /// "HH:MM": a dossier that comes in after this minute counts from the
    /// start of the next working day. A dossier at 15:00 sharp is in time for
    /// a cut-off at 15:00: the rules say "sau 15 giờ".
    #[serde(default, skip_serializing_if = "Option::is_none", with = "optional_time")]
    pub cutoff: Option<Time>,
}

/// The start of the clock and why it is then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockStart {
    /// Always a working moment.
    pub at: Timestamp,
    pub trace: Vec<TraceLine>,
}

/// A deadline and why it is then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub state: DueState,
    /// Never empty; its last line tells the state.
    pub trace: Vec<TraceLine>,
}

/// Where the clock is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DueState {
    /// Running, due then.
    At(Timestamp),
    /// Standing: no due time until the pause ends.
    Paused {
        since: Timestamp,
        reason: PauseReason,
        /// Working time left when the clock runs again; negative when the
        /// dossier was late already.
        left: WorkingMinutes,
    },
}

impl Due {
    /// The due time, unless the clock stands.
    pub fn at(&self) -> Option<Timestamp> {
        match self.state {
            DueState::At(at) => Some(at),
            DueState::Paused { .. } => None,
        }
    }
}

/// From when a dossier counts that was submitted at any hour.
pub fn start_of_clock(
    calendar: &Calendar,
    submitted: Timestamp,
    rule: StartRule,
) -> Result<ClockStart, CalendarError> {
    let mut trace = vec![TraceLine::submitted(submitted)];
    let received = local(submitted);
    let late_for = rule.cutoff.filter(|cutoff| is_after(received.time(), *cutoff));
    let at = match late_for {
        Some(cutoff) if calendar.is_working_day(received.date())? => {
            trace.push(TraceLine::after_cutoff(cutoff));
            let at = calendar.next_day_start(received.date())?;
            skip_days_off(calendar, received.date(), local(at).date(), &mut trace)?;
            at
        }
        _ => move_to_working_time(calendar, submitted, &mut trace)?,
    };
    trace.push(TraceLine::clock_started(at));
    Ok(ClockStart { at, trace })
}

/// When a dossier is due whose clock started at `started`.
///
/// - A term in days begins on the day after (BLDS 2015 Đ.147 k.2) and ends
///   with the last day's hours; "3 working days" from a Monday end on Thursday.
/// - Calendar days move only their end off a day off (Đ.148 k.5).
/// - Working hours run through the shifts.
/// - A pause moves the due time by exactly the working time paused; pauses
///   that overlap count once. A pause after the due time moves it as well,
///   which keeps a late dossier exactly as late as it was.
pub fn due(
    calendar: &Calendar,
    started: Timestamp,
    term: &Term,
    pauses: &[Pause],
) -> Result<Due, CalendarError> {
    let mut trace = Vec::new();
    let from = move_to_working_time(calendar, started, &mut trace)?;
    let end = match term.unit {
        TermUnit::SameDay | TermUnit::WorkingDays => working_days(calendar, from, term, &mut trace),
        TermUnit::CalendarDays => calendar_days(calendar, from, term, &mut trace),
        TermUnit::WorkingHours => working_hours(calendar, from, term, &mut trace),
    }?;
    moved_by_pauses(calendar, from, end, pauses, trace)
}

/// When a dossier is due that was given the new appointment `to` at the moment `at`: the
/// pauses since then move it further.
pub fn due_again(
    calendar: &Calendar,
    at: Timestamp,
    to: Timestamp,
    pauses: &[Pause],
) -> Result<Due, CalendarError> {
    moved_by_pauses(calendar, at, to, pauses, Vec::new())
}

fn moved_by_pauses(
    calendar: &Calendar,
    from: Timestamp,
    end: Timestamp,
    pauses: &[Pause],
    mut trace: Vec<TraceLine>,
) -> Result<Due, CalendarError> {
    let state = after_pauses(calendar, from, end, pauses, &mut trace)?;
    trace.push(match state {
        DueState::At(at) => TraceLine::due(at),
        DueState::Paused { since, reason, left } => TraceLine::clock_stands(since, reason, left),
    });
    Ok(Due { state, trace })
}

/// The working time from now until the due time; negative when late.
pub fn remaining(
    calendar: &Calendar,
    now: Timestamp,
    due: Timestamp,
) -> Result<WorkingMinutes, CalendarError> {
    calendar.working_between(now, due)
}

/// Until when an online dossier must be accepted or its supplement asked for:
/// 8 working hours after the system received it.
pub fn eight_hour_rule(calendar: &Calendar, submitted: Timestamp) -> Result<Due, CalendarError> {
    let mut start = start_of_clock(calendar, submitted, StartRule::default())?;
    let notice = due(calendar, start.at, &Term::working_hours(ONLINE_NOTICE_HOURS), &[])?;
    start.trace.extend(notice.trace);
    if let Some(line) = start.trace.last_mut() {
        line.basis = Some(ONLINE_NOTICE_RULE.to_owned());
    }
    Ok(Due { state: notice.state, trace: start.trace })
}

/// Whether a time reads later than the cut-off, in whole minutes.
fn is_after(time: Time, cutoff: Time) -> bool {
    minute_of_day(time) > minute_of_day(cutoff)
}

/// The next working moment, with the reason when that is not the same minute.
fn move_to_working_time(
    calendar: &Calendar,
    t: Timestamp,
    trace: &mut Vec<TraceLine>,
) -> Result<Timestamp, CalendarError> {
    let moved = calendar.next_working_moment(t)?;
    if moved > t {
        trace.push(TraceLine::outside_hours());
        skip_days_off(calendar, local(t).date(), local(moved).date(), trace)?;
    }
    Ok(moved)
}

/// A line for each day off from `first` until before `end`.
fn skip_days_off(
    calendar: &Calendar,
    first: Date,
    end: Date,
    trace: &mut Vec<TraceLine>,
) -> Result<(), CalendarError> {
    let mut date = first;
    while date < end {
        if let Some(off) = calendar.day_off(date)? {
            trace.push(TraceLine::day_off_skipped(date, off));
        }
        date = calendar.days_after(date, 1)?;
    }
    Ok(())
}

/// Same day and working days: the end of the hours of the last working day.
fn working_days(
    calendar: &Calendar,
    from: Timestamp,
    term: &Term,
    trace: &mut Vec<TraceLine>,
) -> Result<Timestamp, CalendarError> {
    let received = local(from);
    let counts_today = match term.same_day_before {
        Some(cutoff) => !is_after(received.time(), cutoff),
        None => term.unit == TermUnit::SameDay,
    };
    trace.push(match term.same_day_before {
        _ if counts_today => TraceLine::first_day_counted(term, received.date()),
        Some(cutoff) => TraceLine::after_cutoff(cutoff),
        None => TraceLine::first_day_not_counted(term, received.date()),
    });
    let mut last = received.date();
    let mut left = term.value.saturating_sub(u32::from(counts_today));
    while left > 0 {
        last = calendar.days_after(last, 1)?;
        match calendar.day_off(last)? {
            Some(off) => trace.push(TraceLine::day_off_skipped(last, off)),
            None => left -= 1,
        }
    }
    end_of_working_day(calendar, last, trace)
}

/// Every day counts; the end moves to the next working day.
fn calendar_days(
    calendar: &Calendar,
    from: Timestamp,
    term: &Term,
    trace: &mut Vec<TraceLine>,
) -> Result<Timestamp, CalendarError> {
    let event = local(from).date();
    trace.push(TraceLine::first_day_not_counted(term, event));
    let counted = calendar.days_after(event, term.value)?;
    let mut last = counted;
    while let Some(off) = calendar.day_off(last)? {
        trace.push(TraceLine::day_off_skipped(last, off));
        last = calendar.days_after(last, 1)?;
    }
    if last > counted {
        trace.push(TraceLine::end_moved(counted, last));
    }
    end_of_working_day(calendar, last, trace)
}

/// Hours run through the shifts from the moment itself.
fn working_hours(
    calendar: &Calendar,
    from: Timestamp,
    term: &Term,
    trace: &mut Vec<TraceLine>,
) -> Result<Timestamp, CalendarError> {
    let end = calendar.add_working(from, WorkingMinutes::from_hours(term.value))?;
    trace.push(TraceLine::hours_run(term, from));
    let mut counted_to = from;
    let mut date = local(from).date();
    while counted_to < end {
        if let Some(off) = calendar.day_off(date)? {
            trace.push(TraceLine::day_off_skipped(date, off));
        } else {
            let until = calendar.end_of_hours(date)?.min(end);
            let counted = calendar.working_between(counted_to, until)?;
            trace.push(TraceLine::hours_counted(date, counted));
            counted_to = until;
        }
        if counted_to < end {
            date = calendar.days_after(date, 1)?;
        }
    }
    trace.push(TraceLine::term_ends(end));
    Ok(end)
}

fn end_of_working_day(
    calendar: &Calendar,
    last: Date,
    trace: &mut Vec<TraceLine>,
) -> Result<Timestamp, CalendarError> {
    let end = calendar.end_of_hours(last)?;
    trace.push(TraceLine::term_ends(end));
    Ok(end)
}

/// The end of the term, moved by the working time paused.
fn after_pauses(
    calendar: &Calendar,
    from: Timestamp,
    end: Timestamp,
    pauses: &[Pause],
    trace: &mut Vec<TraceLine>,
) -> Result<DueState, CalendarError> {
    let mut at = end;
    for stood in standing(calendar, from, pauses)? {
        let Some(to) = stood.pause.to else {
            let (since, reason) = (stood.pause.from, stood.pause.reason);
            let left = calendar.working_between(stood.since, at)?;
            return Ok(DueState::Paused { since, reason, left });
        };
        let moved = calendar.add_working(at, stood.minutes)?;
        trace.push(TraceLine::paused(&stood, to));
        skip_days_off(calendar, local(at).date(), local(moved).date(), trace)?;
        at = moved;
    }
    Ok(DueState::At(at))
}
