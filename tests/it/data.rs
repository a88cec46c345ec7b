//! The data folder holds together: every reference leads somewhere, every number has
//! its valid shape, and the counts are those of Quảng Ninh.
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

pub fn data(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(path)
}

pub fn json(path: impl AsRef<Path>) -> Value {
    let path = path.as_ref();
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

pub fn list(value: &Value, key: &str) -> Vec<Value> {
    value[key].as_array().unwrap_or_else(|| panic!("no list {key}")).clone()
}

pub fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("no text {key} in {value}"))
}

pub fn agencies() -> Vec<Value> {
    list(&json(data("agencies/quang_ninh.json")), "agencies")
}

fn procedures() -> Vec<(String, Value)> {
    let mut found: Vec<_> = std::fs::read_dir(data("procedures"))
        .expect("the folder of procedures")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| (path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), json(&path)))
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

#[test]
fn the_agencies_are_one_tree() {
    let agencies = agencies();
    let by_code: HashMap<_, _> = agencies.iter().map(|a| (text(a, "code"), a)).collect();
    assert_eq!(by_code.len(), agencies.len(), "a code is used twice");
    for agency in &agencies {
        let mut at = agency;
        let mut steps = 0;
        while let Some(parent) = at["parent"].as_str() {
            at = by_code.get(parent).unwrap_or_else(|| panic!("no agency {parent}"));
            steps += 1;
            assert!(steps < 10, "{} has no root", text(agency, "code"));
        }
        if let Some(to) = agency["valid_to"].as_str() {
            assert!(text(agency, "valid_from") <= to, "{agency}");
        }
    }
}

#[test]
fn the_two_shapes_of_an_identifier_code_agree() {
    for agency in agencies() {
        let code = text(&agency, "code");
        let mut parts: Vec<&str> = code.split('.').collect();
        parts.resize(3, "00");
        parts.reverse();
        assert_eq!(text(&agency, "long_code"), format!("000.{}", parts.join(".")), "{code}");
    }
}

#[test]
fn each_of_the_54_communes_has_its_desk_and_its_police() {
    let agencies = agencies();
    let units = |kind: &str| -> BTreeSet<String> {
        agencies
            .iter()
            .filter(|a| a["kind"] == kind && a["level"] == "commune" && a["valid_to"].is_null())
            .map(|a| text(a, "admin_unit_code").to_owned())
            .collect()
    };
    let communes = units("commune");
    assert_eq!(communes.len(), 54);
    assert_eq!(units("one_stop_unit"), communes);
    assert_eq!(units("commune_police"), communes);
    let named = |word: &str| {
        let starts = format!("Ủy ban nhân dân {word} ");
        agencies.iter().filter(|a| a["kind"] == "commune" && text(a, "name").starts_with(&starts)).count()
    };
    assert_eq!((named("phường"), named("xã"), named("đặc khu")), (30, 22, 2));
}

#[test]
fn branches_serve_every_commune_once() {
    let agencies = agencies();
    for kind in ["land_branch", "tax_office"] {
        let served: Vec<_> = agencies
            .iter()
            .filter(|a| a["kind"] == kind)
            .filter_map(|a| a["serves"].as_array())
            .flatten()
            .map(ToString::to_string)
            .collect();
        let once: BTreeSet<_> = served.iter().collect();
        assert_eq!((served.len(), once.len()), (54, 54), "{kind}");
    }
}

#[test]
fn the_demo_staff_hold_roles_that_their_agency_has() {
    let staffing = json(data("agencies/staffing.json"));
    let kinds: BTreeMap<String, Value> =
        agencies().into_iter().map(|a| (text(&a, "code").to_owned(), a["kind"].clone())).collect();
    for person in list(&staffing, "staff") {
        for position in list(&person, "positions") {
            let kind = kinds[text(&position, "agency")].as_str().unwrap_or_default();
            let roles = list(&staffing["roles"], kind);
            assert!(roles.contains(&position["role"]), "{person}");
        }
    }
}

/// Century and sex share the fourth digit: 0 and 1 for men and women of the 1900s, 2 and
/// 3 for the 2000s.
#[test]
fn the_personal_numbers_of_the_demo_say_year_and_sex() {
    for person in list(&json(data("demo/people.json")), "citizens") {
        let (number, birth) = (text(&person, "id_number"), text(&person, "birth_date"));
        let century: u8 = birth[..2].parse().expect("a century");
        let digit = (century - 19) * 2 + u8::from(person["sex"] == "female");
        assert_eq!(number.len(), 12);
        assert_eq!(number[..6], format!("022{digit}{}", &birth[2..4]), "{person}");
    }
}

#[test]
fn the_tax_codes_of_the_demo_have_a_right_last_digit() {
    const WEIGHTS: [u32; 9] = [31, 29, 23, 19, 17, 13, 7, 5, 3];
    for organisation in list(&json(data("demo/people.json")), "organisations") {
        let code = text(&organisation, "tax_code");
        let digits: Vec<u32> = code.chars().take(10).filter_map(|c| c.to_digit(10)).collect();
        let sum: u32 = WEIGHTS.iter().zip(&digits).map(|(w, d)| w * d).sum();
        assert_eq!(digits[9], 10 - sum % 11, "{code}");
    }
}

#[test]
fn the_procedures_agree_with_the_catalogue() {
    let mut reader = csv::Reader::from_path(data("catalogue.csv")).expect("the catalogue");
    let rows: HashMap<String, csv::StringRecord> =
        reader.records().map(|row| row.expect("a row")).map(|row| (row[0].to_owned(), row)).collect();
    assert_eq!(rows.len(), 2642);
    let procedures = procedures();
    assert_eq!(procedures.len(), 54);
    for (file, procedure) in &procedures {
        let row = &rows[file];
        assert_eq!(text(procedure, "code"), file);
        assert_eq!(text(procedure, "name"), row[1].trim_end_matches('.'), "{file}");
        assert_eq!(text(&procedure["field"], "name"), &row[3], "{file}");
        let channels = list(procedure, "channels");
        for (channel, column) in [("online", 5), ("post", 6)] {
            assert_eq!(channels.contains(&channel.into()), &row[column] == "1", "{file} {channel}");
        }
    }
}

#[test]
fn every_procedure_says_what_is_unverified() {
    for (file, procedure) in procedures() {
        let marks = list(&procedure, "notes");
        assert!(marks.iter().any(|note| note["mark"] == "M"), "{file}");
    }
}
