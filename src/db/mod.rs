//! The door to the database: `read` and `write`, and nothing else opens a connection.
//!
//! Diesel runs synchronously on blocking threads: a closure that began always runs to its
//! end, also when the client hung up, so a transaction is either committed or rolled back.

mod batch;
pub mod embedded;
pub mod migrate;
pub mod mutant;
mod prepared;
pub mod schema;

use std::sync::Arc;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Pool, PooledConnection};
use diesel::sql_types::{Array, Text, Timestamptz, Uuid as SqlUuid};
use jiff::Timestamp;
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::auth::Actor;
use crate::clock::Clock;
use crate::error::{BUSY, Error, Result};
use schema::audit_log;

pub use batch::Batcher;
pub use prepared::{Condition, Prepared, condition, prepared};

/// A statement is planned once and not at every use, which took longer than running it. The
/// plan must serve when a table that is small today has grown: so by index where there is one.
const PLAN_ONCE: &str = "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off";

/// The role that the migrations make and the application works under: it reads and writes
/// rows, and can neither change tables nor what is booked.
pub const APPLICATION_ROLE: &str = "motcua_app";

/// How often a transaction that lost to another one is run again.
const RETRIES: u32 = 3;

/// A handle to the database and to the clock that its writes go by.
#[derive(Clone)]
pub struct Db {
    pool: Pool<ConnectionManager<PgConnection>>,
    /// Requests that may hold a connection at the same time: no more threads than that are
    /// woken, and a quarter of the connections is left to threads of motcua's own.
    slots: Arc<Semaphore>,
    /// Longest wait for one of them.
    patience: Duration,
    pub clock: Clock,
}

/// Limits of the door; the configuration sets them.
#[derive(Debug, Clone)]
pub struct DbLimits {
    /// Connections.
    pub pool_size: u32,
    /// A statement that runs longer is cancelled, in milliseconds.
    pub statement_timeout_ms: u32,
    /// A wait for a row lock that lasts longer is given up, in milliseconds.
    pub lock_timeout_ms: u32,
    /// A request that gets no connection within this time is answered 503, in milliseconds.
    pub checkout_ms: u64,
}

impl Default for DbLimits {
    fn default() -> Self {
        Self { pool_size: 16, statement_timeout_ms: 15_000, lock_timeout_ms: 3_000, checkout_ms: 1_000 }
    }
}

/// A write under way: its connection is inside a transaction, its actor and time are known.
pub struct Tx<'c> {
    pub conn: &'c mut PgConnection,
    pub actor: &'c Actor,
    /// The time of the whole transaction.
    pub now: Timestamp,
}

impl Tx<'_> {
    /// Writes the audit row of this transaction: which operation, about what.
    pub fn audit(&mut self, operation: &str, subject: Option<Uuid>) -> Result<()> {
        diesel::insert_into(audit_log::table)
            .values((
                audit_log::at.eq(to_sql(self.now)),
                audit_log::actor.eq(self.actor.key()),
                audit_log::operation.eq(operation),
                audit_log::subject.eq(subject),
                audit_log::request_id.eq(self.actor.request_id),
            ))
            .execute(self.conn)?;
        Ok(())
    }

    /// Writes the audit rows of a group commit, which speaks for several actors, in one statement.
    pub fn audit_all<'a>(
        &mut self,
        operation: &str,
        acts: impl IntoIterator<Item = (&'a Actor, Uuid)>,
    ) -> Result<()> {
        let (mut actors, mut subjects, mut requests) = (Vec::new(), Vec::new(), Vec::new());
        for (actor, subject) in acts {
            actors.push(actor.key());
            subjects.push(subject);
            requests.push(actor.request_id);
        }
        prepared(
            "INSERT INTO audit_log (at, actor, operation, subject, request_id)
             SELECT ?, act.actor, ?, act.subject, act.request_id
               FROM unnest(?, ?, ?) AS act (actor, subject, request_id)",
        )
        .bind::<Timestamptz, _>(to_sql(self.now))
        .bind::<Text, _>(operation)
        .bind::<Array<Text>, _>(actors)
        .bind::<Array<SqlUuid>, _>(subjects)
        .bind::<Array<SqlUuid>, _>(requests)
        .execute(self.conn)?;
        Ok(())
    }
}

/// Jiff's time as Diesel binds it.
pub fn to_sql(time: Timestamp) -> jiff_diesel::Timestamp {
    jiff_diesel::ToDiesel::to_diesel(time)
}

/// Jiff's date as Diesel binds it.
pub fn date_to_sql(date: jiff::civil::Date) -> jiff_diesel::Date {
    jiff_diesel::ToDiesel::to_diesel(date)
}

#[derive(Debug)]
struct Session {
    setup: String,
}

impl CustomizeConnection<PgConnection, diesel::r2d2::Error> for Session {
    fn on_acquire(&self, conn: &mut PgConnection) -> std::result::Result<(), diesel::r2d2::Error> {
        conn.batch_execute(&self.setup).map_err(diesel::r2d2::Error::QueryError)
    }
}

impl Db {
    /// Connects; fails at once when the database cannot be reached. Every session works under
    /// [`APPLICATION_ROLE`], set with the rest of its settings when it is opened.
    pub fn connect(url: &str, limits: &DbLimits, clock: Clock) -> anyhow::Result<Self> {
        let setup = format!(
            "SET ROLE {APPLICATION_ROLE}; SET statement_timeout = {}; SET lock_timeout = {}; SET TIME ZONE 'UTC'; SET jit = off; {PLAN_ONCE}",
            limits.statement_timeout_ms, limits.lock_timeout_ms,
        );
        let pool = Pool::builder()
            .max_size(limits.pool_size)
            .min_idle(Some(1))
            .connection_timeout(Duration::from_millis(limits.checkout_ms))
            // A broken connection shows itself at its first statement; asking before every
            // use would cost a round trip a request.
            .test_on_check_out(false)
            .connection_customizer(Box::new(Session { setup }))
            .build(ConnectionManager::new(url))?;
        let slots = (limits.pool_size - limits.pool_size / 4) as usize;
        let patience = Duration::from_millis(limits.checkout_ms);
        Ok(Self { pool, slots: Arc::new(Semaphore::new(slots)), patience, clock })
    }

    fn checkout(&self) -> Result<PooledConnection<ConnectionManager<PgConnection>>> {
        self.pool.get().map_err(|_| BUSY.err())
    }

    /// Runs a read outside any transaction block.
    pub async fn read<T, F>(&self, f: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut PgConnection) -> Result<T> + Send + 'static,
    {
        let db = self.clone();
        self.blocking(move || f(&mut *db.checkout()?)).await
    }

    /// `read` for lists and counts, whose best plan depends on what is asked for: it is made anew.
    pub async fn read_planned<T, F>(&self, f: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut PgConnection) -> Result<T> + Send + 'static,
    {
        self.read(move |conn| {
            conn.batch_execute("RESET plan_cache_mode; RESET enable_seqscan")?;
            let found = f(conn);
            conn.batch_execute(PLAN_ONCE)?;
            found
        })
        .await
    }

    /// Runs one transaction; serialization failures and deadlocks are run again, at most three times.
    pub async fn write<T, F>(&self, actor: &Actor, f: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Tx) -> Result<T> + Send + 'static,
    {
        let (db, actor) = (self.clone(), actor.clone());
        self.blocking(move || db.write_blocking(&actor, f)).await
    }

    /// `write` for threads of motcua's own (workers, commands), which may block.
    pub fn write_blocking<T>(&self, actor: &Actor, f: impl Fn(&mut Tx) -> Result<T>) -> Result<T> {
        let mut conn = self.checkout()?;
        let mut attempt = 0;
        loop {
            let now = self.clock.now();
            let done = conn.transaction(|conn| f(&mut Tx { conn, actor, now }));
            match done {
                Err(error) if error.is_retryable() && attempt < RETRIES => attempt += 1,
                done => return done,
            }
        }
    }

    /// `read` for threads that may block.
    pub fn read_blocking<T>(&self, f: impl FnOnce(&mut PgConnection) -> Result<T>) -> Result<T> {
        f(&mut *self.checkout()?)
    }

    /// Runs a closure on a thread that may block, as soon as there is a connection for it.
    async fn blocking<T: Send + 'static>(&self, f: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let free = self.slots.clone().acquire_owned();
        let Ok(Ok(slot)) = tokio::time::timeout(self.patience, free).await else {
            return Err(BUSY.err());
        };
        let run = move || {
            let done = f();
            drop(slot);
            done
        };
        tokio::task::spawn_blocking(run).await.unwrap_or_else(|panic| {
            Err(Error::Internal(anyhow::anyhow!("a database closure panicked: {panic}")))
        })
    }
}
