//! What the integration tests stand on.
mod before;
mod bucket;
mod clamd;
mod judge;
mod motcua;
mod panics;
mod paper;
mod portal;
pub mod stage;
mod test_db;

pub use before::{Before, somebody_waits};
pub use bucket::Bucket;
pub use clamd::{Clamd, EICAR};
pub use judge::judge;
pub use motcua::{DataDir, send};
pub use paper::{PDF, pdf, pdf_with};
pub use portal::{Answer, PASSWORD, Portal, access_token};
pub use test_db::TestDb;

use diesel::prelude::*;
use diesel::sql_types::Text;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// Runs a query whose one column is a text called `line`.
pub fn lines(connection: &mut PgConnection, sql: &str) -> Vec<String> {
    let found: Vec<Line> = diesel::sql_query(sql).load(connection).expect("the query is right");
    found.into_iter().map(|found| found.line).collect()
}
