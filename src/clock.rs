//! The portal's clock. Deadlines are law, so time is an input, never read in passing.

use std::sync::{Arc, RwLock};

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

/// Where the present time comes from.
#[derive(Clone, Default)]
pub struct Clock {
    /// `None`: the system's clock. Set by tests and by the demo only.
    fixed: Arc<RwLock<Option<Timestamp>>>,
}

impl Clock {
    /// The time now, in whole microseconds, since that is what PostgreSQL keeps.
    pub fn now(&self) -> Timestamp {
        let fixed = self.fixed.read().map_or(None, |guard| *guard);
        let now = fixed.unwrap_or_else(Timestamp::now);
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    /// Stops the clock at a time, or lets it run again.
    pub fn set(&self, time: Option<Timestamp>) {
        if let Ok(mut guard) = self.fixed.write() {
            *guard = time;
        }
    }
}

/// The time zone of the law: Việt Nam, +07:00 the year round.
pub fn vietnam() -> TimeZone {
    TimeZone::fixed(Offset::constant(7))
}

/// The calendar day of a moment in Việt Nam.
pub fn day_of(time: Timestamp) -> jiff::civil::Date {
    time.to_zoned(vietnam()).date()
}
