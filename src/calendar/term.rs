//! A time limit (thời hạn) as procedures state it.

use super::shift::optional_time;
use jiff::civil::Time;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How long an authority has. In JSON
/// `{"value": 3, "unit": "working_days"}` or
/// `{"value": 1, "unit": "same_day", "same_day_before": "15:00"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "Unchecked")]
pub struct Term {
    /// How many of the unit; at least 1, and exactly 1 for `same_day`.
    pub value: u32,
    pub unit: TermUnit,
    /// A dossier received until this time ("HH:MM", that minute included)
    /// counts its day of receipt as the first day. For `same_day` no time
    /// means any time of the day; for `working_days` it means that the first
    /// day is the next one. Other units have none.
    #[serde(skip_serializing_if = "Option::is_none", with = "optional_time")]
    #[schema(value_type = Option<String>)]
    pub same_day_before: Option<Time>,
}

/// What a term is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TermUnit {
    /// Trong ngày: the end of the hours of the day of receipt.
    SameDay,
    /// Ngày làm việc.
    WorkingDays,
    /// Ngày, every day of the calendar; only the end moves off a rest day.
    CalendarDays,
    /// Giờ làm việc: through the shifts, from the moment itself.
    WorkingHours,
}

impl Term {
    pub const fn working_days(value: u32) -> Term {
        Term { value, unit: TermUnit::WorkingDays, same_day_before: None }
    }

    pub const fn calendar_days(value: u32) -> Term {
        Term { value, unit: TermUnit::CalendarDays, same_day_before: None }
    }

    pub const fn working_hours(value: u32) -> Term {
        Term { value, unit: TermUnit::WorkingHours, same_day_before: None }
    }

    /// `cutoff`: see [`Term::same_day_before`].
    pub const fn same_day(cutoff: Option<Time>) -> Term {
        Term { value: 1, unit: TermUnit::SameDay, same_day_before: cutoff }
    }
}

/// A term as written, before it is known to make sense.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    value: u32,
    unit: TermUnit,
    #[serde(default, with = "optional_time")]
    same_day_before: Option<Time>,
}

impl TryFrom<Unchecked> for Term {
    type Error = &'static str;

    fn try_from(term: Unchecked) -> Result<Term, &'static str> {
        let Unchecked { value, unit, same_day_before } = term;
        let counts_days = matches!(unit, TermUnit::SameDay | TermUnit::WorkingDays);
        if value == 0 {
            return Err("a term is at least 1");
        }
        if unit == TermUnit::SameDay && value != 1 {
            return Err("a same_day term has the value 1");
        }
        if same_day_before.is_some() && !counts_days {
            return Err("same_day_before belongs to same_day and working_days");
        }
        Ok(Term { value, unit, same_day_before })
    }
}
