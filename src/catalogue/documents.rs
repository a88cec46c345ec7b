//! Which documents a filing has to bring ("thành phần hồ sơ").
use super::condition::Filing;
use super::definition::{Digitise, DocumentDef, How, Required};
use crate::workflow::Channel;
use serde::Serialize;

/// What a document is to one filing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// Has to come with the filing.
    Required,
    /// Required, and given in another way: shown to an official, filled in as the form
    /// itself, or looked up in a database. Its file may be added.
    OtherWay,
    /// Would have to come, and lies in the applicant's store: it is taken from there.
    Held,
    /// May be added.
    Optional,
    /// Is not asked for; nobody should be made to bring it.
    NotAsked,
}

/// What this document is to this filing.
pub fn need(document: &DocumentDef, filing: &Filing) -> Need {
    match &document.required {
        Required::Optional => Need::Optional,
        Required::When(cond) if !cond.holds(filing) => Need::NotAsked,
        Required::Always | Required::When(_) if comes_otherwise(document, filing.channel) => Need::OtherWay,
        Required::Always | Required::When(_) => Need::Required,
    }
}

/// A document of the applicant's store may take its place in this filing.
pub fn reusable(document: &DocumentDef, filing: &Filing) -> bool {
    let asked_for = matches!(need(document, filing), Need::Required | Need::OtherWay);
    asked_for && document.exception.is_none() && !document.satisfied_by.is_empty()
}

/// Kinds of documents that some filing of the procedure may take from the store.
pub fn reusable_kinds(documents: &[DocumentDef]) -> Vec<String> {
    let open = documents.iter().filter(|document| document.exception.is_none());
    let mut kinds: Vec<String> = open.flat_map(|document| document.satisfied_by.iter().cloned()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

fn comes_otherwise(document: &DocumentDef, channel: Channel) -> bool {
    let form_is_it = channel == Channel::Online && document.how.contains(&How::Electronic);
    form_is_it || document.how.contains(&How::Database) || !document.how.contains(&How::Submit)
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

/// It can be given without coming to the counter.
pub fn can_be_given_online(document: &DocumentDef) -> bool {
    document.how.iter().any(|how| match how {
        How::Electronic | How::Database => true,
        How::Submit => !document.accept.is_empty(),
        How::Present => false,
    })
}

/// Why a paper of this document must be digitised, where it must. `handed_in` = it stays in the
/// dossier; what is only shown and taken home must be where the definition says so.
pub fn digitise(document: &DocumentDef, handed_in: bool) -> Option<Digitise> {
    match document.digitise {
        Some(Digitise::NotRequired) => None,
        Some(reason) => Some(reason),
        None if !handed_in => None,
        None if !document.satisfied_by.is_empty() => Some(Digitise::EarlierResult),
        None => Some(Digitise::Decision),
    }
}
