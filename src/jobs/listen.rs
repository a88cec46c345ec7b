//! The hint that there is work: `NOTIFY` of PostgreSQL. Losing it costs time, never a job.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::db::Db;
use crate::error::Result;

/// The channel of the hints.
pub const CHANNEL: &str = "motcua_job";
/// How often the socket is looked at.
const LOOK: Duration = Duration::from_millis(10);
/// Rest after the connection broke.
const REST: Duration = Duration::from_secs(2);

/// Wakes whoever waits at `hint` until `stop`. Holds one connection of the pool.
pub fn start(db: Db, hint: Arc<Notify>, stop: CancellationToken) {
    let run = move || {
        while !stop.is_cancelled() {
            let heard = db.read_blocking(|conn| listen(conn, &hint, &stop));
            // At the end the server may be gone first.
            if let Err(error) = heard
                && !stop.is_cancelled()
            {
                tracing::warn!(%error, "listening for jobs failed; polling goes on");
                thread::sleep(REST);
            }
        }
    };
    if let Err(error) = thread::Builder::new().name("job-hints".to_owned()).spawn(run) {
        tracing::warn!(%error, "nobody listens for jobs; polling goes on");
    }
}

fn listen(conn: &mut PgConnection, hint: &Notify, stop: &CancellationToken) -> Result<()> {
    conn.batch_execute(&format!("LISTEN {CHANNEL}"))?;
    while !stop.is_cancelled() {
        let mut heard = false;
        for notification in conn.notifications_iter() {
            notification?;
            heard = true;
        }
        if heard {
            hint.notify_one();
        }
        thread::sleep(LOOK);
    }
    Ok(conn.batch_execute("UNLISTEN *")?)
}
