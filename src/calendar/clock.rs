//! The compiled calendar: arithmetic of working minutes.
//!
//! Every day of the calendar knows how many working minutes lie before it, so
//! an instant has a *position* (working minutes since the calendar began) in
//! constant time, and a position has its instant by binary search.

use super::check::{CalendarDefect, defects};
use super::definition::{CalendarDef, DayKind, SpecialDay, UnitHours, Years};
use super::shift::{Shift, minute_of_day};
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::{Offset, offset};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::{Add, Neg, Sub};
use std::sync::LazyLock;
use thiserror::Error;
use utoipa::ToSchema;

/// Asia/Ho_Chi_Minh: +07:00, without change since 1975.
const LEGAL_OFFSET: Offset = offset(7);

/// A length of working time in whole minutes; negative when it runs back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct WorkingMinutes(i64);

impl WorkingMinutes {
    pub const ZERO: WorkingMinutes = WorkingMinutes(0);

    pub const fn new(minutes: i64) -> WorkingMinutes {
        WorkingMinutes(minutes)
    }

    pub fn from_hours(hours: u32) -> WorkingMinutes {
        WorkingMinutes(i64::from(hours) * 60)
    }

    pub const fn get(self) -> i64 {
        self.0
    }
}

impl Add for WorkingMinutes {
    type Output = WorkingMinutes;
    fn add(self, other: WorkingMinutes) -> WorkingMinutes {
        WorkingMinutes(self.0 + other.0)
    }
}

impl Sub for WorkingMinutes {
    type Output = WorkingMinutes;
    fn sub(self, other: WorkingMinutes) -> WorkingMinutes {
        WorkingMinutes(self.0 - other.0)
    }
}

impl Neg for WorkingMinutes {
    type Output = WorkingMinutes;
    fn neg(self) -> WorkingMinutes {
        WorkingMinutes(-self.0)
    }
}

/// A question that the calendar does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CalendarError {
    /// The holidays of that year are not known here.
    #[error("{asked} lies outside the working calendar, which knows {first} to {last}")]
    OutsideYears { asked: Date, first: i16, last: i16 },
    /// A count that starts inside the calendar leaves it.
    #[error("the count leaves the working calendar, which knows {first} to {last}")]
    RunsOut { first: i16, last: i16 },
    /// A pause that ends before it begins.
    #[error("a pause from {from} cannot end at {to}")]
    PauseBackwards { from: Timestamp, to: Timestamp },
}

impl CalendarError {
    /// The Vietnamese text; `Display` is the English one.
    pub fn vi(&self) -> String {
        match self {
            CalendarError::OutsideYears { asked, first, last } => {
                let asked = asked.strftime("%d/%m/%Y");
                format!("Ngày {asked} nằm ngoài lịch làm việc đã có ({first}–{last})")
            }
            CalendarError::RunsOut { first, last } => {
                format!("Thời hạn vượt quá lịch làm việc đã có ({first}–{last})")
            }
            CalendarError::PauseBackwards { from, to } => {
                format!("Thời gian tạm dừng từ {from} không thể kết thúc lúc {to}")
            }
        }
    }
}

/// Why nobody works on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayOff<'a> {
    /// Nghỉ hằng tuần.
    WeeklyRest(Weekday),
    /// A holiday or a day off in lieu.
    Special(&'a SpecialDay),
}

/// Minutes of the day, the second one excluded.
type Span = (i64, i64);

/// One day of the calendar.
#[derive(Debug, Clone)]
struct Day {
    date: Date,
    /// Unix minute at which the day begins in Vietnam.
    midnight: i64,
    /// Working minutes of the calendar before this day.
    before: i64,
    /// The weekday whose shifts are worked; `None` on a day off.
    worked_as: Option<Weekday>,
    /// Index into the definition's special days.
    special: Option<usize>,
}

/// A working calendar that has passed its check.
#[derive(Debug, Clone)]
pub struct Calendar {
    def: CalendarDef,
    /// Shifts by weekday, Monday first.
    week: [Vec<Span>; 7],
    /// From 1 January of the first year to 31 December of the last.
    days: Vec<Day>,
    /// Working minutes of the whole calendar.
    total: i64,
}

/// The common calendar of the state's offices, part of the binary.
static EMBEDDED: LazyLock<Calendar> = LazyLock::new(|| {
    match Calendar::from_json(include_str!("../../data/calendar/vietnam.json")) {
        Ok(calendar) => calendar,
        // The text is a constant of the binary, and a unit test compiles it.
        Err(defects) => unreachable!("the embedded calendar is sound: {defects:?}"),
    }
});

impl Calendar {
    /// The embedded calendar of Vietnam, 2024 to 2027.
    pub fn embedded() -> &'static Calendar {
        &EMBEDDED
    }

    /// Reads and compiles a calendar's JSON.
    pub fn from_json(json: &str) -> Result<Calendar, Vec<CalendarDefect>> {
        Calendar::compile(CalendarDef::parse(json).map_err(|defect| vec![defect])?)
    }

    /// The only constructor: a definition with a defect is refused with all of
    /// its defects.
    pub fn compile(def: CalendarDef) -> Result<Calendar, Vec<CalendarDefect>> {
        let found = defects(&def);
        if !found.is_empty() {
            return Err(found);
        }
        let week = MONDAY_FIRST.map(|weekday| spans_of(def.shifts.on(weekday)));
        let (days, total) = lay_out(&def, &week);
        Ok(Calendar { def, week, days, total })
    }

    /// The same holidays with the hours of one unit.
    pub fn for_unit(&self, hours: &UnitHours) -> Result<Calendar, Vec<CalendarDefect>> {
        let mut def = self.def.clone();
        if let Some(shifts) = &hours.shifts {
            def.shifts = shifts.clone();
        }
        if let Some(reception) = &hours.reception {
            def.reception = reception.clone();
        }
        Calendar::compile(def)
    }

    pub fn definition(&self) -> &CalendarDef {
        &self.def
    }

    /// Working time from `a` to `b`; negative when `b` comes first.
    pub fn working_between(&self, a: Timestamp, b: Timestamp) -> Result<WorkingMinutes, CalendarError> {
        Ok(WorkingMinutes(self.position(b)? - self.position(a)?))
    }

    /// The instant at which `minutes` of working time have passed since
    /// `start` (or lay before it, when negative). A count that fills a shift
    /// ends at the end of that shift, not at the start of the next one. Zero
    /// minutes give `start` itself, or the next working moment when nobody
    /// works then.
    pub fn add_working(&self, start: Timestamp, minutes: WorkingMinutes) -> Result<Timestamp, CalendarError> {
        if minutes == WorkingMinutes::ZERO {
            let (day, now) = self.moment(start)?;
            let in_or_at_end = self.spans(day).iter().any(|&(from, to)| from < now && now <= to);
            return if in_or_at_end { self.at(day.midnight + now) } else { self.next_working_moment(start) };
        }
        let position = self.position(start)?.checked_add(minutes.0);
        self.instant_at(position.ok_or(self.runs_out())?)
    }

    /// `t` when somebody works in its minute, else the start of the next shift.
    pub fn next_working_moment(&self, t: Timestamp) -> Result<Timestamp, CalendarError> {
        let (day, now) = self.moment(t)?;
        let rest_of_day = self.spans(day).iter().find(|&&(_, to)| now < to);
        match rest_of_day {
            Some(&(from, _)) => self.at(day.midnight + now.max(from)),
            None => self.next_day_start(day.date),
        }
    }

    /// Whether anybody works on that day.
    pub fn is_working_day(&self, date: Date) -> Result<bool, CalendarError> {
        Ok(!self.spans(self.day(date)?).is_empty())
    }

    /// The working time of that day.
    pub fn working_minutes_of(&self, date: Date) -> Result<WorkingMinutes, CalendarError> {
        Ok(WorkingMinutes(length(self.spans(self.day(date)?))))
    }

    /// Why nobody works on that day; `None` on a working day.
    pub fn day_off(&self, date: Date) -> Result<Option<DayOff<'_>>, CalendarError> {
        let day = self.day(date)?;
        if !self.spans(day).is_empty() {
            return Ok(None);
        }
        let special = day.special.and_then(|index| self.def.days.get(index));
        Ok(Some(special.map_or(DayOff::WeeklyRest(date.weekday()), DayOff::Special)))
    }

    /// Whether the counter receives people: in the shifts, and in the extra
    /// reception hours unless the day is a holiday or a day off in lieu.
    pub fn is_reception_open(&self, t: Timestamp) -> Result<bool, CalendarError> {
        let (day, now) = self.moment(t)?;
        let within = |spans: &[Span]| spans.iter().any(|&(from, to)| from <= now && now < to);
        let closed = matches!(self.day_off(day.date)?, Some(DayOff::Special(_)));
        let extra = spans_of(self.def.reception.on(day.date.weekday()));
        Ok(within(self.spans(day)) || (!closed && within(&extra)))
    }

    /// The end of the day's last shift; on a day off, the day's beginning.
    pub(super) fn end_of_hours(&self, date: Date) -> Result<Timestamp, CalendarError> {
        let day = self.day(date)?;
        self.at(day.midnight + self.spans(day).last().map_or(0, |&(_, to)| to))
    }

    /// The start of the first shift of the first working day after `date`.
    pub(super) fn next_day_start(&self, date: Date) -> Result<Timestamp, CalendarError> {
        let after = self.days.iter().skip(self.index(date)? + 1);
        let mut starts =
            after.filter_map(|day| self.spans(day).first().map(|&(from, _)| day.midnight + from));
        self.at(starts.next().ok_or(self.runs_out())?)
    }

    /// The date so many days later, within the calendar.
    pub(super) fn days_after(&self, date: Date, days: u32) -> Result<Date, CalendarError> {
        let index = self.index(date)?;
        let later = usize::try_from(days).ok().and_then(|days| index.checked_add(days));
        let day = later.and_then(|later| self.days.get(later));
        day.map(|day| day.date).ok_or(self.runs_out())
    }

    /// Working minutes of the calendar before an instant.
    fn position(&self, t: Timestamp) -> Result<i64, CalendarError> {
        let (day, now) = self.moment(t)?;
        let worked = |&(from, to): &Span| now.clamp(from, to) - from;
        Ok(day.before + self.spans(day).iter().map(worked).sum::<i64>())
    }

    /// The earliest instant that has so many working minutes before it.
    fn instant_at(&self, position: i64) -> Result<Timestamp, CalendarError> {
        if !(1..=self.total).contains(&position) {
            return Err(self.runs_out());
        }
        // The first day has nothing before it, so at least one day matches.
        let day = &self.days[self.days.partition_point(|day| day.before < position) - 1];
        let mut left = position - day.before;
        for &(from, to) in self.spans(day) {
            if left <= to - from {
                return self.at(day.midnight + from + left);
            }
            left -= to - from;
        }
        unreachable!("the last day that begins before a position contains it")
    }

    fn spans(&self, day: &Day) -> &[Span] {
        day.worked_as.map_or(&[], |weekday| &self.week[monday_zero(weekday)])
    }

    fn day(&self, date: Date) -> Result<&Day, CalendarError> {
        Ok(&self.days[self.index(date)?])
    }

    /// Days since the calendar began; always an index of `days`.
    fn index(&self, date: Date) -> Result<usize, CalendarError> {
        let first = self.days.first().map_or(Date::MIN, |day| day.date);
        let index = usize::try_from(date.duration_since(first).as_hours() / 24).ok();
        let Years { first, last } = self.def.years;
        let outside = CalendarError::OutsideYears { asked: date, first, last };
        index.filter(|&index| index < self.days.len()).ok_or(outside)
    }

    /// The day of an instant and its minute in that day.
    fn moment(&self, t: Timestamp) -> Result<(&Day, i64), CalendarError> {
        let local = local(t);
        Ok((self.day(local.date())?, minute_of_day(local.time())))
    }

    /// The instant of a Unix minute.
    fn at(&self, minute: i64) -> Result<Timestamp, CalendarError> {
        Timestamp::from_second(minute * 60).map_err(|_| self.runs_out())
    }

    fn runs_out(&self) -> CalendarError {
        let Years { first, last } = self.def.years;
        CalendarError::RunsOut { first, last }
    }
}

/// The date and time on the wall in Vietnam.
pub(super) fn local(t: Timestamp) -> DateTime {
    LEGAL_OFFSET.to_datetime(t)
}

const MONDAY_FIRST: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

fn monday_zero(weekday: Weekday) -> usize {
    usize::from(weekday.to_monday_zero_offset().unsigned_abs())
}

fn spans_of(shifts: &[Shift]) -> Vec<Span> {
    shifts.iter().map(|shift| (minute_of_day(shift.from), minute_of_day(shift.to))).collect()
}

fn length(spans: &[Span]) -> i64 {
    spans.iter().map(|(from, to)| to - from).sum()
}

/// Every day of the calendar's years, and the working minutes of them all.
fn lay_out(def: &CalendarDef, week: &[Vec<Span>; 7]) -> (Vec<Day>, i64) {
    let special: BTreeMap<Date, usize> =
        def.days.iter().enumerate().map(|(index, day)| (day.date, index)).collect();
    let first = Date::constant(def.years.first, 1, 1);
    let dates = first.series(1.day()).take_while(|date| date.year() <= def.years.last);
    let mut before = 0;
    let mut days = Vec::new();
    for date in dates {
        let special = special.get(&date).copied();
        let worked_as = match special.map(|index| &def.days[index]) {
            None => Some(date.weekday()),
            Some(SpecialDay { kind: DayKind::WorkingSaturday, instead_of, .. }) => {
                instead_of.map(|made_up| made_up.weekday())
            }
            Some(_) => None,
        };
        days.push(Day { date, midnight: midnight(date), before, worked_as, special });
        before += worked_as.map_or(0, |weekday| length(&week[monday_zero(weekday)]));
    }
    (days, before)
}

/// The Unix minute at which a date begins in Vietnam.
fn midnight(date: Date) -> i64 {
    let since_epoch = date.duration_since(Date::constant(1970, 1, 1)).as_secs();
    (since_epoch - i64::from(LEGAL_OFFSET.seconds())) / 60
}
