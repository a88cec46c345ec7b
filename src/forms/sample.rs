//! Data on which a template is tried before anybody relies on it. PURE.

use serde_json::{Value, json};

use super::Head;

/// Data with this body, under the head of an agency with a long name.
pub fn data(body: &Value) -> Value {
    let head = Head {
        parent: Some("Ủy ban nhân dân phường Hồng Gai".to_owned()),
        agency: "Trung tâm Phục vụ hành chính công phường Hồng Gai".to_owned(),
        number: Some("260914-0001/MAU".to_owned()),
        place: "Hồng Gai".to_owned(),
        day: "ngày 14 tháng 9 năm 2026".to_owned(),
        code: Some("H49.45.01-260914-0001".to_owned()),
        verify: Some("https://motcua.example.vn/verify/MAU0000000000000000000000".to_owned()),
    };
    json!({ "head": head, "body": body })
}

/// The same under a head without anything that may be absent.
pub fn bare_data(body: &Value) -> Value {
    let mut data = data(body);
    for field in ["parent", "number", "code", "verify"] {
        data["head"][field] = Value::Null;
    }
    data
}

/// The part of a body that its schema requires: with as little a template must do.
pub fn bare(schema: &Value, body: &Value) -> Value {
    match body {
        Value::Object(members) => {
            let required = |name: &str| {
                schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name))
            };
            let kept = members.iter().filter(|(name, _)| required(name));
            kept.map(|(name, value)| (name.clone(), bare(&schema["properties"][name], value))).collect()
        }
        Value::Array(items) => items.iter().map(|item| bare(&schema["items"], item)).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_required_is_left_out_at_any_depth() {
        let schema = json!({
            "required": ["a", "list"],
            "properties": { "a": {}, "b": {}, "list": { "items": { "required": ["c"], "properties": { "c": {}, "d": {} } } } }
        });
        let body = json!({ "a": 1, "b": 2, "list": [{ "c": 3, "d": 4 }] });
        assert_eq!(bare(&schema, &body), json!({ "a": 1, "list": [{ "c": 3 }] }));
    }
}
