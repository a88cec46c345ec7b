//! Documents: each can be given in some way.
use crate::catalogue::definition::{DocumentDef, How, ProcedureDef, Required};
use crate::workflow::{Channel, Defect, DefectCode};

pub(super) fn defects(def: &ProcedureDef) -> Vec<Defect> {
    let documents = def.documents.iter().enumerate();
    documents
        .filter_map(|(number, document)| {
            let path = format!("/documents/{number}");
            Some(defect(def, document)?.within(&path))
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
