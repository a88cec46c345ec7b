//! Every answer that is not a success: RFC 9457 problem details with a stable code.
//!
//! A capability declares its refusals as `static X: Code`, next to the rule that refuses,
//! and returns `X.err()` or `X.at("/form/name", "…", "…")`. Whatever is not a declared
//! refusal becomes a 500 that never tells its cause; the cause goes to the log.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

/// A refusal that the API documents: HTTP status, stable word, title in both languages.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    pub status: u16,
    pub code: &'static str,
    pub vi: &'static str,
    pub en: &'static str,
}

impl Code {
    pub const fn new(status: u16, code: &'static str, vi: &'static str, en: &'static str) -> Self {
        Self { status, code, vi, en }
    }

    /// The refusal without further detail.
    pub fn err(&'static self) -> Error {
        Error::Refused(Box::new(Refused::new(self)))
    }

    /// The refusal with the field it is about (JSON pointer into the request).
    pub fn at(&'static self, field: &str, vi: impl Into<String>, en: impl Into<String>) -> Error {
        let mut refused = Refused::new(self);
        refused.fields.push(FieldProblem::new(field, self.code, vi, en));
        Error::Refused(Box::new(refused))
    }

    /// The refusal with a sentence that says more than the title.
    pub fn because(&'static self, vi: impl Into<String>, en: impl Into<String>) -> Error {
        let mut refused = Refused::new(self);
        refused.detail = Some((vi.into(), en.into()));
        Error::Refused(Box::new(refused))
    }
}

/// One refusal with what it is about.
#[derive(Debug)]
pub struct Refused {
    pub code: &'static Code,
    /// A sentence in Vietnamese and in English.
    pub detail: Option<(String, String)>,
    pub fields: Vec<FieldProblem>,
    /// Further members of the problem object, e.g. the version that won.
    pub more: Map<String, Value>,
}

impl Refused {
    pub fn new(code: &'static Code) -> Self {
        Self { code, detail: None, fields: Vec::new(), more: Map::new() }
    }

    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.more.insert(name.to_owned(), value.into());
        self
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        Self::Refused(Box::new(refused))
    }
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// JSON pointer into the request body, or the name of a header or parameter.
    pub field: String,
    pub code: String,
    pub vi: String,
    pub en: String,
}

impl FieldProblem {
    pub fn new(field: &str, code: &str, vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self { field: field.to_owned(), code: code.to_owned(), vi: vi.into(), en: en.into() }
    }
}

/// Why a request was not done.
#[derive(Debug)]
pub enum Error {
    /// A documented refusal.
    Refused(Box<Refused>),
    /// The database refused a statement; serialization failures and deadlocks are retried.
    Db(diesel::result::Error),
    /// Anything else. The caller learns nothing but the request id.
    Internal(anyhow::Error),
}

pub type Result<T> = std::result::Result<T, Error>;

pub static NOT_FOUND: Code = Code::new(404, "not_found", "Không tìm thấy", "Not found");
pub static FORBIDDEN: Code = Code::new(403, "forbidden", "Không có quyền thực hiện", "You may not do this");
pub static UNAUTHENTICATED: Code =
    Code::new(401, "unauthenticated", "Cần đăng nhập", "Authentication is required");
pub static INVALID: Code = Code::new(422, "invalid", "Dữ liệu không hợp lệ", "The data is not valid");
pub static MALFORMED: Code = Code::new(400, "malformed", "Yêu cầu sai định dạng", "The request is malformed");
pub static TOO_LARGE: Code =
    Code::new(413, "too_large", "Dữ liệu vượt quá giới hạn", "The body is too large");
pub static METHOD_NOT_ALLOWED: Code =
    Code::new(405, "method_not_allowed", "Phương thức không được hỗ trợ", "This method is not allowed here");
pub static BUSY: Code =
    Code::new(503, "busy", "Hệ thống đang bận, xin thử lại sau ít giây", "Busy, try again in a few seconds");
pub static STALE: Code = Code::new(
    409,
    "stale_version",
    "Hồ sơ đã được người khác cập nhật; hãy tải lại",
    "Somebody else changed this meanwhile; load it again",
);
pub static INTERNAL: Code =
    Code::new(500, "internal", "Lỗi hệ thống; đã được ghi nhận", "Internal error; it has been recorded");

impl Error {
    /// The declared code that the answer shows.
    pub fn code(&self) -> &'static Code {
        match self {
            Self::Refused(refused) => refused.code,
            Self::Db(error) if is_passing(error) => &BUSY,
            Self::Db(_) | Self::Internal(_) => &INTERNAL,
        }
    }

    /// Seconds after which another try makes sense.
    pub fn retry_after(&self) -> u64 {
        match self {
            Self::Refused(refused) => refused.more.get("retry_after").and_then(Value::as_u64).unwrap_or(1),
            Self::Db(_) | Self::Internal(_) => 1,
        }
    }

    /// Serialization failure or deadlock: the same transaction may succeed when run again.
    pub fn is_retryable(&self) -> bool {
        use diesel::result::{DatabaseErrorKind::SerializationFailure, Error as E};
        match self {
            Self::Db(E::DatabaseError(SerializationFailure, _)) => true,
            Self::Db(E::DatabaseError(_, info)) => info.message().starts_with("deadlock detected"),
            _ => false,
        }
    }

    /// The problem object in the wanted language.
    pub fn problem(&self, language: Language) -> Problem {
        let code = self.code();
        let refused = match self {
            Self::Refused(refused) => Some(refused),
            Self::Db(_) | Self::Internal(_) => None,
        };
        let pick = |vi: &str, en: &str| match language {
            Language::Vi => vi.to_owned(),
            Language::En => en.to_owned(),
        };
        Problem {
            kind: format!("urn:motcua:problem:{}", code.code),
            title: pick(code.vi, code.en),
            status: code.status,
            code: code.code.to_owned(),
            detail: refused.and_then(|r| r.detail.as_ref()).map(|(vi, en)| pick(vi, en)),
            fields: refused.map_or_else(Vec::new, |r| {
                let field = |f: &FieldProblem| ProblemField {
                    field: f.field.clone(),
                    code: f.code.clone(),
                    message: pick(&f.vi, &f.en),
                };
                r.fields.iter().map(field).collect()
            }),
            more: refused.map(|r| r.more.clone()).unwrap_or_default(),
        }
    }
}

/// Nothing is wrong with the request: a lock or a statement took too long, or the database
/// went away. Sent again under its key, the request is done once, also when the answer to a
/// commit was lost.
fn is_passing(error: &diesel::result::Error) -> bool {
    use diesel::result::{DatabaseErrorKind as Kind, Error as E};
    match error {
        E::DatabaseError(Kind::ClosedConnection | Kind::UnableToSendCommand, _) => true,
        E::DatabaseError(_, info) => PASSING.iter().any(|words| info.message().contains(words)),
        E::RollbackErrorOnCommit { commit_error, .. } => is_passing(commit_error),
        E::BrokenTransactionManager => true,
        _ => false,
    }
}

/// Words of PostgreSQL and its client library for what passes.
const PASSING: [&str; 7] = [
    "deadlock detected",
    "lock timeout",
    "statement timeout",
    "server closed the connection",
    "terminating connection",
    "the database system is",
    "no connection to the server",
];

/// Language of titles and messages; Vietnamese unless `Accept-Language` prefers English.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Vi,
    En,
}

/// Problem details (RFC 9457), as sent.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// `urn:motcua:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// What went wrong, in Vietnamese, or in English by `Accept-Language`.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// Stable word for programs.
    pub code: String,
    /// A sentence that says more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The fields it is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<ProblemField>,
    /// Further members, e.g. `current_version`.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub more: Map<String, Value>,
}

/// One field of a problem.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProblemField {
    /// JSON pointer into the body, or the name of a header or parameter.
    pub field: String,
    /// Stable word for programs.
    pub code: String,
    /// What is wrong and how to mend it.
    pub message: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refused) => {
                write!(f, "{}", refused.code.code)?;
                if let Some((_, en)) = &refused.detail {
                    write!(f, ": {en}")?;
                }
                for field in &refused.fields {
                    write!(f, "; {} {}", field.field, field.en)?;
                }
                Ok(())
            }
            Self::Db(error) => write!(f, "database: {error}"),
            Self::Internal(error) => write!(f, "{error:#}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        Self::Db(error)
    }
}

impl From<anyhow::Error> for Error {
    fn from(error: anyhow::Error) -> Self {
        Self::Internal(error)
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Internal(error.into())
    }
}
