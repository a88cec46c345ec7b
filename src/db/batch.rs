//! Group commit: what waits is written in one transaction of multi-row statements.
//!
//! A request is answered after the commit of the transaction that holds its rows, never
//! before. A batch that fails is run again one by one, so that one bad item never fails
//! its neighbours. What it gains depends on the disk: see `docs/performance.md`.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::{mpsc, oneshot};

use super::{Db, Tx, mutant};
use crate::auth::Actor;
use crate::error::{BUSY, Error, Result};

/// Committer threads; more would wait for each other's locks.
const COMMITTERS: usize = 2;
/// Items of one transaction at most.
const BATCH: usize = 128;
/// Items that may wait; beyond that callers get 503 at once.
const QUEUE: usize = 4096;

struct Waiting<I, O> {
    item: I,
    answer: oneshot::Sender<Result<O>>,
}

/// The door for writes that need no lock on an existing row.
pub struct Batcher<I, O> {
    queue: mpsc::Sender<Waiting<I, O>>,
}

impl<I, O> Clone for Batcher<I, O> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone() }
    }
}

/// What a batch does: one outcome an item, in order. An outer error rolls all back.
pub trait Apply<I, O>: Fn(&mut Tx, &[I]) -> Result<Vec<Result<O>>> + Send + Sync + 'static {}
impl<I, O, F> Apply<I, O> for F where F: Fn(&mut Tx, &[I]) -> Result<Vec<Result<O>>> + Send + Sync + 'static {}

impl<I: Send + Sync + 'static, O: Send + 'static> Batcher<I, O> {
    /// Starts the committer threads. They end when the last handle is dropped.
    pub fn start(db: &Db, name: &'static str, apply: impl Apply<I, O>) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let waiting = Arc::new(Mutex::new(waiting));
        let apply = Arc::new(apply);
        for n in 0..COMMITTERS {
            let (db, waiting, apply) = (db.clone(), waiting.clone(), apply.clone());
            let run = move || {
                let actor = Actor::system(name);
                while let Some(batch) = next_batch(&waiting) {
                    commit(&db, &actor, batch, &*apply);
                }
            };
            if let Err(error) = thread::Builder::new().name(format!("{name}-{n}")).spawn(run) {
                tracing::error!(%error, name, "a committer thread could not start");
            }
        }
        Self { queue }
    }

    /// Hands an item over and waits until the transaction with it is committed.
    pub async fn submit(&self, item: I) -> Result<O> {
        let (answer, committed) = oneshot::channel();
        self.queue.try_send(Waiting { item, answer }).map_err(|_| BUSY.err())?;
        committed.await.unwrap_or_else(|_| Err(Error::Internal(anyhow::anyhow!("a committer thread ended"))))
    }
}

/// Waits for one item and takes what else is there.
fn next_batch<I, O>(waiting: &Mutex<mpsc::Receiver<Waiting<I, O>>>) -> Option<Vec<Waiting<I, O>>> {
    let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
    let mut batch = vec![waiting.blocking_recv()?];
    while batch.len() < BATCH {
        match waiting.try_recv() {
            Ok(next) => batch.push(next),
            Err(_) => break,
        }
    }
    Some(batch)
}

/// Commits a batch, or, when it fails as a whole, each item by itself; then answers.
fn commit<I, O>(db: &Db, actor: &Actor, batch: Vec<Waiting<I, O>>, apply: &impl Apply<I, O>) {
    let (items, answers): (Vec<I>, Vec<_>) = batch.into_iter().map(|w| (w.item, w.answer)).unzip();
    if mutant::acknowledges_early() {
        return acknowledge_early(db, actor, &items, answers, apply);
    }
    match db.write_blocking(actor, |tx| apply(tx, &items)) {
        Ok(outcomes) => {
            for (answer, outcome) in answers.into_iter().zip(outcomes) {
                // The caller may have hung up; its work is committed all the same.
                let _ = answer.send(outcome);
            }
        }
        Err(error) if items.len() == 1 => {
            if let Some(answer) = answers.into_iter().next() {
                let _ = answer.send(Err(error));
            }
        }
        Err(_) => {
            for (item, answer) in items.into_iter().zip(answers) {
                let one = std::slice::from_ref(&item);
                let outcome = db
                    .write_blocking(actor, |tx| apply(tx, one))
                    .and_then(|mut outcomes| outcomes.pop().unwrap_or_else(|| Err(BUSY.err())));
                let _ = answer.send(outcome);
            }
        }
    }
}

/// The mutant of the crash test: answers first and commits later.
fn acknowledge_early<I, O>(
    db: &Db,
    actor: &Actor,
    items: &[I],
    answers: Vec<oneshot::Sender<Result<O>>>,
    apply: &impl Apply<I, O>,
) {
    let answers = Mutex::new(answers);
    let committed = db.write_blocking(actor, |tx| {
        let outcomes = apply(tx, items)?;
        let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
        for (answer, outcome) in answers.drain(..).zip(outcomes) {
            let _ = answer.send(outcome);
        }
        thread::sleep(mutant::DELAY);
        Ok(())
    });
    if let Err(error) = committed {
        tracing::error!(%error, "a mutant's batch was not committed");
    }
}
