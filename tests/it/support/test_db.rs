//! A database of its own for every test.
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::prelude::*;
use motcua::bootstrap;
use motcua::catalogue::seed::seed;
use motcua::clock::Clock;
use motcua::db::embedded::Embedded;
use motcua::db::{Db, DbLimits, migrate};

use super::panics::tell_at_once;

const TEMPLATE: &str = "migrated";
static NEXT: AtomicU32 = AtomicU32::new(1);

/// A database that only one test uses: cloned from a migrated one, dropped at
/// the end. All of them lie on one PostgreSQL that ends with this process.
#[derive(Debug)]
pub struct TestDb {
    name: String,
    url: String,
}

impl TestDb {
    /// With all tables and nothing in them.
    pub fn new() -> Self {
        tell_at_once();
        static MIGRATED: OnceLock<()> = OnceLock::new();
        MIGRATED.get_or_init(|| {
            execute(&format!("CREATE DATABASE {TEMPLATE}"));
            migrate::run(&server().url(TEMPLATE)).expect("the migrations run");
        });
        Self::copy(TEMPLATE)
    }

    /// With the whole catalogue of the binary, as of 1 October 2026.
    pub fn with_catalogue() -> Self {
        static SEEDED: OnceLock<()> = OnceLock::new();
        SEEDED.get_or_init(|| Self::template("catalogue", |db| seed(db).map(drop)));
        Self::copy("catalogue")
    }

    /// With the agencies of Quảng Ninh and the whole catalogue, as a portal begins.
    pub fn with_agencies() -> Self {
        static SEEDED: OnceLock<()> = OnceLock::new();
        SEEDED.get_or_init(|| Self::template("agencies", bootstrap::load));
        Self::copy("agencies")
    }

    /// Fills a database once, to be copied; it is kept under its own name, so never dropped.
    fn template(name: &str, fill: impl FnOnce(&Db) -> motcua::error::Result<()>) {
        let filled = std::mem::ManuallyDrop::new(Self::new());
        let clock = Clock::default();
        clock.set(Some("2026-10-01T08:00:00+07:00".parse().expect("a time")));
        let db = Db::connect(filled.url(), &DbLimits::default(), clock).expect("the database answers");
        fill(&db).expect("the data of the binary are sound");
        drop(db);
        execute(&format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'",
            filled.name
        ));
        execute(&format!("ALTER DATABASE {} RENAME TO {name}", filled.name));
    }

    /// 60 ms each and 50 ms with four at once; the default strategy took 80 and 100.
    fn copy(template: &str) -> Self {
        Self::create(&format!("TEMPLATE {template} STRATEGY FILE_COPY"))
    }

    /// Without any table.
    pub fn empty() -> Self {
        Self::create("")
    }

    fn create(how: &str) -> Self {
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        execute(&format!("CREATE DATABASE {name} {how}"));
        let url = server().url(&name);
        Self { name, url }
    }

    /// Connection URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A new connection.
    pub fn connect(&self) -> PgConnection {
        PgConnection::establish(&self.url).expect("the test's database answers")
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

/// The PostgreSQL of all tests, started by the first that needs it.
fn server() -> &'static Embedded {
    static SERVER: OnceLock<Embedded> = OnceLock::new();
    SERVER.get_or_init(|| Embedded::throw_away().expect("a PostgreSQL to throw away starts"))
}

/// Runs a statement outside the tests' databases.
fn execute(sql: &str) {
    let mut connection = PgConnection::establish(&server().url("postgres")).expect("PostgreSQL answers");
    diesel::sql_query(sql).execute(&mut connection).expect("the statement is right");
}
