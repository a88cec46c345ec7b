//! What a dossier already tells of a result, so that nobody types it again. PURE.

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use crate::receipts::in_words::in_words;

/// The body of a template, as far as the answers of the dossier and the agency give it.
pub fn prefill(template: &str, answers: &Value, unit: &str, today: Date) -> Value {
    match template {
        "birth_extract" => birth(answers, unit, today),
        "marital_status" => marital(answers, unit),
        "copy_certification" => copies(answers, today),
        "household_business" => json!({ "first_registered": long(today) }),
        "decision" => {
            json!({ "authority": format!("Chủ tịch {unit}"), "recipients": ["Như Điều 1;", "Lưu: VT, hồ sơ."] })
        }
        _ => json!({}),
    }
}

/// What was given over what was known, at any depth.
pub fn merge(known: Value, given: Value) -> Value {
    match (known, given) {
        (Value::Object(mut known), Value::Object(given)) => {
            for (name, value) in given {
                let before = known.remove(&name).unwrap_or(Value::Null);
                known.insert(name, merge(before, value));
            }
            Value::Object(known)
        }
        (_, given) => given,
    }
}

fn copies(answers: &Value, today: Date) -> Value {
    let mut body = json!({ "certification_day": short(today) });
    for (field, answer) in [
        ("document", "document_title"),
        ("requester", "requester_name"),
        ("pages", "pages"),
        ("copies", "copies"),
    ] {
        if let Some(known) = answers.get(answer) {
            body[field] = known.clone();
        }
    }
    body
}

fn birth(answers: &Value, unit: &str, today: Date) -> Value {
    let mut body = json!({ "registered_at": unit, "registration_day": short(today) });
    let child = &answers["child"];
    let mut told = copied(child, &["full_name", "ethnicity", "nationality", "birthplace", "hometown"]);
    told.extend(sex(child));
    if let Some(day) = day(child) {
        told.insert("birth_date".to_owned(), short(day).into());
        told.insert("birth_date_words".to_owned(), day_in_words(day).into());
    }
    body["child"] = Value::Object(told);
    for parent in ["mother", "father"] {
        if answers[parent].is_object() {
            let fields = ["full_name", "ethnicity", "nationality", "residence", "id_number"];
            let mut told = copied(&answers[parent], &fields);
            if let Some(day) = day(&answers[parent]) {
                told.insert("birth_year".to_owned(), day.year().to_string().into());
            }
            body[parent] = Value::Object(told);
        }
    }
    body
}

fn marital(answers: &Value, unit: &str) -> Value {
    let subject = &answers["subject"];
    let mut person = copied(subject, &["full_name", "ethnicity", "nationality", "residence"]);
    person.extend(sex(subject));
    if let Some(day) = day(subject) {
        person.insert("birth_date".to_owned(), short(day).into());
    }
    if let Some(number) = subject["id_number"].as_str() {
        person.insert("id_document".to_owned(), format!("Căn cước số {number}").into());
    }
    let mut body = json!({ "authority": unit, "person": person, "valid_for": "06 tháng" });
    if let Some(name) = answers["requester"]["full_name"].as_str() {
        body["requester"] = name.into();
    }
    body
}

/// Those of the fields that are there.
fn copied(from: &Value, fields: &[&str]) -> Map<String, Value> {
    let there = fields.iter().filter_map(|name| Some(((*name).to_owned(), from.get(*name)?.clone())));
    there.collect()
}

fn sex(from: &Value) -> Option<(String, Value)> {
    let word = match from["sex"].as_str()? {
        "male" => "Nam",
        "female" => "Nữ",
        _ => return None,
    };
    Some(("sex".to_owned(), word.into()))
}

fn day(from: &Value) -> Option<Date> {
    from["birth_date"].as_str()?.parse().ok()
}

/// "02/09/2026".
fn short(day: Date) -> String {
    day.strftime("%d/%m/%Y").to_string()
}

/// "ngày 2 tháng 9 năm 2026".
fn long(day: Date) -> String {
    format!("ngày {} tháng {} năm {}", day.day(), day.month(), day.year())
}

/// "ngày hai, tháng chín, năm hai nghìn không trăm hai mươi sáu".
fn day_in_words(day: Date) -> String {
    let number = |n: i16| in_words(n.unsigned_abs().into()).trim_end_matches(" đồng").to_lowercase();
    format!(
        "ngày {}, tháng {}, năm {}",
        number(day.day().into()),
        number(day.month().into()),
        number(day.year())
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_stands_over_what_is_known() {
        let known = json!({ "child": { "full_name": "A", "sex": "Nam" }, "note": "x" });
        let given = json!({ "child": { "full_name": "B" }, "signer_name": "C" });
        let both = json!({ "child": { "full_name": "B", "sex": "Nam" }, "note": "x", "signer_name": "C" });
        assert_eq!(merge(known, given), both);
    }

    #[test]
    fn a_birth_is_told_in_digits_and_words() {
        let answers =
            json!({ "child": { "full_name": "Nguyễn Hạ Vi", "birth_date": "2026-09-02", "sex": "female" } });
        let body = prefill(
            "birth_extract",
            &answers,
            "Ủy ban nhân dân phường Hồng Gai",
            Date::constant(2026, 9, 14),
        );
        assert_eq!(body["child"]["birth_date"], "02/09/2026");
        assert_eq!(
            body["child"]["birth_date_words"],
            "ngày hai, tháng chín, năm hai nghìn không trăm hai mươi sáu"
        );
        assert_eq!((&body["child"]["sex"], body.get("mother")), (&json!("Nữ"), None));
    }
}
