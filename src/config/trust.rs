//! Whose signatures are believed.

use serde::{Deserialize, Serialize};

/// Anchors of signatures that come from outside.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Trust {
    /// Certificates and lists of revocation. Empty: every signer is unknown.
    pub folder: String,
}
