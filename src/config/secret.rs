//! Values that must not reach a log, a screen or an error message.
use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

/// A value that shows itself as `***`; [`Secret::expose`] is the only way in.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Hides a value.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself, for the one place that needs it.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<T> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<T> Serialize for Secret<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("***")
    }
}

/// A key that was rotated away, if its messages still count: an empty key is none, or anybody
/// could sign.
pub fn previous(key: &Secret<String>) -> Option<Secret<String>> {
    Some(key.clone()).filter(|key| !key.expose().is_empty())
}
