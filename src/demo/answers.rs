//! Answers to the forms: those of the procedures' own scenarios.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::catalogue::embedded;

/// The answers of a procedure's first scenario.
pub fn of(procedure: &str) -> Result<Value> {
    let file = format!("{procedure}.json");
    let found = embedded::procedures().into_iter().find(|(name, _)| *name == file);
    let (_, definition) = found.with_context(|| format!("there is no data/procedures/{file}"))?;
    let definition: Value = serde_json::from_str(definition)?;
    let answers = definition.pointer("/scenarios/0/answers");
    Ok(answers.with_context(|| format!("{file} has no scenario"))?.clone())
}
