//! `motcua migrate`.
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

use super::database::Database;
use crate::config::Config;
use crate::db::migrate;

/// Bring the database to the shape that this binary expects
///
/// `serve` does this by itself; use it to prepare a database beforehand, to see
/// what is missing, or to take everything away again.
#[derive(Debug, Args)]
pub struct Migrate {
    /// Only say what would run; ends with 1 when something is missing
    #[arg(long, conflicts_with = "down")]
    check: bool,
    /// Undo every migration: all tables and ALL DATA are removed
    #[arg(long, requires = "yes")]
    down: bool,
    /// Confirm --down
    #[arg(long)]
    yes: bool,
}

impl Migrate {
    pub(super) fn run(&self, config: &Config) -> Result<ExitCode> {
        if self.yes && !self.down {
            bail!("--yes confirms --down, which is not given");
        }
        let database = Database::open(config)?;
        if self.check {
            let pending = migrate::pending(&database.url)?;
            pending.iter().for_each(|name| println!("pending {name}"));
            return Ok(if pending.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        if self.down {
            migrate::revert_all(&database.url)?.iter().for_each(|version| println!("reverted {version}"));
        } else {
            migrate::run(&database.url)?.iter().for_each(|version| println!("ran {version}"));
        }
        Ok(ExitCode::SUCCESS)
    }
}
