//! The database of a command: the configured one, or the private PostgreSQL.
use anyhow::Result;

use super::progress;
use crate::config::Config;
use crate::db::embedded::{DATABASE, Embedded, EmbeddedConfig};
use crate::db::migrate;

/// A database that lasts as long as this value.
#[derive(Debug)]
pub struct Database {
    /// Connection URL.
    pub url: String,
    /// Kept so that it stops when the command ends.
    _embedded: Option<Embedded>,
}

impl Database {
    /// The configured database; without one, a private PostgreSQL is started.
    pub fn open(config: &Config) -> Result<Self> {
        if let Some(url) = config.database_url() {
            return Ok(Self { url: url.to_owned(), _embedded: None });
        }
        let embedded = EmbeddedConfig { data_dir: config.data_dir.clone(), address: config.public_url() };
        let embedded = Embedded::start(&embedded, progress)?;
        Ok(Self { url: embedded.url(DATABASE), _embedded: Some(embedded) })
    }

    /// Brings it to the shape that this binary expects.
    pub fn migrate(self) -> Result<Self> {
        for version in migrate::run(&self.url)? {
            progress(&format!("ran migration {version}"));
        }
        Ok(self)
    }
}
