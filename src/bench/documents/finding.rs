//! The search in stores, with and without diacritics, in a database with many documents: of a
//! citizen with a few, and of one with thousands. Beside it the least that a database can be
//! asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Result;

use crate::bench::Options;
use crate::bench::load::{self, Next, request};
use crate::bench::report::{Aim, Row};
use crate::bench::stage::Stage;

/// Documents of the citizen with many; a tenth of all where that is less.
const MANY: usize = 10_000;
/// Documents that are written at once.
const STEP: usize = 100_000;
/// Who search at the same time: a few, so that the time is that of a search and not of a queue.
const SEARCHERS: usize = 2;
/// The same words in two ways.
const WORDS: [(&str, &str); 2] =
    [("with marks", "Giấy khai sinh Hồng Gai"), ("without", "giay khai sinh hong gai")];
const INDEX: &str =
    "CREATE INDEX record_document_words ON record_document USING gin (array_to_tsvector(words))";

/// Writes the documents: the index of the words in one go at the end.
fn write(stage: &Stage, count: usize, progress: &dyn Fn(&str)) -> Result<()> {
    let many = MANY.min(count / 10).to_string();
    stage.execute("DROP INDEX record_document_words", &[])?;
    for from in (1..=count).step_by(STEP) {
        let to = (from + STEP - 1).min(count);
        let values = [("from", &*from.to_string()), ("to", &*to.to_string()), ("many", &*many)];
        stage.execute(include_str!("../sql/records.sql"), &values)?;
        progress(&format!("search: {to} documents written"));
    }
    stage.execute(&format!("SET maintenance_work_mem = '256MB'; {INDEX}"), &[])?;
    stage.vacuum()
}

/// What a query says, as an address has it.
fn encoded(text: &str) -> String {
    let write = |byte: u8| match byte.is_ascii_alphanumeric() {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(write).collect()
}

/// 95 % of the answers came within so many milliseconds.
fn p95(stage: &Stage, seconds: u64, searchers: &[String], words: &str) -> Result<f64> {
    let path = format!("GET /api/v1/records?q={}", encoded(words));
    let ask = |token: &String| request(&path, &[("Authorization", &format!("Bearer {token}"))], "");
    let requests: Vec<Vec<u8>> = searchers.iter().map(ask).collect();
    let taken = AtomicUsize::new(0);
    let next: Next =
        Arc::new(move |_| requests.get(taken.fetch_add(1, Ordering::Relaxed) % requests.len()).cloned());
    // Once unmeasured, so that it is read from memory.
    load::run(stage.address, SEARCHERS, Duration::from_secs(1), &next)?;
    let mut measured = load::run(stage.address, SEARCHERS, Duration::from_secs(seconds), &next)?;
    Ok(measured.quantile_ms(0.95))
}

pub(super) fn run(stage: &Stage, options: &Options, progress: &dyn Fn(&str)) -> Result<Vec<Row>> {
    progress(&format!("search: {} documents; this takes a while", options.documents));
    write(stage, options.documents, progress)?;
    let seconds = options.seconds;
    progress(&format!("search: {seconds} s of pgbench, then of each search"));
    let asked = stage.pgbench("nothing.pgbench", "SELECT 1;\n", SEARCHERS, seconds, &[])?;
    let nothing = SEARCHERS as f64 * 1000.0 / asked;
    let (first, others) = stage.citizens.split_at(1);
    let mut rows = Vec::new();
    for (store, searchers) in [("few", others), ("many", first)] {
        for (how, words) in WORDS {
            let found = p95(stage, seconds, searchers, words)?;
            let what = format!("search {how}, {store} ÷ SELECT 1");
            rows.push(Row::ratio(&what, "ms p95", found, nothing, Aim::None));
        }
    }
    Ok(rows)
}
