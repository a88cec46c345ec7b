//! The office's clock, and how long its people take.
//!
//! Without a word the clock is the system's and a working day is a working day. `PUT /tax/clock`
//! stops the clock at `now`, which a test moves on, or makes a working day last `working_day_ms`
//! of real time, which a demo needs; what is left out goes back to how it was at first.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::calendar::{Calendar, WorkingMinutes};
use crate::national::tax::Obligation;

/// The office's time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pace {
    /// Where the clock stands still.
    pub now: Option<Timestamp>,
    /// Real length of a working day, in milliseconds.
    pub working_day_ms: Option<u32>,
    /// Work only when `POST /tax/work` says so.
    pub by_hand: bool,
}

/// A time on one of the two clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The office's.
    Office(Timestamp),
    /// The system's.
    Real(Timestamp),
}

impl Pace {
    pub fn now(&self) -> Timestamp {
        self.now.unwrap_or_else(Timestamp::now)
    }

    /// When something that takes so many working days is done.
    pub fn after(&self, days: u32) -> Moment {
        if let Some(length) = self.working_day_ms {
            let wait = SignedDuration::from_millis(i64::from(length) * i64::from(days));
            return Moment::Real(Timestamp::now() + wait);
        }
        let from = self.now();
        let worked = Calendar::embedded().add_working(from, WorkingMinutes::from_hours(days * 8));
        // Beyond the calendar's years, days are days.
        Moment::Office(worked.unwrap_or(from + SignedDuration::from_hours(24 * i64::from(days))))
    }

    pub fn has_come(&self, moment: Moment) -> bool {
        match moment {
            Moment::Office(at) => at <= self.now(),
            Moment::Real(at) => at <= Timestamp::now(),
        }
    }
}

/// Working days that the office has from the complete slip: 3 for income tax (1.007674), 5 for
/// the others (1.007277).
pub fn allowed(of: Obligation) -> u32 {
    if of == Obligation::Income { 3 } else { 5 }
}
