//! A length of time as a procedure states it ("thời hạn giải quyết").
use jiff::civil::Time;
use serde::{Deserialize, Serialize};

/// How long a case may take, in the unit in which the rule says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// The number of units; 0 only with [`TermUnit::SameDay`].
    pub value: u32,
    /// What is counted.
    pub unit: TermUnit,
    /// A dossier accepted from this hour on counts as accepted on the next working day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_day_before: Option<Time>,
}

/// What a [`Term`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TermUnit {
    /// Within the working day of acceptance ("trong ngày").
    SameDay,
    /// Working days ("ngày làm việc").
    WorkingDays,
    /// Calendar days ("ngày").
    CalendarDays,
    /// Hours within working time ("giờ làm việc").
    WorkingHours,
}
