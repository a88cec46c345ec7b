//! What the calendar's tests share.

use super::*;
use jiff::Timestamp;
use jiff::civil::{DateTime, Time, time};
use jiff::tz::offset;

pub(super) const THREE_PM: Time = time(15, 0, 0, 0);

/// "2026-03-02 09:00" on the wall in Vietnam.
pub(super) fn at(local: &str) -> Timestamp {
    let local: DateTime = local.parse().unwrap_or_else(|e| panic!("{local}: {e}"));
    offset(7).to_timestamp(local).unwrap()
}

/// The wall time in Vietnam, for messages that a person can compare.
pub(super) fn wall(t: Timestamp) -> String {
    offset(7).to_datetime(t).strftime("%Y-%m-%d %H:%M").to_string()
}

/// Submitted, started and due, with the embedded calendar.
pub(super) fn due_of(submitted: &str, cutoff: Option<Time>, term: &Term, pauses: &[Pause]) -> Due {
    let calendar = Calendar::embedded();
    let start = start_of_clock(calendar, at(submitted), StartRule { cutoff }).unwrap();
    due(calendar, start.at, term, pauses).unwrap()
}

pub(super) fn pause(from: &str, to: Option<&str>) -> Pause {
    Pause { from: at(from), to: to.map(at), reason: PauseReason::Supplement }
}
