//! The jobs of one subject run one after the other, in the order of writing.
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use motcua::jobs::{JobContext, NewJob, Outcome, enqueue_many};
use serde_json::json;
use uuid::Uuid;

use super::{GRACE, KIND, Queue, effect};

/// What happened, in order: subject, number of the job, begun or ended.
type Journal = Arc<Mutex<Vec<(Uuid, i64, bool)>>>;

/// Mutant: `CLAIM` without `NOT EXISTS (… older …)`: jobs overlap and overtake.
#[tokio::test(flavor = "multi_thread")]
async fn order_per_subject_is_kept_under_eight_workers() {
    let queue = Queue::with("[jobs]\nworkers = 4\npoll_ms = 20\n");
    let subjects: Vec<Uuid> = (0..12).map(|_| Uuid::now_v7()).collect();
    for subject in &subjects {
        queue.enqueue(Some(*subject), 10).await;
    }
    let journal = Journal::default();
    let process = || {
        let journal = journal.clone();
        let work = move |context: JobContext| {
            let journal = journal.clone();
            async move {
                let (subject, n) = (context.job.subject.unwrap(), context.job.payload["n"].as_i64().unwrap());
                journal.lock().unwrap().push((subject, n, true));
                tokio::time::sleep(Duration::from_millis(rand::random_range(0..10))).await;
                journal.lock().unwrap().push((subject, n, false));
                effect(context).await
            }
        };
        queue.runner().on(KIND, work).start()
    };
    let processes = [process(), process()];
    queue.until("all is done", |q| q.states().iter().all(|s| s == "done 1")).await;
    for process in processes {
        process.stop(GRACE).await;
    }
    let mut seen: HashMap<Uuid, Vec<(i64, bool)>> = HashMap::new();
    for (subject, n, begun) in journal.lock().unwrap().iter() {
        seen.entry(*subject).or_default().push((*n, *begun));
    }
    let expected: Vec<(i64, bool)> = (0..10).flat_map(|n| [(n, true), (n, false)]).collect();
    assert_eq!(seen.len(), subjects.len());
    assert!(seen.values().all(|journal| *journal == expected), "{seen:?}");
}

/// Fails the first job of the subject in the given way, and does the others.
async fn after_the_first(queue: &Queue, first: fn() -> Outcome) -> usize {
    let work = move |context: JobContext| async move {
        if context.job.payload["n"] == 0 { Ok(first()) } else { effect(context).await }
    };
    queue.runner().on(KIND, work).drain().await.unwrap()
}

/// Mutant: `older.state = 'leased'` only: the second overtakes the first, which rests.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_rests_holds_those_behind_it_and_nobody_else() {
    let queue = Queue::new();
    queue.enqueue(Some(Uuid::now_v7()), 2).await;
    queue.enqueue(None, 2).await;
    let attempts = after_the_first(&queue, || Outcome::Retry("away".to_owned())).await;
    // The last two have no subject; the first of them fails as well.
    assert_eq!(queue.states(), ["waiting 1", "waiting 0", "waiting 1", "done 1"]);
    assert_eq!(attempts, 3);
}

/// Mutant: `CLAIM` without `older.kind = job.kind`: while one system is away, the dossier stands.
#[tokio::test(flavor = "multi_thread")]
async fn a_system_that_is_away_holds_up_nothing_but_itself() {
    let queue = Queue::new();
    let subject = Some(Uuid::now_v7());
    let job = |kind, n| NewJob { kind, subject, payload: json!({ "n": n }), dedup: None };
    let jobs = [job("away", 0), job(KIND, 1), job("away", 2), job(KIND, 3)];
    queue.write(move |tx| enqueue_many(tx, &jobs)).await;
    let away = |_| async { Ok(Outcome::Retry("away".to_owned())) };
    queue.runner().on("away", away).on(KIND, effect).drain().await.unwrap();
    assert_eq!(queue.states(), ["waiting 1", "done 1", "waiting 0", "done 1"]);
}

/// Mutant: `older.state <> 'done'`: one dead job silences its dossier for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_dead_job_steps_out_of_the_line() {
    let queue = Queue::new();
    queue.enqueue(Some(Uuid::now_v7()), 3).await;
    after_the_first(&queue, || Outcome::Dead("refused".to_owned())).await;
    assert_eq!(queue.states(), ["dead 1", "done 1", "done 1"]);
}
