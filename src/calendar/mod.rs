//! PURE: working time, deadlines, pauses, and the explanation of a due time.
//!
//! One line through the module: a [`CalendarDef`] (data) is compiled into a
//! [`Calendar`]; [`start_of_clock`] finds the moment from which a dossier
//! (hồ sơ) counts; [`due()`] adds a [`Term`] and the [`Pause`]s and says, line
//! by line in Vietnamese and English, why the dossier is due then.
//!
//! The unit is the whole working minute. An instant belongs to its minute: its
//! seconds are dropped, so 15:00:59 reads 15:00, on the screen and in the sum.
//! The time zone is that of the law, Asia/Ho_Chi_Minh, +07:00 without change.
//! Nothing is guessed: beyond the last year of the calendar every question is
//! answered with [`CalendarError`].

mod check;
mod clock;
mod definition;
mod due;
mod pause;
mod shift;
mod term;
mod trace;
mod words;

pub use check::CalendarDefect;
pub use clock::{Calendar, CalendarError, DayOff, WorkingMinutes};
pub use definition::{CalendarDef, DayKind, SpecialDay, UnitHours, Week, Years};
pub use due::{
    ClockStart, Due, DueState, StartRule, due, due_again, eight_hour_rule, remaining, start_of_clock,
};
pub use pause::{Pause, PauseReason};
pub use shift::Shift;
pub use term::{Term, TermUnit};
pub use trace::{TraceCode, TraceLine};

#[cfg(test)]
mod tests_definition;
#[cfg(test)]
mod tests_golden;
#[cfg(test)]
mod tests_properties;
#[cfg(test)]
mod tests_support;
