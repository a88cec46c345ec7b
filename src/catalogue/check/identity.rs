//! Codes, names, dates and lists.
use crate::catalogue::definition::ProcedureDef;
use crate::workflow::{Channel, Defect, DefectCode};
use jiff::civil::Date;
use std::collections::BTreeSet;
use std::fmt::Display;

pub(super) fn defects(def: &ProcedureDef) -> Vec<Defect> {
    let mut found = Vec::new();
    codes(def, &mut found);
    duplicates(def, &mut found);
    blanks(def, &mut found);
    found.extend(reversed(def.effective_from, def.effective_to, "/effective_to"));
    if def.identity_level > 2 {
        let code = DefectCode::BadIdentityLevel;
        found.push(Defect::new(code, "/identity_level", def.identity_level));
    }
    if def.identity_level > 0 && !def.channels.contains(&Channel::Online) {
        let code = DefectCode::IdentityWithoutOnline;
        found.push(Defect::new(code, "/identity_level", def.identity_level));
    }
    found
}

/// A period that ends before it begins.
pub(super) fn reversed(from: Date, to: Option<Date>, path: &str) -> Option<Defect> {
    let last = to.filter(|last| *last < from)?;
    Some(Defect::new(DefectCode::DatesReversed, path, format!("{from} > {last}")))
}

/// A text of this shape: `9` stands for a digit, everything else for itself.
fn shaped(text: &str, shape: &str) -> bool {
    text.chars().count() == shape.chars().count()
        && text.chars().zip(shape.chars()).all(|(c, s)| match s {
            '9' => c.is_ascii_digit(),
            _ => c == s,
        })
}

/// A code of a kind of result: of a ministry (G) or a province (H).
fn is_result_code(text: &str) -> bool {
    shaped(text, "KQ.G99.999999") || shaped(text, "KQ.H99.999999")
}

fn codes(def: &ProcedureDef, found: &mut Vec<Defect>) {
    let mut bad = |path: String, code: &str| {
        found.push(Defect::new(DefectCode::BadCode, path, code));
    };
    if !shaped(&def.code, "9.999999") {
        bad("/code".to_owned(), &def.code);
    }
    if def.version == 0 {
        bad("/version".to_owned(), "0");
    }
    for (number, result) in def.results.iter().enumerate() {
        if !is_result_code(&result.code) {
            bad(format!("/results/{number}/code"), &result.code);
        }
    }
    for (number, document) in def.documents.iter().enumerate() {
        let shape = format!("{}-TP99", def.code.replace(|c: char| c.is_ascii_digit(), "9"));
        if !shaped(&document.code, &shape) || !document.code.starts_with(&def.code) {
            bad(format!("/documents/{number}/code"), &document.code);
        }
        for (place, result) in document.satisfied_by.iter().enumerate() {
            if !is_result_code(result) {
                bad(format!("/documents/{number}/satisfied_by/{place}"), result);
            }
        }
    }
    for (number, case) in def.cases.iter().enumerate() {
        if !crate::workflow::is_snake_case(&case.code) {
            bad(format!("/cases/{number}/code"), &case.code);
        }
    }
}

/// The second of two equal names in a list.
fn twice<T: Ord + Display>(path: &str, names: impl IntoIterator<Item = T>, found: &mut Vec<Defect>) {
    let mut seen = BTreeSet::new();
    for (number, name) in names.into_iter().enumerate() {
        if seen.contains(&name) {
            let place = format!("{path}/{number}");
            found.push(Defect::new(DefectCode::DuplicateCode, place, &name));
        }
        seen.insert(name);
    }
}

fn duplicates(def: &ProcedureDef, found: &mut Vec<Defect>) {
    twice("/levels", &def.levels, found);
    twice("/channels", &def.channels, found);
    twice("/applicants", &def.applicants, found);
    twice("/return", &def.return_channels, found);
    twice("/cases", def.cases.iter().map(|case| &case.code), found);
    twice("/documents", def.documents.iter().map(|d| &d.code), found);
    twice("/fees", def.fees.iter().map(|fee| &fee.code), found);
    twice("/results", def.results.iter().map(|result| &result.code), found);
    twice("/scenarios", def.scenarios.iter().map(|s| &s.name), found);
}

fn blanks(def: &ProcedureDef, found: &mut Vec<Defect>) {
    let texts = [
        ("/name", &def.name),
        ("/field/code", &def.field.code),
        ("/field/name", &def.field.name),
        ("/decision", &def.decision),
    ];
    for (path, text) in texts {
        if text.trim().is_empty() {
            found.push(Defect::new(DefectCode::EmptyText, path, &def.code));
        }
    }
    let lists = [
        ("/legal_basis", def.legal_basis.is_empty()),
        ("/levels", def.levels.is_empty()),
        ("/channels", def.channels.is_empty()),
        ("/applicants", def.applicants.is_empty()),
        ("/results", def.results.is_empty()),
        ("/return", def.return_channels.is_empty()),
    ];
    for (path, empty) in lists {
        if empty {
            found.push(Defect::new(DefectCode::EmptyList, path, &def.code));
        }
    }
}
