//! A passage of a step: from its entry until the dossier goes on for good. What belongs to one
//! passage ends with it, and what only waits goes on. PURE.
//!
//! A dossier waits when it is at a step with a way back (supplement, opinion): the step from
//! which it came goes on when it comes back, with its record and its official.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::state::State;
use crate::workflow::{Action, StepId};

/// Who came in person came for one passage of the step: what was signed then is not what is
/// signed after the rework. So a step that is entered anew wants a new record; the old one
/// stays in the dossier. A recall undoes the sending, so the passage was never left.
pub fn begin(before: &State, state: &mut State, action: Action, now: Timestamp) {
    if action == Action::Recall {
        return;
    }
    let marking = &state.marking;
    let is_anew = |step: &StepId| {
        let goes_on = before.marking.contains(step) || before.waiting().any(|waiting| waiting == step);
        marking.contains(step) && !goes_on
    };
    for record in &mut state.progress.presence {
        if record.past_since.is_none() && is_anew(&record.step) {
            record.past_since = Some(now);
        }
    }
}

/// Remembers who works at a step that waits from now on, and forgets it for those that do not.
pub fn set_aside(before: &State, state: &mut State) {
    let mut kept = BTreeMap::new();
    for step in state.waiting() {
        let working = before.assignee_id.filter(|_| before.marking.contains(step));
        if let Some(official) = working.or_else(|| before.progress.set_aside.get(step).copied()) {
            kept.insert(step.clone(), official);
        }
    }
    state.progress.set_aside = kept;
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    /// At a step, with another that waits for its way back, and records of both.
    fn at(step: &str, waiting: Option<&str>) -> Result<State, serde_json::Error> {
        let record = |step: &str| json!({ "step": step, "at": "2026-09-14T02:00:00Z", "persons": [] });
        let came_from = waiting.map_or(json!({}), |from| json!({ step: [from] }));
        serde_json::from_value(json!({
            "marking": [step], "status": 4, "answers": {}, "handling_unit_id": Uuid::nil(),
            "holder_unit_id": null, "holder_role": null, "assignee_id": Uuid::max(),
            "clock_started_at": null, "due_at": "2026-09-14T02:00:00Z", "paused_since": null,
            "late_at": null, "closed_at": null, "came_from": came_from,
            "presence": [record("signs"), record("other")],
        }))
    }

    fn past(state: &State) -> Vec<bool> {
        state.progress.presence.iter().map(|record| record.past_since.is_some()).collect()
    }

    // Mutants: coming back begins anew; every record ends.
    #[test]
    fn a_record_ends_when_its_step_is_entered_anew_and_not_when_it_goes_on() -> Result<(), serde_json::Error>
    {
        let now = Timestamp::UNIX_EPOCH;
        for (before, action, expected) in [
            (at("done", None)?, Action::ReturnForRework, [true, false]),
            (at("done", None)?, Action::Recall, [false, false]),
            (at("aside", Some("signs"))?, Action::Supplement, [false, false]),
            (at("aside", Some("issuing"))?, Action::Forward, [true, false]),
            (at("signs", None)?, Action::RecordPresence, [false, false]),
        ] {
            let mut state = at("signs", None)?;
            begin(&before, &mut state, action, now);
            assert_eq!(past(&state), expected, "{action} from {:?}", before.marking);
        }
        Ok(())
    }

    // Mutants: who works at another step is remembered; nobody is forgotten.
    #[test]
    fn who_works_at_a_step_is_remembered_as_long_as_it_waits() -> Result<(), serde_json::Error> {
        let mut aside = at("aside", Some("signs"))?;
        set_aside(&at("signs", None)?, &mut aside);
        assert_eq!(aside.progress.set_aside.get(&StepId::from("signs")), Some(&Uuid::max()));
        let mut deeper = at("deeper", Some("signs"))?;
        set_aside(&aside, &mut deeper);
        assert_eq!(deeper.progress.set_aside, aside.progress.set_aside, "it still waits");
        let mut back = at("signs", None)?;
        set_aside(&deeper, &mut back);
        assert!(back.progress.set_aside.is_empty());
        let mut strange = at("aside", Some("signs"))?;
        set_aside(&at("done", None)?, &mut strange);
        assert!(strange.progress.set_aside.is_empty());
        Ok(())
    }
}
