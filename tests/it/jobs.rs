//! The queue: what is promised in `src/jobs/mod.rs`, each with the change (mutant) that turns
//! its test red.
mod admin;
mod order;
mod poison;
mod take_over;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use motcua::app::App;
use motcua::auth::Actor;
use motcua::clock::Clock;
use motcua::config::Config;
use motcua::db::schema::{audit_log, job};
use motcua::db::{Db, DbLimits, Tx};
use motcua::error::Result;
use motcua::jobs::{JobContext, NewJob, Outcome, Periodic, Runner, enqueue, enqueue_many, remove_done};
use serde_json::json;
use uuid::Uuid;

use crate::support::{TestDb, lines};

const KIND: &str = "effect";
const GRACE: Duration = Duration::from_secs(20);

/// A queue on a database of its own.
struct Queue {
    app: Arc<App>,
    // Dropped last: the pool's connections end before the database does.
    database: TestDb,
}

impl Queue {
    /// Four workers, at most three attempts, and polling that is too slow to help.
    fn new() -> Self {
        Self::with("[jobs]\nworkers = 4\nmax_attempts = 3\npoll_ms = 100\n")
    }

    fn with(config: &str) -> Self {
        let database = TestDb::new();
        let files = std::env::temp_dir().join("motcua-test-files").display().to_string();
        let config = Config::from_parts(config, [("MOTCUA_FILES__ROOT".to_owned(), files)]).unwrap();
        let db = Db::connect(database.url(), &DbLimits::default(), Clock::default()).unwrap();
        Self { app: App::build(config, db).unwrap(), database }
    }

    fn runner(&self) -> Runner {
        Runner::new(self.app.clone())
    }

    async fn write(&self, work: impl Fn(&mut Tx) -> Result<()> + Send + 'static) {
        self.app.db.write(&Actor::system("test"), work).await.unwrap();
    }

    /// Writes `count` jobs of one subject, numbered from 0.
    async fn enqueue(&self, subject: Option<Uuid>, count: usize) {
        let jobs: Vec<NewJob> = (0..count)
            .map(|n| NewJob { kind: KIND, subject, payload: json!({ "n": n }), dedup: None })
            .collect();
        self.write(move |tx| enqueue_many(tx, &jobs)).await;
    }

    fn sql(&self, sql: &str) {
        diesel::sql_query(sql).execute(&mut self.database.connect()).unwrap();
    }

    /// Every job as `state attempts`, in the order of writing.
    fn states(&self) -> Vec<String> {
        lines(&mut self.database.connect(), "SELECT state || ' ' || attempts AS line FROM job ORDER BY id")
    }

    /// How often the effect is in the database.
    fn effects(&self) -> i64 {
        let written = audit_log::table.filter(audit_log::operation.eq(KIND));
        written.count().get_result(&mut self.database.connect()).unwrap()
    }

    async fn until(&self, what: &str, reached: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !reached(self) {
            assert!(begun.elapsed() < GRACE, "never: {what}; jobs: {:?}", self.states());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// The effect of the tests: one audit row, written with the finishing of the job.
async fn effect(context: JobContext) -> Result<Outcome> {
    let subject = context.job.subject;
    context.finish_with(move |tx| tx.audit(KIND, subject)).await
}

/// Mutant: `enqueue` on a connection of its own instead of the transaction's.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_written_with_its_cause_or_not_at_all() {
    let queue = Queue::new();
    let actor = Actor::system("test");
    let refused = queue.app.db.write(&actor, |tx| {
        enqueue(tx, KIND, None, json!({}), None)?;
        Err::<(), _>(motcua::error::INVALID.err())
    });
    refused.await.unwrap_err();
    assert_eq!(queue.states(), [""; 0]);
    queue.enqueue(None, 1).await;
    assert_eq!(queue.states(), ["waiting 0"]);
}

/// Mutant: `dedup` without `ON CONFLICT DO NOTHING` (63 errors) or without UNIQUE (64 jobs).
#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_enqueues_of_one_effect_are_one_job() {
    let queue = Queue::with("");
    let write = |n: usize| {
        let db = queue.app.db.clone();
        async move {
            let actor = Actor::system("test");
            let once =
                move |tx: &mut Tx| enqueue(tx, KIND, None, json!({ "n": n }), Some("receipt:1".to_owned()));
            db.write(&actor, once).await
        }
    };
    let results = futures_util::future::join_all((0..64).map(write)).await;
    // A full house may answer "busy"; whoever got in has written the job or found it.
    for error in results.into_iter().filter_map(Result::err) {
        assert_eq!(error.code(), &motcua::error::BUSY, "{error}");
    }
    assert_eq!(queue.states(), ["waiting 0"]);
    assert_eq!(queue.runner().on(KIND, effect).drain().await.unwrap(), 1);
    queue.write(|tx| enqueue(tx, KIND, None, json!({}), Some("receipt:1".to_owned()))).await;
    assert_eq!(queue.states(), ["done 1"], "also not after it was done");
}

/// Mutant: no `pg_notify`, or nobody listens: the job waits for the poll.
#[tokio::test(flavor = "multi_thread")]
async fn a_hint_wakes_the_workers_long_before_they_poll() {
    let queue = Queue::with("[jobs]\npoll_ms = 600000\n");
    let running = queue.runner().on(KIND, effect).start();
    // The listener listens when its connection says so.
    let listens = "SELECT pid::text AS line FROM pg_stat_activity
                    WHERE datname = current_database() AND query LIKE 'LISTEN%'";
    queue.until("somebody listens", |q| !lines(&mut q.database.connect(), listens).is_empty()).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    queue.enqueue(None, 1).await;
    queue.until("the job is done", |q| q.states() == ["done 1"]).await;
    running.stop(GRACE).await;
}

/// Mutant: the dispatcher leaves its loop without waiting for what is under way.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_waits_for_what_is_under_way_and_takes_nothing_new() {
    let queue = Queue::with("[jobs]\nworkers = 1\npoll_ms = 20\n");
    let slow = |context: JobContext| async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        effect(context).await
    };
    queue.enqueue(None, 2).await;
    let running = queue.runner().on(KIND, slow).start();
    queue.until("the first is begun", |q| q.states()[0] == "leased 1").await;
    running.stop(GRACE).await;
    assert_eq!(queue.states(), ["done 1", "waiting 0"]);
}

/// Mutant: `claim` of the periodic task without its due time: each of the two processes does it.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_processes_one_does_the_periodic_task() {
    let queue = Queue::new();
    let done = Arc::new(AtomicUsize::new(0));
    let every = Duration::from_millis(500);
    let process = || {
        let done = done.clone();
        let task = Periodic::new("tick", every, move |_| {
            done.fetch_add(1, Ordering::SeqCst);
            async { Ok(()) }
        });
        queue.runner().every(task).start()
    };
    let processes = [process(), process()];
    let begun = Instant::now();
    while done.load(Ordering::SeqCst) < 4 {
        assert!(begun.elapsed() < GRACE, "the task is not done");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(begun.elapsed() >= every * 3, "four times within {:?}", begun.elapsed());
    for process in processes {
        process.stop(GRACE).await;
    }
}

/// Mutant: a panic ends the task for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_periodic_task_goes_on_after_a_panic() {
    let queue = Queue::new();
    let begun = Arc::new(AtomicUsize::new(0));
    let task = {
        let begun = begun.clone();
        Periodic::new("tick", Duration::from_millis(50), move |_| {
            let nth = begun.fetch_add(1, Ordering::SeqCst);
            async move { if nth == 0 { panic!("a bug") } else { Err(motcua::error::BUSY.err()) } }
        })
    };
    let running = queue.runner().every(task).start();
    queue.until("it is begun three times", |_| begun.load(Ordering::SeqCst) >= 3).await;
    running.stop(GRACE).await;
}

/// Mutant: `remove_done` without its time, or also of dead jobs.
#[tokio::test(flavor = "multi_thread")]
async fn only_done_jobs_of_long_ago_are_removed() {
    let queue = Queue::new();
    queue.enqueue(None, 4).await;
    queue.sql("UPDATE job SET state = 'done', finished_at = now() - interval '91 days' WHERE id = 1");
    queue.sql("UPDATE job SET state = 'done', finished_at = now() - interval '89 days' WHERE id = 2");
    queue.sql("UPDATE job SET state = 'dead', finished_at = now() - interval '91 days' WHERE id = 3");
    queue.write(|tx| remove_done(tx, Duration::from_secs(90 * 86_400)).map(drop)).await;
    let left: Vec<i64> =
        job::table.select(job::id).order(job::id).load(&mut queue.database.connect()).unwrap();
    assert_eq!(left, [2, 3, 4]);
}
