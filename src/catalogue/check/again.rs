//! Nobody is asked for what a result of an earlier procedure says (do not ask twice; NĐ
//! 107/2021/NĐ-CP): a document that is such a result names it, so that the applicant's store is
//! looked at, or the definition records why the document itself is needed.
use crate::agencies::words::words;
use crate::catalogue::definition::{DocumentDef, ProcedureDef, Required};
use crate::workflow::{Defect, DefectCode};

/// Results that other procedures ask for, by the words with which such a document begins.
const KNOWN: [(&str, &[&str]); 10] = [
    ("giay khai sinh", &["KQ.G15.000031", "KQ.G15.000342"]),
    ("giay chung nhan ket hon", &["KQ.G15.000032"]),
    ("giay xac nhan tinh trang hon nhan", &["KQ.G15.000038"]),
    ("giay chung tu", &["KQ.G15.000034"]),
    ("trich luc khai tu", &["KQ.G15.000034"]),
    ("giay chung nhan quyen su dung dat", &["KQ.G10.001147", "KQ.G10.001148"]),
    // Of land, in the procedures of land.
    ("giay chung nhan da cap", &["KQ.G10.001147", "KQ.G10.001148"]),
    ("giay chung nhan ban goc", &["KQ.G10.001147", "KQ.G10.001148"]),
    ("giay chung nhan dang ky ho kinh doanh", &["KQ.G12.001041", "KQ.G12.001053", "KQ.G12.001350"]),
    ("giay phep xay dung", &["KQ.G17.000311", "KQ.G17.000315", "KQ.G17.000316", "KQ.G17.000232"]),
];
/// What may stand before them: a copy, the original.
const BEFORE: [&str; 3] = ["ban sao ", "ban chinh ", "ban goc "];

pub(super) fn defects(def: &ProcedureDef) -> Vec<Defect> {
    let documents = def.documents.iter().enumerate();
    documents
        .flat_map(|(number, document)| {
            let path = format!("/documents/{number}");
            [asked_again(document), unexplained(document)].map(|found| Some(found?.within(&path)))
        })
        .flatten()
        .collect()
}

/// The document is a result that the store may hold, and neither is it looked for nor is it
/// recorded why not.
fn asked_again(document: &DocumentDef) -> Option<Defect> {
    if document.required == Required::Optional || document.exception.is_some() {
        return None;
    }
    let name = words(&document.name).join(" ");
    let name = BEFORE.iter().find_map(|before| name.strip_prefix(before)).unwrap_or(&name);
    let (_, results) = KNOWN.iter().find(|(beginning, _)| name.starts_with(beginning))?;
    let named = document.satisfied_by.iter().any(|code| results.contains(&code.as_str()));
    let detail = format!("{} {} ({})", document.code, document.name, results.join(", "));
    (!named).then(|| Defect::new(DefectCode::AsksAgain, "/satisfied_by", detail))
}

/// An exception without its reason or its clause is none.
fn unexplained(document: &DocumentDef) -> Option<Defect> {
    let exception = document.exception.as_ref()?;
    let missing =
        [("/exception/reason", &exception.reason), ("/exception/legal_basis", &exception.legal_basis)];
    let (path, _) = missing.into_iter().find(|(_, text)| text.trim().is_empty())?;
    Some(Defect::new(DefectCode::EmptyText, path, &document.code))
}
