//! Another transaction that was first: it holds what a request needs until the request waits.
use std::time::{Duration, Instant};

use actix_web::rt::time::sleep;
use diesel::PgConnection;
use diesel::connection::SimpleConnection;

use super::{TestDb, lines};

/// How long a request may need until it waits for a lock.
const PATIENCE: Duration = Duration::from_secs(20);

/// Another transaction, which did something and is not committed yet.
pub struct Before<'d> {
    database: &'d TestDb,
    conn: PgConnection,
}

impl<'d> Before<'d> {
    pub fn begin(database: &'d TestDb, sql: &str) -> Self {
        let mut conn = database.connect();
        conn.batch_execute(&format!("BEGIN; {sql}")).unwrap();
        Self { database, conn }
    }

    /// Commits as soon as somebody waits, and `grace` later.
    pub async fn commit_when_waited_for(mut self, grace: Duration) {
        somebody_waits(self.database).await;
        sleep(grace).await;
        self.conn.batch_execute("COMMIT").unwrap();
    }
}

/// Until a request waits for another transaction.
pub async fn somebody_waits(database: &TestDb) {
    let waiting = "SELECT pid::text AS line FROM pg_stat_activity
                    WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let (begun, mut conn) = (Instant::now(), database.connect());
    while lines(&mut conn, waiting).is_empty() {
        assert!(begun.elapsed() < PATIENCE, "nobody waits for the other transaction");
        sleep(Duration::from_millis(10)).await;
    }
}
