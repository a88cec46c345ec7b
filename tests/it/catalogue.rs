//! The catalogue: seed, publish, search, pages, figures.
mod fee_judge;
mod fees;
mod figures;
mod portal;
mod publish;
mod search;
mod versions;

use portal::Portal;
use serde_json::Value;

/// The embedded birth registration as the next version would be written.
fn birth(version: u32, effective_from: &str) -> Value {
    let text = motcua::catalogue::embedded::procedures()
        .into_iter()
        .find_map(|(file, text)| (file == "1.001193.json").then_some(text))
        .expect("birth registration is embedded");
    let mut definition: Value = serde_json::from_str(text).expect("it is JSON");
    definition["version"] = version.into();
    definition["effective_from"] = effective_from.into();
    definition
}
