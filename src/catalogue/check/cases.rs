//! Cases and their terms.
use crate::calendar::{Term, TermUnit};
use crate::catalogue::definition::{CaseDef, ProcedureDef};
use crate::workflow::{Defect, DefectCode};

/// The working hours of a working day, for comparing terms only.
const HOURS_A_DAY: u64 = 8;

pub(super) fn defects(def: &ProcedureDef) -> Vec<Defect> {
    let mut found = Vec::new();
    if def.cases.is_empty() {
        found.push(Defect::new(DefectCode::MissingDeadline, "/cases", &def.code));
    }
    let mut open = true;
    for (number, case) in def.cases.iter().enumerate() {
        let path = format!("/cases/{number}");
        if !open {
            let code = DefectCode::AmbiguousCase;
            found.push(Defect::new(code, path.clone(), &case.code));
        }
        open &= case.when.is_some();
        found.extend(term_defects(case).into_iter().map(|d| d.within(&path)));
    }
    if open && !def.cases.is_empty() {
        found.push(Defect::new(DefectCode::NoDefaultCase, "/cases", &def.code));
    }
    found
}

fn term_defects(case: &CaseDef) -> Vec<Defect> {
    let mut found = Vec::new();
    match (case.statutory, case.promised) {
        (None, _) => {
            let code = DefectCode::MissingDeadline;
            found.push(Defect::new(code, "/statutory", &case.code));
        }
        (Some(law), Some(promise)) if is_longer(promise, law) => {
            let code = DefectCode::PromisedTooLong;
            found.push(Defect::new(code, "/promised", &case.code));
        }
        _ => {}
    }
    found
}

/// Is `a` longer than `b`? Working units are compared in working hours, a term in
/// calendar days with the calendar days that working days fill in ordinary weeks.
fn is_longer(a: Term, b: Term) -> bool {
    if a.unit == TermUnit::CalendarDays || b.unit == TermUnit::CalendarDays {
        calendar_days(a) > calendar_days(b)
    } else {
        working_hours(a) > working_hours(b)
    }
}

fn working_hours(term: Term) -> u64 {
    let value = u64::from(term.value);
    match term.unit {
        TermUnit::SameDay => HOURS_A_DAY,
        TermUnit::WorkingHours => value,
        TermUnit::WorkingDays | TermUnit::CalendarDays => value * HOURS_A_DAY,
    }
}

/// Five working days fill a week of seven days.
fn calendar_days(term: Term) -> u64 {
    if term.unit == TermUnit::CalendarDays {
        return u64::from(term.value);
    }
    let working_days = working_hours(term).div_ceil(HOURS_A_DAY);
    working_days + working_days / 5 * 2
}
