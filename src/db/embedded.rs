//! The private PostgreSQL that motcua runs for itself when no `DATABASE_URL`
//! is given: initialised on the first start, reachable only by a Unix socket
//! in a directory closed to all others, stopped with motcua in every case.
//!
//! Three things hold it together. A lock on the data keeps a second motcua
//! out. A supervisor, a few lines of shell, waits on a pipe that only motcua
//! holds and stops PostgreSQL when it closes: even `kill -9` leaves no orphan.
//! And whatever is left nevertheless is stopped at the next start.
mod account;
mod binaries;
mod place;
mod recovery;
mod server;

use std::path::PathBuf;

use anyhow::{Context, Result};
use diesel::prelude::*;
use diesel::sql_types::Text;

pub use binaries::OLDEST_MAJOR;

use account::Account;
use binaries::Binaries;
use place::{Lock, Place};
use server::{Plan, Server};

/// Name of the database that holds everything.
pub const DATABASE: &str = "motcua";

/// Socket directories lie here and not with the data: the path of a Unix
/// socket may have 107 bytes at most (103 on macOS).
const SHORT_PARENT: &str = "/tmp";

/// What the private PostgreSQL needs to know.
#[derive(Debug, Clone)]
pub struct EmbeddedConfig {
    /// motcua's data directory; PostgreSQL's own lies in it, as `pg`.
    pub data_dir: PathBuf,
    /// Address of this portal, told to a second motcua that is refused.
    pub address: String,
}

/// A running private PostgreSQL. Stopped by [`Embedded::stop`], by dropping it,
/// or by the end of this process in any other way.
#[derive(Debug)]
pub struct Embedded {
    // Before the lock, because fields are dropped in this order.
    server: Server,
    _lock: Option<Lock>,
}

impl Embedded {
    /// Starts PostgreSQL on the data directory, which is initialised first if
    /// it is new (about a second). Blocks. `progress` hears of what takes time.
    pub fn start(config: &EmbeddedConfig, progress: impl Fn(&str)) -> Result<Self> {
        let account = Account::choose()?;
        let place = Place::resolve(&config.data_dir, &account)?;
        if let Some(notice) = &place.notice {
            progress(notice);
        }
        let lock = Lock::take(&place.home, &config.address)?;
        let version = place.version()?;
        let tag = place::tag(&place.data());
        let plan = Plan {
            account,
            binaries: Binaries::find(version, &account)?,
            data: place.data(),
            socket: PathBuf::from(format!("{SHORT_PARENT}/motcua-{tag}")),
            log: place.home.join("postgres.log"),
            cluster: format!("motcua-{tag}"),
            rubbish: None,
        };
        account.private_directory(&plan.socket)?;
        if version.is_none() {
            progress("initialising a private PostgreSQL");
            plan.initialise()?;
        } else {
            account.private_directory(&plan.data)?;
            recovery::clear(&plan, &progress)?;
        }
        Self::run(plan, Some(lock), &progress)
    }

    /// Starts a PostgreSQL on new data that are removed when it ends. It trades
    /// durability for speed: for tests and for the demo only.
    pub fn throw_away() -> Result<Self> {
        let account = Account::choose()?;
        let tag = hex::encode(&uuid::Uuid::now_v7().as_bytes()[4..]);
        let home = PathBuf::from(format!("{SHORT_PARENT}/motcua-{tag}"));
        account.private_directory(&home)?;
        let plan = Plan {
            account,
            binaries: Binaries::find(None, &account)?,
            data: home.join("pg"),
            socket: home.clone(),
            log: home.join("postgres.log"),
            cluster: format!("motcua-{tag}"),
            rubbish: Some(home),
        };
        plan.initialise()?;
        Self::run(plan, None, &|_: &str| ())
    }

    fn run(plan: Plan, lock: Option<Lock>, progress: &impl Fn(&str)) -> Result<Self> {
        let server = plan.start(progress)?;
        let embedded = Self { server, _lock: lock };
        create_database(&embedded.url("postgres"))?;
        Ok(embedded)
    }

    /// Connection URL of one of its databases, usually [`DATABASE`].
    pub fn url(&self, database: &str) -> String {
        self.server.url(database)
    }

    /// A program of the same PostgreSQL, such as `pgbench`.
    pub fn program(&self, name: &str) -> PathBuf {
        self.server.program(name)
    }

    /// Stops PostgreSQL by a fast shutdown and waits for it. Close connection
    /// pools first: what is still running is rolled back.
    pub fn stop(mut self) {
        self.server.stop();
    }
}

/// Creates [`DATABASE`] where it is missing.
fn create_database(maintenance_url: &str) -> Result<()> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Text)]
        datname: String,
    }
    let mut connection = PgConnection::establish(maintenance_url)?;
    let found: Vec<Found> =
        diesel::sql_query("SELECT datname::text FROM pg_database").load(&mut connection)?;
    if found.iter().all(|database| database.datname != DATABASE) {
        diesel::sql_query(format!("CREATE DATABASE {DATABASE}"))
            .execute(&mut connection)
            .context("cannot create the database")?;
    }
    Ok(())
}
