//! `motcua demo`.
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;

use super::database::Database;
use super::portal::{Portal, free_port, prepare};
use super::{log, progress};
use crate::config::{Config, Secret};
use crate::db::Db;
use crate::demo;

/// Play the demo story and end
///
/// Starts portal and simulators on free ports over a private PostgreSQL in a
/// directory of its own, which is removed afterwards; DATABASE_URL is not used.
/// Ends with 0 only when every step came out as expected.
#[derive(Debug, Args)]
pub struct Demo {
    /// Print one JSON object a step
    #[arg(long)]
    json: bool,
}

impl Demo {
    pub(super) fn run(&self, mut config: Config) -> Result<ExitCode> {
        log::start(&config.log)?;
        let stage = Directory::new()?;
        alone(&mut config, stage.path())?;
        demo::adapt(&mut config);
        let database = Database::open(&config)?.migrate()?;
        let db = prepare(&config, &database, true)?;
        let teller = if self.json { demo::lines() } else { demo::table() };
        actix_web::rt::System::new().block_on(perform(config, db, teller))?;
        progress("every step came out as expected");
        Ok(ExitCode::SUCCESS)
    }
}

/// Lets a portal use nothing but what it starts itself.
fn alone(config: &mut Config, data_dir: &Path) -> Result<()> {
    config.data_dir = data_dir.to_owned();
    config.database.url = Secret::new(String::new());
    config.http.port = free_port(config.http.bind)?;
    config.simulators.port = free_port(config.simulators.bind)?;
    let addresses = [
        &mut config.files.root,
        &mut config.auth.signing_key_file,
        &mut config.auth.receipt_key_file,
        &mut config.http.public_url,
        &mut config.vneid.issuer,
        &mut config.vneid.redirect_uri,
        &mut config.payment.gateway_url,
        &mut config.national_portal.url,
        &mut config.messages.url,
        &mut config.tax_office.url,
    ];
    addresses.into_iter().for_each(String::clear);
    Ok(())
}

/// Plays while the portal runs, then ends it.
async fn perform(config: Config, db: Db, teller: demo::Teller) -> Result<()> {
    let portal = Portal::start(config.clone(), db, true)?;
    let handle = portal.handle();
    let running = actix_web::rt::spawn(portal.run());
    let played = demo::play(&config, teller).await;
    handle.stop(true).await;
    running.await??;
    played.map(drop)
}

/// A directory that is removed at the end.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Result<Self> {
        let path = std::env::temp_dir().join(format!("motcua-demo-{}", std::process::id()));
        if path.exists() {
            bail!("{} is there already", path.display());
        }
        std::fs::create_dir(&path).with_context(|| format!("cannot create {}", path.display()))?;
        Ok(Self(path))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            progress(&format!("{} could not be removed: {error}", self.0.display()));
        }
    }
}
