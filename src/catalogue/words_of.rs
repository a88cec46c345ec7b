//! PURE: a condition in words, as people are told why a document is asked for. Fields are
//! named by their titles in the form, and so are their values where the form titles them.

use serde_json::Value;

use super::condition::{Cond, Test};
use super::procedure::Procedure;

/// A sentence in Vietnamese and in English.
pub type Said = (String, String);

/// When the condition holds.
pub fn condition(cond: &Cond, procedure: &Procedure) -> Said {
    let many = |conds: &[Cond], vi: &str, en: &str| {
        let (a, b): (Vec<_>, Vec<_>) = conds.iter().map(|cond| condition(cond, procedure)).unzip();
        (a.join(vi), b.join(en))
    };
    match cond {
        Cond::Field(pointer, test) => of_field(pointer, test, procedure),
        Cond::Channel(channel) => (format!("nộp {}", lower(channel.vi())), format!("filed {}", channel.en())),
        Cond::Case(code) => {
            let case = procedure.def.cases.iter().find(|case| case.code == *code);
            let name = case.map_or(code, |case| &case.name);
            (format!("trường hợp “{name}”"), format!("the case “{name}”"))
        }
        Cond::Subject(subject) => (
            format!("người nộp thuộc diện {}", lower(subject.vi())),
            format!("the applicant: {}", subject.en()),
        ),
        Cond::IdentityLevel(level) => {
            (format!("định danh điện tử từ mức {level}"), format!("identity level {level} or higher"))
        }
        Cond::All(conds) => many(conds, ", và ", ", and "),
        Cond::Any(conds) => many(conds, ", hoặc ", ", or "),
        Cond::Not(cond) => {
            let (vi, en) = condition(cond, procedure);
            (format!("không phải: {vi}"), format!("not: {en}"))
        }
    }
}

fn of_field(pointer: &str, test: &Test, procedure: &Procedure) -> Said {
    let field = procedure.form.field(pointer);
    let title = field.and_then(|field| field["title"].as_str()).unwrap_or(pointer);
    let shown = |value: &Value| titled(field, value);
    match test {
        Test::Equals(Value::Bool(yes)) => {
            let (vi, en) = if *yes { ("có", "yes") } else { ("không", "no") };
            (format!("“{title}”: {vi}"), format!("“{title}”: {en}"))
        }
        Test::Equals(value) => {
            let value = shown(value);
            (format!("“{title}” là {value}"), format!("“{title}” is {value}"))
        }
        Test::OneOf(values) => {
            let values = values.iter().map(shown).collect::<Vec<_>>().join(", ");
            (format!("“{title}” là một trong: {values}"), format!("“{title}” is one of: {values}"))
        }
        Test::Present(true) => (format!("có khai “{title}”"), format!("“{title}” is given")),
        Test::Present(false) => (format!("không khai “{title}”"), format!("“{title}” is not given")),
        Test::AtLeast(least) => (format!("“{title}” từ {least}"), format!("“{title}” is at least {least}")),
        Test::OlderThanDays(days) => (
            format!("“{title}” đã quá {days} ngày khi nộp"),
            format!("“{title}” lies more than {days} days before the filing"),
        ),
    }
}

/// A value by the title that the form gives it.
fn titled(field: Option<&Value>, value: &Value) -> String {
    let Some(word) = value.as_str() else { return value.to_string() };
    let title = field.and_then(|field| field["x-titles"][word].as_str());
    format!("“{}”", title.unwrap_or(word))
}

/// A name within a sentence.
fn lower(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}
