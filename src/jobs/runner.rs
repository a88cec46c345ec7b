//! Runs jobs: one dispatcher a process takes what is due, and each job is an async task.

use std::collections::HashMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use super::backoff;
use super::claim::{self, Terms};
use super::context::{Job, JobContext, LEASE_LOST, Outcome};
use super::listen;
use super::periodic::Periodic;
use crate::app::App;
use crate::auth::Actor;
use crate::error::Result;

type Handler = Arc<dyn Fn(JobContext) -> BoxFuture<'static, Result<Outcome>> + Send + Sync>;

/// An attempt that lasts longer is given up and retried.
const LONGEST_ATTEMPT: Duration = Duration::from_secs(15 * 60);
/// How often a worker says that it is alive, in parts of the lease.
const HEARTBEATS: u32 = 3;

/// The handlers and tasks of a process, to be started.
pub struct Runner {
    app: Arc<App>,
    handlers: HashMap<&'static str, Handler>,
    tasks: Vec<Periodic>,
    workers: usize,
    poll: Duration,
    terms: Terms,
}

impl Runner {
    /// With the limits of the configuration and nothing to run yet.
    pub fn new(app: Arc<App>) -> Self {
        let config = &app.config.jobs;
        let terms = Terms {
            kinds: Vec::new(),
            lease: Duration::from_secs(config.lease_seconds.into()),
            max_attempts: i32::try_from(config.max_attempts).unwrap_or(i32::MAX - 1),
        };
        let (workers, poll) = (config.workers, Duration::from_millis(config.poll_ms.max(1)));
        Self { app, handlers: HashMap::new(), tasks: Vec::new(), workers, poll, terms }
    }

    /// Registers the handler of a kind.
    pub fn on<F, Fut>(mut self, kind: &'static str, handler: F) -> Self
    where
        F: Fn(JobContext) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Outcome>> + Send + 'static,
    {
        self.handlers.insert(kind, Arc::new(move |context| handler(context).boxed()));
        self.terms.kinds = self.handlers.keys().copied().collect();
        self
    }

    /// Registers what is done every so often.
    pub fn every(mut self, task: Periodic) -> Self {
        self.tasks.push(task);
        self
    }

    /// Another length of the lease than the configuration says, which counts whole seconds.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.terms.lease = lease;
        self
    }

    /// Starts; without workers nothing is taken, but the periodic tasks are done.
    pub fn start(mut self) -> Running {
        let stop = CancellationToken::new();
        let mut all = JoinSet::new();
        for task in std::mem::take(&mut self.tasks) {
            all.spawn(task.keep_on(self.app.clone(), stop.clone()));
        }
        if self.workers > 0 {
            let hint = Arc::new(Notify::new());
            listen::start(self.app.db.clone(), hint.clone(), stop.clone());
            all.spawn(Arc::new(self).dispatch(hint, stop.clone()));
        }
        let ended = tokio::spawn(async move { while all.join_next().await.is_some() {} });
        Running { stop, ended }
    }

    /// Runs what is due, one batch after the other, until nothing is; for commands and tests.
    /// Tells how many attempts that were.
    pub async fn drain(self) -> Result<usize> {
        let (runner, mut attempts) = (Arc::new(self), 0);
        loop {
            let batch = runner.claim(runner.workers.max(1)).await?;
            if batch.is_empty() {
                return Ok(attempts);
            }
            attempts += batch.len();
            let mut running: JoinSet<()> = batch.into_iter().map(|job| runner.clone().run(job)).collect();
            while running.join_next().await.is_some() {}
        }
    }

    /// Takes as many jobs as workers are free, and looks again when one is finished (the next
    /// of its subject may run), at a hint, and when the poll time is over.
    async fn dispatch(self: Arc<Self>, hint: Arc<Notify>, stop: CancellationToken) {
        let mut running = JoinSet::new();
        while !stop.is_cancelled() {
            let free = self.workers.saturating_sub(running.len());
            if free > 0 {
                match self.claim(free).await {
                    Ok(jobs) => jobs.into_iter().for_each(|job| {
                        running.spawn(self.clone().run(job));
                    }),
                    Err(error) => tracing::warn!(%error, "no jobs could be taken"),
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                Some(_) = running.join_next() => {}
                () = hint.notified() => {}
                () = tokio::time::sleep(self.poll) => {}
            }
        }
        while running.join_next().await.is_some() {}
    }

    async fn claim(&self, limit: usize) -> Result<Vec<Job>> {
        let terms = self.terms.clone();
        self.app.db.write(&Actor::system("jobs"), move |tx| claim::claim(tx, &terms, limit)).await
    }

    /// One attempt, from the handler's start to the entry of how it ended.
    async fn run(self: Arc<Self>, job: Job) {
        let outcome = tokio::select! {
            biased;
            outcome = self.attempt(&job) => outcome,
            () = self.until_lease_is_lost(&job) => Err(LEASE_LOST.err()),
        };
        let kind = job.kind;
        let id = job.id;
        match self.settle(job, outcome).await {
            Ok(()) => {}
            Err(error) if error.code() == &LEASE_LOST => {
                tracing::warn!(job = id, kind, "lost the lease; another worker runs it");
            }
            // The lease runs out, and another worker tries again.
            Err(error) => tracing::error!(job = id, kind, %error, "how a job ended was not written"),
        }
    }

    /// The handler's answer; a panic or a too long wait is an answer too.
    async fn attempt(&self, job: &Job) -> Result<Outcome> {
        let Some(handler) = self.handlers.get(job.kind) else {
            return Ok(Outcome::Retry("no handler".to_owned()));
        };
        let context = JobContext { app: self.app.clone(), db: self.app.db.clone(), job: job.clone() };
        let work = AssertUnwindSafe(async move { handler(context).await }).catch_unwind();
        match tokio::time::timeout(LONGEST_ATTEMPT, work).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Ok(Outcome::Retry("the handler panicked".to_owned())),
            Err(_) => Ok(Outcome::Retry(format!("not done within {} s", LONGEST_ATTEMPT.as_secs()))),
        }
    }

    /// Extends the lease as long as the handler runs.
    async fn until_lease_is_lost(&self, job: &Job) {
        loop {
            tokio::time::sleep(self.terms.lease / HEARTBEATS).await;
            let (held, lease) = (job.clone(), self.terms.lease);
            let extended = self.app.db.write(&job.actor(), move |tx| claim::extend(tx, &held, lease)).await;
            match extended {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => tracing::warn!(job = job.id, %error, "a lease was not extended"),
            }
        }
    }

    /// Writes how the attempt ended; only the holder of the lease can.
    async fn settle(&self, job: Job, outcome: Result<Outcome>) -> Result<()> {
        let max_attempts = self.terms.max_attempts;
        let rest = backoff::rest(job.attempt, rand::random());
        let outcome = match outcome {
            Err(error) if error.code() == &LEASE_LOST => return Err(error),
            Err(error) => Outcome::Retry(error.to_string()),
            Ok(outcome) => outcome,
        };
        let actor = job.actor();
        let write = self.app.db.write(&actor, move |tx| match &outcome {
            Outcome::Finished(_) => Ok(()),
            Outcome::Done => job.finish(tx),
            Outcome::Retry(reason) => claim::again(tx, &job, max_attempts, rest, reason),
            Outcome::Dead(reason) => claim::bury(tx, &job, job.attempt, reason),
        });
        write.await
    }
}

/// A runner at work.
pub struct Running {
    stop: CancellationToken,
    ended: JoinHandle<()>,
}

impl Running {
    /// Takes nothing new and waits for what is under way, but not longer than `grace`; what is
    /// cut off then is run again by whoever takes its lease over.
    pub async fn stop(mut self, grace: Duration) {
        self.stop.cancel();
        if tokio::time::timeout(grace, &mut self.ended).await.is_err() {
            tracing::warn!("jobs were cut off; their leases run out");
            self.ended.abort();
        }
    }

    /// Ends like a killed process: nothing is finished, nothing is given back.
    pub fn kill(self) {
        self.stop.cancel();
        self.ended.abort();
    }
}
