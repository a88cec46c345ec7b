//! Every procedure of the data folder passes the check before publishing, its scenarios
//! included, with the agencies and roles of the data.
use crate::data::{agencies, data, json, list, text};
use motcua::catalogue::check::{Staffing, check_json};
use motcua::catalogue::definition::Level;
use motcua::catalogue::procedure::NamedWorkflows;
use motcua::workflow::Role;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

fn read_folder(folder: &str) -> Vec<(String, String)> {
    let mut texts: Vec<_> = std::fs::read_dir(data(folder))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| (path.display().to_string(), std::fs::read_to_string(&path).expect("a text")))
        .collect();
    texts.sort();
    texts
}

/// The roles that `kinds` of agency hold between them.
fn roles_of(staffing: &Value, kinds: &[Value]) -> BTreeSet<Role> {
    let names = kinds.iter().flat_map(|kind| list(&staffing["roles"], kind.as_str().unwrap_or_default()));
    names.map(|role| role.as_str().unwrap_or_default().parse().expect("a role")).collect()
}

fn by_level(staffing: &Value, key: &str) -> BTreeMap<Level, BTreeSet<Role>> {
    let levels = staffing[key].as_object().expect("an object of levels");
    levels
        .iter()
        .map(|(level, kinds)| {
            let kinds = kinds.as_array().expect("a list of kinds");
            (level.parse().expect("a level"), roles_of(staffing, kinds))
        })
        .collect()
}

fn staffing() -> Staffing {
    let written = json(data("agencies/staffing.json"));
    let kinds = written["roles"].as_object().expect("roles of kinds").keys();
    Staffing {
        receiving: by_level(&written, "receiving"),
        own: by_level(&written, "own"),
        kinds: kinds.map(|kind| (kind.clone(), roles_of(&written, &[kind.as_str().into()]))).collect(),
        agencies: agencies()
            .iter()
            .map(|agency| (text(agency, "code").to_owned(), roles_of(&written, &[agency["kind"].clone()])))
            .collect(),
        consulted: roles_of(&written, &list(&written, "consulted")),
    }
}

#[test]
fn every_procedure_may_be_published() {
    let workflows = read_folder("workflows");
    let named = NamedWorkflows::read(workflows.iter().map(|(_, text)| text.as_str())).expect("workflows");
    let staffing = staffing();
    let mut refused = Vec::new();
    for (file, text) in read_folder("procedures") {
        let defects = check_json(&text, &staffing, &named);
        refused.extend(defects.iter().map(|d| format!("{file}{}: {}", d.path, d.en)));
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[test]
fn every_shared_workflow_is_used() {
    let used: BTreeSet<String> = read_folder("procedures")
        .iter()
        .map(|(_, text)| serde_json::from_str::<Value>(text).expect("JSON"))
        .map(|procedure| text(&procedure, "workflow").to_owned())
        .collect();
    let there: BTreeSet<String> = read_folder("workflows")
        .iter()
        .map(|(_, text)| serde_json::from_str::<Value>(text).expect("JSON"))
        .map(|workflow| text(&workflow, "id").to_owned())
        .collect();
    assert_eq!(used, there);
}
