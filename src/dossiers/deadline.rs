//! The clock of one dossier: start, pause, resume, extend, and the explanation. PURE.

use jiff::Timestamp;

use super::state::{Extension, State};
use crate::calendar::{
    Calendar, CalendarError, Pause, PauseReason, StartRule, Term, TraceLine, due, due_again, eight_hour_rule,
    start_of_clock,
};
use crate::catalogue::definition::CaseDef;
use crate::error::{Code, Error, Result};
use crate::workflow::{Channel, DossierStatus};

pub static CALENDAR_GAP: Code = Code::new(
    409,
    "calendar_gap",
    "Lịch làm việc chưa có cho thời gian này",
    "The working calendar does not reach this date yet",
);
pub static NEW_DUE_INVALID: Code =
    Code::new(422, "new_due_invalid", "Thời điểm hẹn lại không hợp lệ", "The new due time is not valid");

/// An extension reaches at most this far, so that a slip of the keyboard is no promise for 2062.
const EXTENSION_LIMIT_DAYS: i64 = 366;

impl From<CalendarError> for Error {
    fn from(error: CalendarError) -> Self {
        CALENDAR_GAP.because(error.vi(), error.to_string())
    }
}

/// The term that is promised: the province's own where it has one, else the law's.
pub fn promised(case: &CaseDef) -> Option<Term> {
    case.promised.or(case.statutory)
}

/// When the clock starts, when it is due, and why.
pub struct Deadline {
    pub starts_at: Timestamp,
    pub due_at: Timestamp,
    pub trace: Vec<TraceLine>,
}

/// The deadline of a filing that was complete at `complete_at`.
///
/// A filing counts from the next working moment after it was complete, and the case's
/// cut-off (15:00 for same-day procedures) moves it to the next working day.
pub fn deadline(calendar: &Calendar, term: &Term, complete_at: Timestamp) -> Result<Deadline> {
    let start = start_of_clock(calendar, complete_at, StartRule::default())?;
    let found = due(calendar, start.at, term, &[])?;
    let due_at = found.at().unwrap_or(start.at);
    let mut trace = start.trace;
    trace.extend(found.trace);
    Ok(Deadline { starts_at: start.at, due_at, trace })
}

/// The time by which an online filing must be accepted or answered (8 working hours).
pub fn reply_by(calendar: &Calendar, channel: Channel, submitted_at: Timestamp) -> Result<Option<Timestamp>> {
    match channel {
        Channel::Online => Ok(eight_hour_rule(calendar, submitted_at)?.at()),
        Channel::Counter | Channel::Post => Ok(None),
    }
}

impl State {
    /// Starts the clock from the moment the filing was complete.
    pub fn start_clock(&mut self, calendar: &Calendar, term: &Term, now: Timestamp) -> Result<()> {
        let deadline = deadline(calendar, term, self.progress.complete_at.unwrap_or(now))?;
        self.clock_started_at = Some(deadline.starts_at);
        self.due_at = deadline.due_at;
        self.paused_since = None;
        self.progress.pauses.clear();
        self.progress.reply_by = None;
        Ok(())
    }

    /// Stops the clock for a while. A clock that does not run cannot pause.
    pub fn pause_clock(&mut self, now: Timestamp) {
        if self.clock_started_at.is_none() || self.paused_since.is_some() {
            return;
        }
        self.paused_since = Some(now);
        let reason = self.pause_reason();
        self.progress.pauses.push(Pause { from: now, to: None, reason });
    }

    /// Lets the clock run again; the due time moves by exactly the working time paused.
    pub fn resume_clock(&mut self, calendar: &Calendar, now: Timestamp) -> Result<()> {
        let stopped = self.progress.stopped_at.take();
        if let Some(from) = stopped {
            // The work was done and came back: the time in between was not the authority's.
            self.progress.pauses.push(Pause { from, to: None, reason: PauseReason::ResultReady });
        }
        let Some(since) = self.paused_since.take().or(stopped) else { return Ok(()) };
        // What lies before the clock's start was not counted, so it is not given back.
        let since = since.max(self.clock_started_at.unwrap_or(since));
        let paused = calendar.working_between(since, now.max(since))?;
        self.due_at = calendar.add_working(self.due_at, paused)?;
        if let Some(pause) = self.progress.pauses.last_mut() {
            pause.to = Some(now);
        }
        Ok(())
    }

    /// Ends the clock: the work is done. It goes on from here should the result be sent back.
    pub fn stop_clock(&mut self, calendar: &Calendar, now: Timestamp) -> Result<()> {
        if self.progress.stopped_at.is_none() {
            self.resume_clock(calendar, now)?;
            self.progress.stopped_at = self.clock_started_at.map(|_| now);
        }
        Ok(())
    }

    fn pause_reason(&self) -> PauseReason {
        match self.status {
            DossierStatus::AwaitingSupplement => PauseReason::Supplement,
            _ if self.progress.tax_sent_at.is_some() => PauseReason::Tax,
            DossierStatus::AwaitingPayment => PauseReason::Payment,
            _ => PauseReason::Opinion,
        }
    }

    /// Sets the new due time of an apology; it must be later, a working moment, and not absurd.
    pub fn extend(&mut self, calendar: &Calendar, to: Timestamp, reason: &str, now: Timestamp) -> Result<()> {
        let refuse = |vi: &str, en: &str| Err(NEW_DUE_INVALID.at("/new_due", vi, en));
        if to <= self.due_at || to <= now {
            return refuse(
                "phải muộn hơn thời hạn hiện tại và hiện tại",
                "must be later than the due time and now",
            );
        }
        if to.duration_since(self.due_at.max(now)).as_hours() > EXTENSION_LIMIT_DAYS * 24 {
            return refuse("gia hạn quá dài", "the extension is too long");
        }
        if !calendar.is_working_day(crate::clock::day_of(to))? {
            return refuse("phải rơi vào ngày làm việc", "must fall on a working day");
        }
        let (from, reason) = (self.due_at, reason.to_owned());
        self.progress.extensions.push(Extension { at: now, from, to, reason });
        self.due_at = to;
        Ok(())
    }

    /// Is the due time past while the clock runs?
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        let runs = self.clock_started_at.is_some() && self.paused_since.is_none();
        runs && !self.status.is_terminal() && self.status != DossierStatus::Done && now > self.due_at
    }

    /// Why it is due when it is due: the count, the pauses, the new appointments.
    pub fn explain(&self, calendar: &Calendar, term: &Term) -> Result<Vec<TraceLine>> {
        let complete_at = self.progress.complete_at.unwrap_or(self.due_at);
        let start = start_of_clock(calendar, complete_at, StartRule::default())?;
        let mut trace = start.trace;
        // What a term that began anew has left behind counts no more.
        let appointments: Vec<&Extension> =
            self.progress.extensions.iter().filter(|extension| extension.at >= complete_at).collect();
        let until = |next: Option<&&Extension>| next.map_or(Timestamp::MAX, |extension| extension.at);
        let first = self.pauses_between(Timestamp::MIN, until(appointments.first()));
        trace.extend(due(calendar, start.at, term, &first)?.trace);
        for (n, extension) in appointments.iter().enumerate() {
            let since = self.pauses_between(extension.at, until(appointments.get(n + 1)));
            trace.push(TraceLine::extended(extension.from, extension.to, &extension.reason));
            trace.extend(due_again(calendar, extension.at, extension.to, &since)?.trace);
        }
        Ok(trace)
    }

    fn pauses_between(&self, from: Timestamp, to: Timestamp) -> Vec<Pause> {
        self.progress.pauses.iter().filter(|pause| from <= pause.from && pause.from < to).copied().collect()
    }
}
