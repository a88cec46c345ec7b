//! Jobs that never succeed: tried N times, then dead.
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use motcua::error::Error;
use motcua::jobs::{JobContext, Outcome};

use super::{GRACE, KIND, Queue};
use crate::support::lines;

/// Attempts of the queue of these tests.
const MAX: usize = 3;

/// Drains so many times as if each rest were over; tells how often the job was begun.
async fn runs(queue: &Queue, drains: usize, attempt: fn() -> Result<Outcome, Error>) -> usize {
    let runs = Arc::new(AtomicUsize::new(0));
    for _ in 0..drains {
        let runs = runs.clone();
        let work = move |_: JobContext| {
            runs.fetch_add(1, Ordering::SeqCst);
            async move { attempt() }
        };
        queue.runner().on(KIND, work).drain().await.unwrap();
        queue.sql("UPDATE job SET run_at = now() - interval '1 second'");
    }
    runs.load(Ordering::SeqCst)
}

/// Mutant: `claim::again` without its look at `max_attempts`: it rests once more before it is dead.
#[tokio::test(flavor = "multi_thread")]
async fn a_poison_job_is_begun_n_times_and_then_dead() {
    let attempts: [fn() -> Result<Outcome, Error>; 3] = [
        || Ok(Outcome::Retry("the tax office is away".to_owned())),
        || Err(anyhow::anyhow!("a bug \0 with a letter PostgreSQL refuses").into()),
        || panic!("a bug"),
    ];
    for attempt in attempts {
        let queue = Queue::new();
        queue.enqueue(None, 1).await;
        assert_eq!(runs(&queue, MAX, attempt).await, MAX);
        assert_eq!(queue.states(), ["dead 3"], "at once, not after another rest");
        assert_eq!(runs(&queue, MAX, attempt).await, 0);
        let why = lines(&mut queue.database.connect(), "SELECT last_error AS line FROM job");
        assert!(!why[0].is_empty());
    }
}

/// Mutant: `Outcome::Dead` treated as `Retry`.
#[tokio::test(flavor = "multi_thread")]
async fn what_can_never_succeed_is_not_tried_again() {
    let queue = Queue::new();
    queue.enqueue(None, 1).await;
    assert_eq!(runs(&queue, MAX, || Ok(Outcome::Dead("no such dossier there".to_owned()))).await, 1);
    assert_eq!(queue.states(), ["dead 1"]);
}

/// Mutant: `run_at` left as it was: three runs in one drain.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_job_rests_before_it_is_tried_again() {
    let queue = Queue::new();
    queue.enqueue(None, 1).await;
    let work = |_: JobContext| async { Ok(Outcome::Retry("away".to_owned())) };
    assert_eq!(queue.runner().on(KIND, work).drain().await.unwrap(), 1);
    let rest = "SELECT (run_at - now() BETWEEN interval '4 s' AND interval '7 s')::text AS line FROM job";
    assert_eq!(lines(&mut queue.database.connect(), rest), ["true"]);
}

/// A job that kills its process never comes back to say so; its attempts are counted when it
/// is taken. Mutant: `claim` without its look at `max_attempts`.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_kills_its_worker_is_begun_n_times_and_then_dead() {
    let queue = Queue::new();
    queue.enqueue(None, 1).await;
    for attempt in 1..=MAX {
        let hang = |_: JobContext| std::future::pending();
        let process = queue.runner().on(KIND, hang).start();
        queue.until("it is begun", |q| q.states() == [format!("leased {attempt}")]).await;
        process.kill();
        queue.sql("UPDATE job SET lease_until = now() - interval '1 second'");
    }
    let work = |_: JobContext| async { panic!("begun once too often") };
    assert_eq!(queue.runner().on(KIND, work).drain().await.unwrap(), 0);
    assert_eq!(queue.states(), ["dead 3"]);
    let running = queue.runner().on(KIND, |_| async { Ok(Outcome::Done) }).start();
    running.stop(GRACE).await;
    assert_eq!(queue.states(), ["dead 3"]);
}
