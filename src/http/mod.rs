//! What all operations share over HTTP: problems, idempotency, pages, versions, limits.

mod document;
mod harden;
mod html;
mod idempotency;
mod input;
mod limits;
mod methods;
mod pace;
mod page;
mod params;
mod problem;
mod reply;
mod version;

pub use document::{finish as finish_document, needs_login};
pub use harden::harden;
pub use html::escape_html;
pub use idempotency::{
    Answered, KEY_REUSED, Key, Keyed, Once, answered, forget as forget_answers, once, store_answers,
};
pub use input::{Day, Moment, Serial, Text};
pub use limits::{Limits, guard};
pub use methods::Methods;
pub use pace::Pace;
pub use page::{Cursor, PageQuery};
pub use params::Params;
pub use problem::{AsItIs, UNSUPPORTED, extractors, language, parse_json, render_problems};
pub use reply::Reply;
pub use version::IfMatch;
