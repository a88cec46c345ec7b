//! A worker that dies, and one that only seemed dead.
use std::sync::{Arc, Mutex};
use std::time::Duration;

use motcua::error::Error;
use motcua::jobs::{JobContext, LEASE_LOST, Outcome};
use tokio::sync::Semaphore;

use super::{GRACE, KIND, Queue, effect};

async fn hang(_: JobContext) -> Result<Outcome, Error> {
    std::future::pending().await
}

/// Mutant: `CLAIM` without `OR lease_until < now()`: the job stays with the dead.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_workers_job_is_done_once_by_another_after_the_lease() {
    let queue = Queue::new();
    queue.enqueue(None, 1).await;
    let lease = Duration::from_millis(1_500);
    let killed = queue.runner().on(KIND, hang).lease(lease).start();
    queue.until("the worker holds it", |q| q.states() == ["leased 1"]).await;
    killed.kill();
    assert_eq!(queue.runner().on(KIND, effect).drain().await.unwrap(), 0, "the lease still holds");
    let another = queue.runner().on(KIND, effect).start();
    queue.until("another has done it", |q| q.states() == ["done 2"]).await;
    another.stop(GRACE).await;
    assert_eq!(queue.effects(), 1);
}

/// The first worker is silent for longer than its lease, a second takes the job, then the
/// first comes back and wants to finish: before and after the second has.
/// Mutant: `Job::finish` without the lease token in its filter: two effects.
#[tokio::test(flavor = "multi_thread")]
async fn a_zombies_work_is_rolled_back() {
    for second_is_faster in [false, true] {
        let queue = Queue::new();
        queue.enqueue(None, 1).await;
        let (zombie, seen) = gated();
        let first = queue.runner().on(KIND, zombie.handler()).start();
        queue.until("the first holds it", |q| q.states() == ["leased 1"]).await;
        queue.sql("UPDATE job SET lease_until = now() - interval '1 second'");
        let (other, _) = gated();
        let second = queue.runner().on(KIND, other.handler()).start();
        queue.until("the second holds it", |q| q.states() == ["leased 2"]).await;
        if second_is_faster {
            other.open();
            queue.until("it is done", |q| q.states() == ["done 2"]).await;
        }
        zombie.open();
        queue.until("the zombie has tried", |_| seen.lock().unwrap().is_some()).await;
        assert_eq!(*seen.lock().unwrap(), Some(LEASE_LOST.code), "the zombie's finish is refused");
        assert_eq!(queue.effects(), i64::from(second_is_faster));
        other.open();
        queue.until("it is done", |q| q.states() == ["done 2"]).await;
        first.stop(GRACE).await;
        second.stop(GRACE).await;
        assert_eq!((queue.effects(), queue.states()), (1, vec!["done 2".to_owned()]));
    }
}

/// A zombie that fails instead of finishing must not give the job away under its new holder.
/// Mutant: `AGAIN` without `lease_token = $2`.
#[tokio::test(flavor = "multi_thread")]
async fn a_zombies_failure_changes_nothing() {
    let queue = Queue::new();
    queue.enqueue(None, 1).await;
    let gate = Arc::new(Semaphore::new(0));
    let fail = {
        let gate = gate.clone();
        move |_: JobContext| {
            let gate = gate.clone();
            async move {
                let _ = gate.acquire().await;
                Ok(Outcome::Retry("too late".to_owned()))
            }
        }
    };
    let first = queue.runner().on(KIND, fail).start();
    queue.until("the first holds it", |q| q.states() == ["leased 1"]).await;
    queue.sql("UPDATE job SET lease_until = now() - interval '1 second'");
    let (other, _) = gated();
    let second = queue.runner().on(KIND, other.handler()).start();
    queue.until("the second holds it", |q| q.states() == ["leased 2"]).await;
    gate.add_permits(1);
    first.stop(GRACE).await;
    assert_eq!(queue.states(), ["leased 2"]);
    other.open();
    queue.until("it is done", |q| q.states() == ["done 2"]).await;
    second.stop(GRACE).await;
}

/// Mutant: no heartbeat: the second process begins the job as well.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_lasts_longer_than_the_lease_keeps_it() {
    let queue = Queue::new();
    let slow = |context: JobContext| async move {
        tokio::time::sleep(Duration::from_secs(7)).await;
        effect(context).await
    };
    queue.enqueue(None, 1).await;
    // Long enough for a heartbeat that a busy machine delays by two seconds.
    let lease = Duration::from_secs(3);
    let processes = [0, 1].map(|_| queue.runner().on(KIND, slow).lease(lease).start());
    queue.until("it is done", |q| q.states() == ["done 1"]).await;
    for process in processes {
        process.stop(GRACE).await;
    }
    assert_eq!(queue.effects(), 1);
}

/// Processes are killed at arbitrary moments while they work; what they leave is worked off.
/// Mutant: `finish_with` commits the effect before it finishes the job: some effects twice.
#[tokio::test(flavor = "multi_thread")]
async fn processes_that_are_killed_lose_nothing_and_repeat_nothing() {
    let queue = Queue::with("[jobs]\nworkers = 8\nmax_attempts = 99\npoll_ms = 10\n");
    let work = |context: JobContext| async move {
        tokio::time::sleep(Duration::from_millis(rand::random_range(0..20))).await;
        effect(context).await
    };
    queue.enqueue(None, 300).await;
    for round in 0..8 {
        let process = queue.runner().on(KIND, work).lease(Duration::from_millis(500)).start();
        tokio::time::sleep(Duration::from_millis(40 + round * 17)).await;
        process.kill();
    }
    let last = queue.runner().on(KIND, work).start();
    queue.until("all is done", |q| q.states().iter().all(|s| s.starts_with("done"))).await;
    last.stop(GRACE).await;
    assert_eq!(queue.effects(), 300);
}

/// What a handler's `finish_with` answered: `None` = not yet; the code, or "done".
type Seen = Arc<Mutex<Option<&'static str>>>;

/// A worker that waits to be let go before it finishes.
struct Gated {
    gate: Arc<Semaphore>,
    seen: Seen,
}

fn gated() -> (Gated, Seen) {
    let gated = Gated { gate: Arc::new(Semaphore::new(0)), seen: Seen::default() };
    let seen = gated.seen.clone();
    (gated, seen)
}

impl Gated {
    fn handler(
        &self,
    ) -> impl Fn(JobContext) -> futures_util::future::BoxFuture<'static, Result<Outcome, Error>> + use<> {
        let (gate, seen) = (self.gate.clone(), self.seen.clone());
        move |context| {
            let (gate, seen) = (gate.clone(), seen.clone());
            Box::pin(async move {
                let _ = gate.acquire().await;
                let outcome = effect(context).await;
                *seen.lock().unwrap() =
                    Some(outcome.as_ref().map_or_else(|error| error.code().code, |_| "done"));
                outcome
            })
        }
    }

    fn open(&self) {
        self.gate.add_permits(1);
    }
}
