//! Many requests at a time: what waits is done in one go of multi-row statements.
//!
//! Writing, that is the group commit: one transaction a batch. A request is answered after
//! the commit of the transaction that holds its rows, never before. Reading, it saves the
//! round trips and the start of a statement for each request. A batch that fails is run
//! again one by one, so that one bad item never fails its neighbours. What it gains:
//! `docs/performance.md`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use diesel::pg::PgConnection;
use tokio::sync::{mpsc, oneshot};

use super::{Db, Tx, mutant};
use crate::auth::Actor;
use crate::error::{BUSY, Error, Result};

/// Threads of a door: while one waits for the database, the other works. More committers
/// would wait for each other's locks.
const THREADS: usize = 2;
/// Items of one batch at most.
const BATCH: usize = 128;
/// Items that may wait; beyond that callers get 503 at once.
const QUEUE: usize = 4096;

struct Waiting<I, O> {
    item: I,
    answer: oneshot::Sender<Result<O>>,
}

/// A door through which requests go together.
pub struct Batcher<I, O> {
    queue: mpsc::Sender<Waiting<I, O>>,
}

impl<I, O> Clone for Batcher<I, O> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone() }
    }
}

/// What a batch writes: one outcome an item, in order. An outer error rolls all back.
pub trait Apply<I, O>: Fn(&mut Tx, &[I]) -> Result<Vec<Result<O>>> + Send + Sync + 'static {}
impl<I, O, F> Apply<I, O> for F where F: Fn(&mut Tx, &[I]) -> Result<Vec<Result<O>>> + Send + Sync + 'static {}

/// What a batch reads: one outcome an item, in order.
pub trait Look<I, O>: Fn(&mut PgConnection, &[I]) -> Result<Vec<Result<O>>> + Send + Sync + 'static {}
impl<I, O, F> Look<I, O> for F where
    F: Fn(&mut PgConnection, &[I]) -> Result<Vec<Result<O>>> + Send + Sync + 'static
{
}

impl<I: Send + Sync + 'static, O: Send + 'static> Batcher<I, O> {
    /// Opens a door for writes that need no lock on an existing row.
    pub fn writing(db: &Db, name: &'static str, apply: impl Apply<I, O>) -> Self {
        let (db, actor) = (db.clone(), Actor::system(name));
        Self::start(name, move |batch| commit(&db, &actor, batch, &apply))
    }

    /// Opens a door for reads that many requests make.
    pub fn reading(db: &Db, name: &'static str, look: impl Look<I, O>) -> Self {
        let db = db.clone();
        let look = move |items: &[I]| db.read_blocking(|conn| look(conn, items));
        Self::start(name, move |batch| answer(batch, &look))
    }

    /// Starts the threads. They end when the last handle is dropped.
    fn start(name: &'static str, run: impl Fn(Vec<Waiting<I, O>>) + Send + Sync + 'static) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let waiting = Arc::new(Mutex::new(waiting));
        let run = Arc::new(run);
        for n in 0..THREADS {
            let (waiting, run) = (waiting.clone(), run.clone());
            let work = move || {
                while let Some(batch) = next_batch(&waiting) {
                    // Who waited for a batch that panicked gets a 500; the door stays open.
                    if catch_unwind(AssertUnwindSafe(|| run(batch))).is_err() {
                        tracing::error!(name, "a batch panicked");
                    }
                }
            };
            if let Err(error) = thread::Builder::new().name(format!("{name}-{n}")).spawn(work) {
                tracing::error!(%error, name, "a thread could not start");
            }
        }
        Self { queue }
    }

    /// Hands an item over and waits until its batch is done.
    pub async fn submit(&self, item: I) -> Result<O> {
        let (answer, done) = oneshot::channel();
        self.queue.try_send(Waiting { item, answer }).map_err(|_| BUSY.err())?;
        done.await
            .unwrap_or_else(|_| Err(Error::Internal(anyhow::anyhow!("a batch ended without an answer"))))
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

/// Commits a batch in one transaction, or, when it fails as a whole, each item in its own.
fn commit<I, O>(db: &Db, actor: &Actor, batch: Vec<Waiting<I, O>>, apply: &impl Apply<I, O>) {
    if mutant::acknowledges_early() {
        let (items, answers): (Vec<I>, Vec<_>) = batch.into_iter().map(|w| (w.item, w.answer)).unzip();
        return acknowledge_early(db, actor, &items, answers, apply);
    }
    answer(batch, &|items: &[I]| db.write_blocking(actor, |tx| apply(tx, items)));
}

/// Runs a batch, or, when it fails as a whole, each item by itself; then answers.
fn answer<I, O>(batch: Vec<Waiting<I, O>>, run: &impl Fn(&[I]) -> Result<Vec<Result<O>>>) {
    let (items, answers): (Vec<I>, Vec<_>) = batch.into_iter().map(|w| (w.item, w.answer)).unzip();
    match run(&items) {
        Ok(outcomes) => {
            for (answer, outcome) in answers.into_iter().zip(outcomes) {
                // The caller may have hung up; its work is done all the same.
                let _ = answer.send(outcome);
            }
        }
        Err(error) if items.len() == 1 => {
            if let Some(answer) = answers.into_iter().next() {
                let _ = answer.send(Err(error));
            }
        }
        Err(_) => {
            let mut busy = false;
            for (item, answer) in items.into_iter().zip(answers) {
                let one = if busy { Err(BUSY.err()) } else { run(std::slice::from_ref(&item)) };
                let outcome = one.and_then(|mut outcomes| outcomes.pop().unwrap_or_else(|| Err(BUSY.err())));
                // Without a connection or a lock for this one, the next would wait as long in vain.
                busy = outcome.as_ref().is_err_and(|error| error.code() == &BUSY);
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
