//! Jobs: the outbox queue, its runner, and what is done every so often.
//!
//! A job is written in the transaction that causes it ([`enqueue()`]) and run after its commit
//! ([`Runner`]): a killed process loses none, and none is run for work that was rolled back.
//! The promises, each with a test in `tests/it/jobs.rs`:
//! - A job runs until it is done or dead. A worker that dies loses its *lease*, and another
//!   worker takes the job; so an effect on the outside can be tried twice and must bear an
//!   idempotency key of its own.
//! - Only the holder of the lease finishes. [`JobContext::finish_with`] writes the result in
//!   the transaction that finishes the job: that part happens exactly once.
//! - Of the jobs of one kind and subject only the oldest unfinished one runs: what one system
//!   is told of a dossier comes in order, and a system that is away holds up nothing but
//!   itself (least of all the news that money came). A dead job steps out of the line: one
//!   message that is refused must not silence the dossier for ever. When a person orders
//!   another try, it goes to the front again.
//! - A job is begun at most `max_attempts` times, over more than 24 hours, then it is dead
//!   and waits for a person. Attempts that kill their process count as well.
//!
//! The queue goes by the database's clock, never by the portal's: all processes share it, and
//! a portal whose clock was stopped for a demonstration still works its jobs off.

mod admin;
mod backoff;
mod claim;
mod context;
mod enqueue;
mod listen;
mod periodic;
mod runner;

pub use admin::{JobOut, JobPage, JobState, JobSummary, KindSummary, figures, list, retry, routes};
pub use context::{Finished, Job, JobContext, LEASE_LOST, Outcome};
pub use enqueue::{NewJob, enqueue, enqueue_many, enqueue_named};
pub use periodic::{Periodic, remove_done};
pub use runner::{Runner, Running};
