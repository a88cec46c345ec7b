//! Documents that are printed a second, against an empty page: in this process, as the
//! templates of the binary are, and by a child within limits, as those of administrators are.

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::rate;
use crate::bench::Options;
use crate::bench::report::{Aim, Row};
use crate::bench::stage::Stage;
use crate::forms::printer::Order;
use crate::forms::render;

/// What is printed: its name here, its template, and the description with a sample.
const SHEETS: [(&str, &str, &str); 2] = [
    ("form 01", "01", include_str!("../../../data/templates/01.json")),
    ("birth extract", "birth_extract", include_str!("../../../data/templates/birth_extract.json")),
];

/// A template with what it says.
pub(super) struct Sheet {
    name: &'static str,
    source: String,
    body: Value,
}

impl Sheet {
    fn all(stage: &Stage) -> Result<Vec<Self>> {
        SHEETS.iter().map(|(name, code, told)| Self::read(stage, name, code, told)).collect()
    }

    /// The result that is signed in the next part.
    pub(super) fn result(stage: &Stage) -> Result<Self> {
        Self::all(stage)?.pop().context("a template of a result")
    }

    fn read(stage: &Stage, name: &'static str, code: &str, told: &str) -> Result<Self> {
        let mut told: Value = serde_json::from_str(told)?;
        let source = format!("SELECT source AS line FROM template WHERE code = '{code}' LIMIT 1");
        Ok(Self { name, source: stage.text(&source)?, body: told["sample"].take() })
    }

    /// What it says the n-th time: no two documents are the same, or the printer would remember.
    fn data(&self, n: u64) -> Value {
        json!({
            "head": {
                "parent": "Ủy ban nhân dân phường Hồng Gai",
                "agency": "Trung tâm Phục vụ hành chính công phường Hồng Gai",
                "number": format!("{n:06}/2026/DEMO"),
                "place": "Hồng Gai",
                "day": "ngày 14 tháng 9 năm 2026",
                "code": format!("H49.45.01-260914-{n:06}"),
                "verify": format!("https://motcua.example.vn/verify/{n:026}"),
            },
            "body": self.body,
        })
    }

    /// Its n-th document.
    pub(super) fn print(&self, n: u64, at: Timestamp) -> Result<Vec<u8>> {
        render(&self.source, &self.data(n), at).map_err(|flaw| anyhow::anyhow!("{}: {flaw}", self.name))
    }
}

/// A template that says nothing, and another one each time.
fn empty(n: u64) -> String {
    format!("// {n}\n")
}

pub(super) fn run(
    stage: &Stage,
    runtime: &Runtime,
    options: &Options,
    progress: &dyn Fn(&str),
) -> Result<Vec<Row>> {
    let (sheets, seconds, at) = (Sheet::all(stage)?, options.seconds, stage.app.db.clock.now());
    progress(&format!("printing: {seconds} s for each document and way"));
    let nothing = rate(seconds, |n| match render(&empty(n), &json!({}), at) {
        Ok(_) => Ok(()),
        Err(flaw) => anyhow::bail!("an empty page: {flaw}"),
    })?;
    let apart = |source: String, data: Value| -> Result<()> {
        let printed = runtime.block_on(stage.app.printer.print(Order { source, data, at }))?;
        printed.map(drop).map_err(|flaw| anyhow::anyhow!("by a child: {flaw}"))
    };
    let nothing_apart = rate(seconds, |n| apart(empty(n), json!({})))?;
    let mut rows = Vec::new();
    for sheet in &sheets {
        let inside = rate(seconds, |n| sheet.print(n, at).map(drop))?;
        let what = format!("{} ÷ empty page", sheet.name);
        rows.push(Row::ratio(&what, "PDFs/s", inside, nothing, Aim::None));
        // Changed by as little as a comment, it is nobody's whom the portal trusts.
        let child = rate(seconds, |n| apart(format!("{}\n// {n}", sheet.source), sheet.data(n)))?;
        let what = format!("{} ÷ empty page, child", sheet.name);
        rows.push(Row::ratio(&what, "PDFs/s", child, nothing_apart, Aim::None));
    }
    Ok(rows)
}
