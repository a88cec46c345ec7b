//! What all operations share over HTTP: problems, idempotency, pages, versions.

mod document;
mod idempotency;
mod input;
mod page;
mod problem;
mod reply;
mod version;

pub use document::finish as finish_document;
pub use idempotency::{Key, Keyed, Once, answered, forget as forget_answers, once, once_many, store};
pub use input::{Day, Moment, Text};
pub use page::{Cursor, PageQuery};
pub use problem::{UNSUPPORTED, configure_extractors, language, parse_json, render_problems};
pub use reply::Reply;
pub use version::IfMatch;
