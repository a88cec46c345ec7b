//! What comes with a supplement (bổ sung): only what was asked for, and all of it. PURE.

use serde_json::{Map, Value};

use super::draft::contains_nul;
use super::facts::Known;
use super::input::ActionIn;
use super::judge::FORM_INVALID;
use super::reasons::{About, member};
use super::state::{State, SupplementRequest};
use super::store::Loaded;
use crate::error::{Code, FieldProblem, INVALID, Refused, Result};

pub static NOT_ASKED: Code = Code::new(
    422,
    "not_asked_for",
    "Chỉ được bổ sung đúng nội dung được yêu cầu",
    "Only what was asked for can be supplemented",
);
pub static NOT_ANSWERED: Code = Code::new(
    422,
    "supplement_incomplete",
    "Chưa bổ sung đủ nội dung được yêu cầu",
    "Not everything that was asked for has been supplemented",
);

/// The documents that were asked for and have not come, as fields of a problem.
pub fn lacking(known: &Known, state: &State) -> Vec<FieldProblem> {
    let codes = state.progress.request.as_ref().map(|request| known.lacking(request)).unwrap_or_default();
    let problem = |code: &String| {
        let (vi, en) =
            ("giấy tờ này được yêu cầu bổ sung và chưa có", "this document was asked for and has not come");
        FieldProblem::new(&format!("/documents/{code}"), "required", vi, en)
    };
    codes.iter().map(problem).collect()
}

/// The state with the new answers in it.
pub fn answered(loaded: &Loaded, input: &ActionIn) -> Result<State> {
    let mut state = loaded.state.clone();
    let Some(request) = &loaded.state.progress.request else { return Ok(state) };
    let given = input.answers.clone().unwrap_or_default();
    every_field_came(request, &given)?;
    let mut answers = match &state.answers {
        Value::Object(answers) => answers.clone(),
        _ => Map::new(),
    };
    for (name, value) in given {
        if contains_nul(&value) || name.contains('\0') {
            return Err(INVALID.at("/answers", "có ký tự rỗng", "contains a NUL character"));
        }
        let before = answers.get(&name).unwrap_or(&Value::Null);
        let changed = changed_places(before, &value, format!("/{name}"));
        if let Some(other) = changed.iter().find(|place| !asked(request, place)) {
            let (vi, en) = ("trường này không được yêu cầu bổ sung", "this field was not asked for");
            return Err(NOT_ASKED.at(&format!("/answers{other}"), vi, en));
        }
        answers.insert(name, value);
    }
    state.answers = Value::Object(answers);
    let mistakes = loaded.version.check_answers(&state.answers);
    if !mistakes.is_empty() {
        let mut refused = Refused::new(&FORM_INVALID);
        refused.fields = mistakes;
        return Err(refused.into());
    }
    Ok(state)
}

/// Refuses a supplement without an answer to a field that was asked for.
fn every_field_came(request: &SupplementRequest, given: &Map<String, Value>) -> Result<()> {
    let mut refused = Refused::new(&NOT_ANSWERED);
    for pointer in fields(request) {
        if !given.contains_key(member(pointer)) {
            let (vi, en) = ("trường này được yêu cầu bổ sung", "this field was asked for");
            let field = format!("/answers/{}", pointer.trim_start_matches('/'));
            refused.fields.push(FieldProblem::new(&field, "required", vi, en));
        }
    }
    if refused.fields.is_empty() { Ok(()) } else { Err(refused.into()) }
}

/// The pointers of the fields that were asked for.
fn fields(request: &SupplementRequest) -> impl Iterator<Item = &str> {
    request.reasons.iter().filter_map(|reason| match &reason.about {
        About::Field(pointer) => Some(pointer.as_str()),
        About::Document(_) | About::Condition(_) => None,
    })
}

/// Lies a place in a field that was asked for?
fn asked(request: &SupplementRequest, place: &str) -> bool {
    fields(request).any(|pointer| {
        let rest = place.trim_start_matches('/').strip_prefix(pointer.trim_matches('/'));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// The pointers of what differs. Objects are compared member by member, all else as a whole.
fn changed_places(before: &Value, after: &Value, place: String) -> Vec<String> {
    match (before, after) {
        _ if before == after => Vec::new(),
        (Value::Object(before), Value::Object(after)) => {
            let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
            names.sort_unstable();
            names.dedup();
            let at =
                |members: &Map<String, Value>, name: &str| members.get(name).cloned().unwrap_or(Value::Null);
            let deeper = |name: &String| {
                changed_places(&at(before, name), &at(after, name), format!("{place}/{name}"))
            };
            names.into_iter().flat_map(deeper).collect()
        }
        _ => vec![place],
    }
}

#[cfg(test)]
mod tests {
    use super::super::reasons::Reason;
    use super::*;
    use serde_json::json;

    fn request(pointers: &[&str]) -> SupplementRequest {
        let reason = |pointer: &&str| Reason {
            about: About::Field((*pointer).to_owned()),
            wrong: "Ghi sai".to_owned(),
            mend: "Ghi lại".to_owned(),
            clause: "Điều 1".to_owned(),
        };
        SupplementRequest {
            asked_at: jiff::Timestamp::UNIX_EPOCH,
            reasons: pointers.iter().map(reason).collect(),
        }
    }

    // Mutant: a name that merely begins like the one asked for passes.
    #[test]
    fn only_the_place_that_was_asked_for_may_change() {
        let asked_for = request(&["/child/name"]);
        for (place, allowed) in
            [("/child/name", true), ("/child/name/first", true), ("/child/names", false), ("/child", false)]
        {
            assert_eq!(asked(&asked_for, place), allowed, "{place}");
        }
        assert!(asked(&request(&["child"]), "/child/name"), "the whole member was asked for");
    }

    #[test]
    fn what_stays_the_same_has_not_changed() {
        let (before, after) = (json!({"a": 1, "b": {"c": 2, "d": 3}}), json!({"a": 1, "b": {"c": 5}}));
        assert_eq!(changed_places(&before, &after, "/x".to_owned()), ["/x/b/c", "/x/b/d"]);
        assert!(changed_places(&before, &before, String::new()).is_empty());
    }
}
