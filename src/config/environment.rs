//! Configuration from environment variables.
use anyhow::{Result, bail};
use figment::Figment;
use figment::providers::Serialized;
use figment::value::Value;

const PREFIX: &str = "MOTCUA_";

/// The variables that concern motcua, each checked against the defaults: an
/// unknown one is refused, and a text stays a text even if it looks like a number.
pub(super) fn read(
    defaults: &Figment,
    variables: impl IntoIterator<Item = (String, String)>,
) -> Result<Figment> {
    let mut read = Figment::new();
    for (name, value) in variables {
        let Some(key) = key_of(&name) else { continue };
        let Ok(default) = defaults.find_value(&key) else {
            bail!("unknown environment variable {name}: there is no key {key}");
        };
        let value = match default {
            Value::String(..) => Value::from(value),
            _ => value.parse().unwrap_or_else(|never| match never {}),
        };
        read = read.merge(Serialized::default(&key, value));
    }
    Ok(read)
}

/// `MOTCUA_HTTP__PORT` → `http.port`; other programs' variables → nothing.
fn key_of(name: &str) -> Option<String> {
    if name == "DATABASE_URL" {
        return Some("database.url".to_owned());
    }
    let key = name.strip_prefix(PREFIX)?;
    Some(key.to_ascii_lowercase().replace("__", "."))
}
