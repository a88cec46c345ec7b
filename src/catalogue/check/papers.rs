//! Documents: each can be given in some way.
use crate::catalogue::definition::{Digitise, DocumentDef, How, ProcedureDef, Required};
use crate::workflow::{Channel, Defect, DefectCode};

pub(super) fn defects(def: &ProcedureDef) -> Vec<Defect> {
    let documents = def.documents.iter().enumerate();
    documents
        .filter_map(|(number, document)| {
            let path = format!("/documents/{number}");
            let found = defect(def, document).or_else(|| unfounded(document));
            Some(found?.within(&path))
        })
        .collect()
}

fn defect(def: &ProcedureDef, document: &DocumentDef) -> Option<Defect> {
    let only_shown = document.how.iter().all(|how| *how == How::Present);
    if document.how.is_empty() {
        let code = DefectCode::DocumentUnsatisfiable;
        Some(Defect::new(code, "/how", &document.code))
    } else if document.how.contains(&How::Submit) && document.accept.is_empty() {
        let code = DefectCode::DocumentUnsatisfiable;
        Some(Defect::new(code, "/accept", &document.code))
    } else if only_shown
        && document.required != Required::Optional
        && !def.channels.contains(&Channel::Counter)
        && def.presence_steps.is_empty()
    {
        let code = DefectCode::DocumentNeedsCounter;
        Some(Defect::new(code, "/how", &document.code))
    } else {
        None
    }
}

/// A reason to digitise that the rest of the document contradicts.
fn unfounded(document: &DocumentDef) -> Option<Defect> {
    let result = !document.satisfied_by.is_empty();
    let paper = document.how.iter().any(|how| matches!(how, How::Submit | How::Present));
    let wrong = match document.digitise? {
        Digitise::NotRequired => result,
        Digitise::EarlierResult => !result || !paper,
        Digitise::Law | Digitise::Decision => !paper,
    };
    wrong.then(|| Defect::new(DefectCode::DigitiseUnfounded, "/digitise", &document.code))
}
