//! The templates of the binary: `data/templates/*.json` with the `.typ` of the same name. Before
//! each stands `house.typ`, so that what is stored is whole.

use std::sync::OnceLock;

use include_dir::{Dir, include_dir};
use serde::Deserialize;
use serde_json::Value;

use crate::error::Result;

static TEMPLATES: Dir = include_dir!("$CARGO_MANIFEST_DIR/data/templates");
const HOUSE: &str = "house.typ";

/// A template as the binary has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shipped {
    pub code: String,
    pub name: String,
    pub language: String,
    /// Codes of the results (KQ.…) that it is made for.
    pub results: Vec<String>,
    /// JSON Schema of `body`.
    pub fields: Value,
    /// A body with everything in it.
    pub sample: Value,
    #[serde(skip)]
    pub source: String,
}

/// All of them, by code.
pub fn shipped() -> Result<&'static [Shipped]> {
    static READ: OnceLock<std::result::Result<Vec<Shipped>, String>> = OnceLock::new();
    let read = READ.get_or_init(read);
    read.as_deref().map_err(|flaw| anyhow::anyhow!("data/templates: {flaw}").into())
}

/// Is this just what the binary brings along?
pub fn is_shipped(source: &str) -> bool {
    shipped().is_ok_and(|all| all.iter().any(|one| one.source == source))
}

fn read() -> std::result::Result<Vec<Shipped>, String> {
    let text = |name: &str| {
        let file = TEMPLATES.get_file(name).and_then(|file| file.contents_utf8());
        file.ok_or_else(|| format!("{name} is missing"))
    };
    let house = text(HOUSE)?;
    let described = TEMPLATES.files().filter(|file| file.path().extension().is_some_and(|end| end == "json"));
    let mut all = Vec::new();
    for file in described {
        let name = file.path().display().to_string();
        let mut one: Shipped =
            serde_json::from_str(text(&name)?).map_err(|error| format!("{name}: {error}"))?;
        one.source = format!("{house}\n{}", text(&format!("{}.typ", one.code))?);
        all.push(one);
    }
    all.sort_by(|one, other| one.code.cmp(&other.code));
    Ok(all)
}
