//! Which documents a filing has to bring ("thành phần hồ sơ").
use super::condition::Filing;
use super::definition::{DocumentDef, Required};
use serde::Serialize;

/// What a document is to one filing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// Has to be there.
    Required,
    /// May be added.
    Optional,
    /// Is not asked for; a person should not be made to bring it.
    NotAsked,
}

/// What this document is to this filing.
pub fn need(document: &DocumentDef, filing: &Filing) -> Need {
    match &document.required {
        Required::Always => Need::Required,
        Required::Optional => Need::Optional,
        Required::When(cond) if cond.holds(filing) => Need::Required,
        Required::When(_) => Need::NotAsked,
    }
}

/// The codes of the required documents that are not among those `given`.
pub fn missing(documents: &[DocumentDef], filing: &Filing, given: &[String]) -> Vec<String> {
    documents
        .iter()
        .filter(|document| need(document, filing) == Need::Required)
        .filter(|document| !given.contains(&document.code))
        .map(|document| document.code.clone())
        .collect()
}
