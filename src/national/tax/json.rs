//! JSON as the tax side writes it, read without trust.

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::wire::{Reason, Text, Unreadable};

/// Longest message, in bytes: an XML document of full length in Base64, and its envelope.
pub const LENGTH_LIMIT: usize = super::xml::LENGTH_LIMIT / 3 * 4 + 64 * 1024;

/// Reads a message; serde_json itself refuses what lies too deep.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Unreadable> {
    let whole = |reason| Unreadable::new("", reason);
    if bytes.len() > LENGTH_LIMIT {
        return Err(whole(Reason::TooLong));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| whole(Reason::NotUtf8))?;
    let reader = &mut serde_json::Deserializer::from_str(text);
    let message = serde_path_to_error::deserialize::<_, T>(&mut *reader).map_err(|error| {
        let (path, inner) = (error.path().to_string(), error.inner());
        let path = if path == "." { String::new() } else { path };
        match missing(&inner.to_string()) {
            Some(name) if path.is_empty() => Unreadable::new(name, Reason::Missing),
            Some(name) => Unreadable::new(format!("{path}.{name}"), Reason::Missing),
            None if !inner.is_data() => whole(Reason::Malformed),
            None => Unreadable::new(path, Reason::Wrong),
        }
    })?;
    reader.end().map_err(|_| whole(Reason::Malformed))?;
    Ok(message)
}

/// The field that serde did not find.
fn missing(error: &str) -> Option<String> {
    let (name, _) = error.strip_prefix("missing field `")?.split_once('`')?;
    Some(name.to_owned())
}

/// A field that must be there, as text or as a whole number.
pub fn needed<'de, T: Text, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    maybe(from)?.ok_or_else(|| D::Error::custom("empty"))
}

/// A field that may be absent, null or empty.
pub fn maybe<'de, T: Text, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    let wrong = || D::Error::custom("not what belongs there");
    let text = match Value::deserialize(from)? {
        Value::Null => return Ok(None),
        Value::String(text) => text,
        Value::Number(number) if number.is_u64() => number.to_string(),
        Value::Bool(yes) => return T::of_flag(yes).map(Some).ok_or_else(wrong),
        _ => return Err(D::Error::custom("neither text nor number")),
    };
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    T::of(text).map(Some).ok_or_else(wrong)
}

/// Writes such a field as text.
pub fn text<T: Text, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&value.text())
}

/// Writes such a field as text; an absent one is empty.
pub fn text_or_empty<T: Text, S: Serializer>(value: &Option<T>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&value.as_ref().map(Text::text).unwrap_or_default())
}

/// A message as text.
pub fn write(message: &impl Serialize) -> String {
    // A struct with texts and numbers always has a JSON form.
    serde_json::to_string(message).unwrap_or_default()
}
