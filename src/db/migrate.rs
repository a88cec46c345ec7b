//! Brings a database to the shape that this binary expects, and back.
use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Result, anyhow};
use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::pg::Pg;
use diesel::{Connection, PgConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");
/// Portals that start at the same moment on one database get into each other's way; the loser
/// looks again so many times after the last migration that another one got through.
const ATTEMPTS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(200);

/// The database has a migration that this binary does not know.
#[derive(Debug, thiserror::Error)]
#[error(
    "the database is newer than this motcua: it has the migration {0}, which this binary does not know; use the newer binary"
)]
pub struct Newer(String);

/// Runs what is missing and returns its versions, oldest first. A database that
/// a newer motcua has changed is refused with [`Newer`].
pub fn run(url: &str) -> Result<Vec<String>> {
    let mut connection = PgConnection::establish(url)?;
    let (mut attempt, mut left) = (1, usize::MAX);
    loop {
        let error = match run_pending(&mut connection) {
            Err(error) if !error.is::<Newer>() => error,
            done => return done,
        };
        // Who collides at every migration of a long list is not failing: the others get on.
        let still = connection.pending_migrations(MIGRATIONS).map_or(left, |pending| pending.len());
        attempt = if still < left { 1 } else { attempt + 1 };
        left = still;
        if attempt > ATTEMPTS {
            return Err(error);
        }
        tracing::info!(%error, attempt, "migrations did not run; looking again");
        std::thread::sleep(PAUSE);
    }
}

fn run_pending(connection: &mut PgConnection) -> Result<Vec<String>> {
    refuse_newer(connection)?;
    let versions = connection.run_pending_migrations(MIGRATIONS).map_err(|error| anyhow!(error))?;
    Ok(versions.iter().map(ToString::to_string).collect())
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
        Some(unknown) => Err(Newer(unknown.to_string()).into()),
    }
}
