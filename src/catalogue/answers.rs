//! Checks the answers of an applicant against the form of the procedure.

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use crate::error::FieldProblem;

/// Where the answers stand in a request; pointers of problems begin with it.
const ROOT: &str = "/answers";
/// Problems told at once; who has more fills the form in again anyway.
const TOLD: usize = 50;

/// What is wrong with the answers, each with its place; empty = nothing.
pub fn check(form: &Validator, answers: &Value) -> Vec<FieldProblem> {
    let unstorable = unstorable(answers, ROOT.to_owned());
    if !unstorable.is_empty() {
        return unstorable;
    }
    form.iter_errors(answers).flat_map(|error| problems(&error)).take(TOLD).collect()
}

/// Texts with the character NUL, which PostgreSQL cannot hold.
fn unstorable(value: &Value, path: String) -> Vec<FieldProblem> {
    let problem = |path: &str| {
        FieldProblem::new(
            path,
            "nul_character",
            "có ký tự NUL không lưu được",
            "holds a NUL character, which cannot be stored",
        )
    };
    match value {
        Value::String(text) if text.contains('\0') => vec![problem(&path)],
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(i, item)| unstorable(item, format!("{path}/{i}"))).collect()
        }
        Value::Object(members) if members.keys().any(|key| key.contains('\0')) => vec![problem(&path)],
        Value::Object(members) => {
            members.iter().flat_map(|(key, item)| unstorable(item, join(&path, key))).collect()
        }
        _ => Vec::new(),
    }
}

/// A pointer with one more segment.
fn join(path: &str, segment: &str) -> String {
    format!("{path}/{}", segment.replace('~', "~0").replace('/', "~1"))
}

/// A missing or a foreign member is told at its own place, all else where it stands.
fn problems(error: &ValidationError) -> Vec<FieldProblem> {
    let path = format!("{ROOT}{}", error.instance_path());
    match error.kind() {
        Kind::Required { property } => {
            let place = join(&path, property.as_str().unwrap_or_default());
            vec![FieldProblem::new(&place, "required", "là thông tin bắt buộc", "is required")]
        }
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => unexpected
            .iter()
            .map(|name| {
                FieldProblem::new(
                    &join(&path, name),
                    "unknown_field",
                    "không có trong biểu mẫu",
                    "is not in the form",
                )
            })
            .collect(),
        kind => {
            let (code, vi, en) = told(kind);
            vec![FieldProblem::new(&path, code, vi, en)]
        }
    }
}

/// Code and sentences of a rule that a value breaks.
fn told(kind: &Kind) -> (&'static str, String, String) {
    let say = |code, vi: &str, en: &str| (code, vi.to_owned(), en.to_owned());
    match kind {
        Kind::Type { kind } => {
            let (vi, en) = type_names(kind);
            ("wrong_type", format!("phải là {vi}"), format!("must be {en}"))
        }
        Kind::Enum { options } => {
            ("not_an_option", format!("phải là một trong {options}"), format!("must be one of {options}"))
        }
        Kind::Constant { expected_value } => {
            ("not_the_value", format!("phải là {expected_value}"), format!("must be {expected_value}"))
        }
        Kind::MinLength { limit: 1 } => say("empty", "không được để trống", "must not be empty"),
        Kind::MinLength { limit } => (
            "too_short",
            format!("phải có ít nhất {limit} ký tự"),
            format!("must have at least {limit} characters"),
        ),
        Kind::MaxLength { limit } => (
            "too_long",
            format!("không được quá {limit} ký tự"),
            format!("must have at most {limit} characters"),
        ),
        Kind::Minimum { limit } => {
            ("too_small", format!("không được nhỏ hơn {limit}"), format!("must be at least {limit}"))
        }
        Kind::ExclusiveMinimum { limit } => {
            ("too_small", format!("phải lớn hơn {limit}"), format!("must be more than {limit}"))
        }
        Kind::Maximum { limit } => {
            ("too_large", format!("không được lớn hơn {limit}"), format!("must be at most {limit}"))
        }
        Kind::ExclusiveMaximum { limit } => {
            ("too_large", format!("phải nhỏ hơn {limit}"), format!("must be less than {limit}"))
        }
        Kind::MinItems { limit } => {
            ("too_few", format!("phải có ít nhất {limit} mục"), format!("must have at least {limit} items"))
        }
        Kind::MaxItems { limit } => {
            ("too_many", format!("không được quá {limit} mục"), format!("must have at most {limit} items"))
        }
        Kind::UniqueItems => say("repeated", "có mục bị trùng", "holds an item twice"),
        Kind::Format { format } => format_told(format),
        Kind::Pattern { .. } => say("wrong_format", "không đúng định dạng", "does not have the right form"),
        _ => say("not_valid", "không hợp lệ theo biểu mẫu", "is not valid by the form"),
    }
}

fn format_told(format: &str) -> (&'static str, String, String) {
    let (vi, en) = match format {
        "date" => ("phải là ngày, dạng 2026-09-30", "must be a date like 2026-09-30"),
        "time" => ("phải là giờ", "must be a time"),
        "date-time" => ("phải là ngày giờ", "must be a date with a time"),
        "email" => ("phải là địa chỉ thư điện tử", "must be an e-mail address"),
        _ => ("không đúng định dạng", "does not have the right form"),
    };
    ("wrong_format", vi.to_owned(), en.to_owned())
}

fn type_names(kind: &TypeKind) -> (&'static str, &'static str) {
    use jsonschema::JsonType;
    match kind {
        TypeKind::Single(JsonType::String) => ("chuỗi ký tự", "a text"),
        TypeKind::Single(JsonType::Integer) => ("số nguyên", "a whole number"),
        TypeKind::Single(JsonType::Number) => ("số", "a number"),
        TypeKind::Single(JsonType::Boolean) => ("đúng hoặc sai (true, false)", "true or false"),
        TypeKind::Single(JsonType::Array) => ("danh sách", "a list"),
        TypeKind::Single(JsonType::Object) => ("nhóm thông tin", "an object"),
        TypeKind::Single(JsonType::Null) => ("giá trị rỗng", "null"),
        TypeKind::Multiple(_) => ("kiểu khác", "of another type"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn form() -> Validator {
        let form = json!({
            "type": "object", "additionalProperties": false, "required": ["child", "declaration"],
            "properties": {
                "child": {"type": "object", "additionalProperties": false, "required": ["a/b"], "properties": {
                    "a/b": {"type": "string", "minLength": 1, "maxLength": 3},
                    "birth_date": {"type": "string", "format": "date"},
                    "sex": {"enum": ["male", "female"]}}},
                "copies": {"type": "integer", "minimum": 0, "maximum": 20},
                "phone": {"type": "string", "pattern": "^[0-9]{10}$"},
                "declaration": {"const": true}
            }
        });
        jsonschema::draft202012::options()
            .should_validate_formats(true)
            .build(&form)
            .expect("the form is right")
    }

    /// (field, code) of every problem.
    fn found(answers: Value) -> Vec<(String, String)> {
        check(&form(), &answers).into_iter().map(|p| (p.field, p.code)).collect()
    }

    fn one(field: &str, code: &str) -> Vec<(String, String)> {
        vec![(field.to_owned(), code.to_owned())]
    }

    #[test]
    fn right_answers_have_no_problem() {
        let answers = json!({"child": {"a/b": "An", "birth_date": "2026-09-30", "sex": "male"},
                             "copies": 3, "phone": "0912345678", "declaration": true});
        assert_eq!(found(answers), vec![]);
    }

    #[test]
    fn each_problem_is_told_at_its_place_with_its_code() {
        let with = |field: &str, value: Value| {
            let mut answers = json!({"child": {"a/b": "An"}, "declaration": true});
            answers[field] = value;
            found(answers)
        };
        assert_eq!(found(json!({"declaration": true})), one("/answers/child", "required"));
        assert_eq!(with("child", json!({})), one("/answers/child/a~1b", "required"));
        assert_eq!(with("x~y", json!(1)), one("/answers/x~0y", "unknown_field"));
        assert_eq!(with("child", json!({"a/b": ""})), one("/answers/child/a~1b", "empty"));
        assert_eq!(with("child", json!({"a/b": "Minh"})), one("/answers/child/a~1b", "too_long"));
        assert_eq!(
            with("child", json!({"a/b": "An", "birth_date": "2026-02-30"})),
            one("/answers/child/birth_date", "wrong_format")
        );
        assert_eq!(
            with("child", json!({"a/b": "An", "sex": "x"})),
            one("/answers/child/sex", "not_an_option")
        );
        assert_eq!(with("copies", json!(21)), one("/answers/copies", "too_large"));
        assert_eq!(with("copies", json!("3")), one("/answers/copies", "wrong_type"));
        assert_eq!(with("phone", json!("12")), one("/answers/phone", "wrong_format"));
        assert_eq!(with("declaration", json!(false)), one("/answers/declaration", "not_the_value"));
        assert_eq!(found(json!([])), one("/answers", "wrong_type"));
    }

    #[test]
    fn what_the_database_cannot_hold_is_refused_before_all_else() {
        let answers = json!({"child": {"a/b": "A\u{0}"}, "declaration": true});
        assert_eq!(found(answers), one("/answers/child/a~1b", "nul_character"));
        assert_eq!(found(json!({"\u{0}": 1})), one("/answers", "nul_character"));
    }

    #[test]
    fn a_form_without_end_of_problems_tells_the_first_ones() {
        let answers: Value =
            (0..500).map(|i| (format!("x{i}"), json!(1))).collect::<serde_json::Map<_, _>>().into();
        assert_eq!(check(&form(), &answers).len(), TOLD);
    }
}
