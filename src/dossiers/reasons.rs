//! Structured reasons: which document or field, what is wrong, how to mend it, by which
//! clause. Refusing, stopping and asking for a supplement without one is not possible. PURE.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::catalogue::Version;
use crate::catalogue::definition::ProcedureDef;
use crate::error::{Code, FieldProblem, Refused, Result};

pub static REASON_INVALID: Code = Code::new(
    422,
    "reason_invalid",
    "Lý do chưa đủ hoặc không đúng",
    "A reason is incomplete or does not cite a requirement",
);

/// Reasons of one action at most.
pub const REASONS_LIMIT: usize = 30;

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    pub about: About,
    /// What is wrong.
    #[schema(min_length = 5, max_length = 1000)]
    pub wrong: String,
    /// How to mend it.
    #[schema(min_length = 5, max_length = 1000)]
    pub mend: String,
    /// The clause it stands on.
    #[schema(min_length = 3, max_length = 300)]
    pub clause: String,
}

/// What a reason is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum About {
    /// A document component of the procedure, by its code.
    Document(String),
    /// A field of the form, by its JSON pointer.
    Field(String),
    /// A condition of the law that the matter does not meet.
    Condition(String),
}

/// Refuses reasons that are empty, too short, or cite what the procedure does not know.
pub fn check(reasons: &[Reason], procedure: &ProcedureDef) -> Result<()> {
    let mut refused = Refused::new(&REASON_INVALID);
    if reasons.len() > REASONS_LIMIT {
        let (vi, en) = ("quá nhiều lý do", "too many reasons");
        refused.fields.push(FieldProblem::new("/reasons", "too_many", vi, en));
    }
    for (n, reason) in reasons.iter().enumerate() {
        let texts = [
            ("wrong", &reason.wrong, 5, 1000),
            ("mend", &reason.mend, 5, 1000),
            ("clause", &reason.clause, 3, 300),
        ];
        for (name, text, min, max) in texts {
            let length = text.trim().chars().count();
            if length < min || length > max || text.contains('\0') {
                refused.fields.push(FieldProblem::new(
                    &format!("/reasons/{n}/{name}"),
                    "too_short",
                    format!("cần từ {min} đến {max} ký tự, nói rõ nội dung"),
                    format!("needs {min} to {max} characters that say what is meant"),
                ));
            }
        }
        if !cites(&reason.about, procedure) {
            refused.fields.push(FieldProblem::new(
                &format!("/reasons/{n}/about"),
                "unknown_requirement",
                "không phải giấy tờ hoặc trường thông tin của thủ tục này",
                "not a document or field of this procedure",
            ));
        }
    }
    if refused.fields.is_empty() { Ok(()) } else { Err(refused.into()) }
}

/// Does the procedure know what the reason is about?
fn cites(about: &About, procedure: &ProcedureDef) -> bool {
    match about {
        About::Document(code) => procedure.documents.iter().any(|d| d.code == *code),
        About::Field(pointer) => {
            let known =
                procedure.form.pointer("/properties").is_some_and(|p| p.get(member(pointer)).is_some());
            known && pointer.len() <= 300 && !pointer.contains('\0')
        }
        About::Condition(text) => !text.trim().is_empty() && text.len() <= 1000 && !text.contains('\0'),
    }
}

/// What a reason is about, by the name that people know.
pub fn subject_of(version: &Version, about: &About) -> String {
    match about {
        About::Document(code) => {
            version.document(code).map_or_else(|| code.clone(), |document| document.name.clone())
        }
        About::Field(pointer) => {
            let title = version.procedure.def.form.pointer("/properties");
            let title = title.and_then(|fields| fields.get(member(pointer))?.get("title"));
            title.and_then(Value::as_str).unwrap_or(pointer).to_owned()
        }
        About::Condition(text) => text.clone(),
    }
}

/// The member of the form in which a pointer lies.
pub fn member(pointer: &str) -> &str {
    pointer.trim_start_matches('/').split('/').next().unwrap_or_default()
}
