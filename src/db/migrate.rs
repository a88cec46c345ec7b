//! Brings a database to the shape that this binary expects, and back.
use std::collections::BTreeSet;

use anyhow::{Result, anyhow, bail};
use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::pg::Pg;
use diesel::{Connection, PgConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");
/// Portals that start at the same moment on one database may get into each
/// other's way; the loser looks again so many times.
const ATTEMPTS: u32 = 5;

/// Runs what is missing and returns its names, oldest first. A database that
/// a newer motcua has changed is refused.
pub fn run(url: &str) -> Result<Vec<String>> {
    let mut connection = PgConnection::establish(url)?;
    let mut attempt = 1;
    loop {
        refuse_newer(&mut connection)?;
        match connection.run_pending_migrations(MIGRATIONS) {
            Ok(versions) => return Ok(versions.iter().map(ToString::to_string).collect()),
            Err(error) if attempt == ATTEMPTS => return Err(anyhow!(error)),
            Err(error) => {
                tracing::warn!(%error, attempt, "migrations failed; looking again");
                std::thread::sleep(std::time::Duration::from_millis(200));
                attempt += 1;
            }
        }
    }
}

/// Undoes every migration, newest first: all tables and data are gone after it.
pub fn revert_all(url: &str) -> Result<Vec<String>> {
    let mut connection = PgConnection::establish(url)?;
    refuse_newer(&mut connection)?;
    let versions = connection.revert_all_migrations(MIGRATIONS).map_err(|error| anyhow!(error))?;
    Ok(versions.iter().map(ToString::to_string).collect())
}

/// The names of migrations that have not run yet, oldest first.
pub fn pending(url: &str) -> Result<Vec<String>> {
    let mut connection = PgConnection::establish(url)?;
    refuse_newer(&mut connection)?;
    let pending = connection.pending_migrations(MIGRATIONS).map_err(|error| anyhow!(error))?;
    Ok(pending.iter().map(|migration| migration.name().to_string()).collect())
}

fn refuse_newer(connection: &mut PgConnection) -> Result<()> {
    let known: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS.migrations().map_err(|error| anyhow!(error))?;
    let known: BTreeSet<MigrationVersion> =
        known.iter().map(|migration| migration.name().version().as_owned()).collect();
    let applied = connection.applied_migrations().map_err(|error| anyhow!(error))?;
    match applied.iter().find(|version| !known.contains(version)) {
        None => Ok(()),
        Some(unknown) => bail!(
            "the database is newer than this motcua: it has the migration {unknown}, which this binary does not know; use the newer binary"
        ),
    }
}
