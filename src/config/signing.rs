//! The trust service.
use serde::{Deserialize, Serialize};

use super::{Config, Secret, local_url};

/// The trust service that is not one.
pub const SIMULATOR: &str = "simulator";

/// The trust service by which officials and agencies sign.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Signing {
    /// Empty: none; see [`Config::trust_url`].
    pub url: String,
    pub client_id: String,
    pub client_secret: Secret<String>,
    /// Empty: that of the simulator, where the service is the simulator; else none.
    pub time_stamps_url: String,
    /// Empty: the simulator's root, where the service is the simulator; else nobody.
    pub anchors_file: String,
    /// Empty: no seal is put without a person.
    pub seal_pin: Secret<String>,
    /// Empty: none. Used where `url` is empty.
    pub pkcs12_file: String,
    pub pkcs12_password: Secret<String>,
    pub timeout_seconds: u64,
}

impl Config {
    /// The trust service below which its parts lie; `None`: nobody signs.
    pub fn trust_url(&self) -> Option<String> {
        match self.signing.url.as_str() {
            "" => None,
            SIMULATOR => Some(self.simulated_trust_url()),
            set => Some(set.trim_end_matches('/').to_owned()),
        }
    }

    /// Where the simulated trust service is reached.
    pub fn simulated_trust_url(&self) -> String {
        local_url(self.simulators_address()) + "/trust"
    }
}
