//! What is done every so often, by one process at a time.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Text};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::auth::Actor;
use crate::db::Tx;
use crate::error::Result;

type Run = Arc<dyn Fn(Arc<App>) -> BoxFuture<'static, Result<()>> + Send + Sync>;

/// Done jobs that one call removes at most.
const REMOVE_LIMIT: i64 = 5_000;

/// A task with its interval. The process that moves the task's due time on does it this
/// time; one that fails, or whose process ends, is done at the next due time, so the task
/// finds what is left to do by itself. It should last less long than the interval.
#[derive(Clone)]
pub struct Periodic {
    name: &'static str,
    every: Duration,
    run: Run,
}

impl Periodic {
    pub fn new<F, Fut>(name: &'static str, every: Duration, run: F) -> Self
    where
        F: Fn(Arc<App>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        Self { name, every, run: Arc::new(move |app| run(app).boxed()) }
    }

    /// Looks often enough that the task is late by at most a tenth of its interval.
    pub(super) async fn keep_on(self, app: Arc<App>, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(self.every / 10)).await.is_some() {
            match self.is_mine(&app).await {
                Ok(true) => self.once(app.clone()).await,
                Ok(false) => {}
                Err(error) => tracing::warn!(task = self.name, %error, "a periodic task was not claimed"),
            }
        }
    }

    async fn once(&self, app: Arc<App>) {
        match AssertUnwindSafe((self.run)(app)).catch_unwind().await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(task = self.name, %error, "a periodic task failed"),
            Err(_) => tracing::error!(task = self.name, "a periodic task panicked"),
        }
    }

    /// Moves the due time on; `false` = it is not due, or another process was faster.
    async fn is_mine(&self, app: &App) -> Result<bool> {
        let (name, every) = (self.name, self.every.as_secs_f64());
        app.db.write(&Actor::system(name), move |tx| claim(tx, name, every)).await
    }
}

fn claim(tx: &mut Tx, name: &str, every: f64) -> Result<bool> {
    let claimed = diesel::sql_query(
        "INSERT INTO periodic_task (name, due_at) VALUES ($1, now() + $2 * interval '1 second')
         ON CONFLICT (name) DO UPDATE SET due_at = excluded.due_at WHERE periodic_task.due_at <= now()",
    )
    .bind::<Text, _>(name)
    .bind::<Double, _>(every)
    .execute(tx.conn)?;
    Ok(claimed == 1)
}

/// Removes jobs that were done longer ago than `keep`, some thousand a call, and tells how
/// many. Their `dedup` words are free again after it. Dead jobs stay.
pub fn remove_done(tx: &mut Tx, keep: Duration) -> Result<usize> {
    Ok(diesel::sql_query(
        "DELETE FROM job WHERE id IN (
             SELECT id FROM job WHERE state = 'done' AND finished_at < now() - $1 * interval '1 second'
              ORDER BY finished_at LIMIT $2)",
    )
    .bind::<Double, _>(keep.as_secs_f64())
    .bind::<BigInt, _>(REMOVE_LIMIT)
    .execute(tx.conn)?)
}
