//! `motcua postgres`.
use std::io::Write;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::database::Database;
use super::progress;
use crate::config::Config;

/// Run only the private PostgreSQL, to look into it with psql
///
/// Prints its URL and stays until Ctrl-C. As long as it runs, `serve` cannot
/// use the same data.
#[derive(Debug, Args)]
pub struct Postgres {}

impl Postgres {
    pub(super) fn run(&self, config: &Config) -> Result<ExitCode> {
        if config.database_url().is_some() {
            bail!(
                "a database is configured (DATABASE_URL or database.url): there is no private PostgreSQL to run"
            );
        }
        let database = Database::open(config)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(until_stopped(&database.url))?;
        progress("stopping PostgreSQL");
        Ok(ExitCode::SUCCESS)
    }
}

/// Prints the URL and returns when somebody asks this process to end: Ctrl-C,
/// SIGTERM or SIGHUP. It listens first, so that whoever reads the URL may ask.
async fn until_stopped(url: &str) -> Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    println!("{url}");
    std::io::stdout().flush()?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
    }
    Ok(())
}
