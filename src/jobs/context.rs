//! What a handler gets, and what it answers.

use std::sync::Arc;

use diesel::dsl::now;
use diesel::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use crate::app::App;
use crate::auth::Actor;
use crate::db::schema::job;
use crate::db::{Db, Tx};
use crate::error::{Code, Result};

/// Somebody else has taken the job over: whatever this worker wrote is rolled back.
pub static LEASE_LOST: Code = Code::new(
    409,
    "lease_lost",
    "Tác vụ đã được chuyển cho tiến trình khác",
    "Another worker has taken this job over",
);

/// A job under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    pub id: i64,
    /// The registered word, also the name under which the job writes.
    pub kind: &'static str,
    pub subject: Option<Uuid>,
    pub payload: Value,
    /// Which attempt this is, from 1.
    pub attempt: i32,
    /// Only who knows it may finish the job.
    pub(super) lease: Uuid,
}

impl Job {
    /// The payload as the handler's own type.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T> {
        Ok(T::deserialize(&self.payload)?)
    }

    /// Who the job acts as.
    pub fn actor(&self) -> Actor {
        Actor::system(self.kind)
    }

    /// Marks the job done, or refuses when the lease is another's. The row stays locked until
    /// the end of the transaction, so nobody can take the job over in between.
    pub(super) fn finish(&self, tx: &mut Tx) -> Result<()> {
        let mine = job::table.find(self.id).filter(job::lease_token.eq(self.lease));
        let finished = diesel::update(mine)
            .set((
                job::state.eq("done"),
                job::finished_at.eq(now),
                job::lease_token.eq(None::<Uuid>),
                job::last_error.eq(None::<String>),
            ))
            .execute(tx.conn)?;
        if finished == 1 { Ok(()) } else { Err(LEASE_LOST.err()) }
    }
}

/// What a handler may use.
pub struct JobContext {
    pub app: Arc<App>,
    pub db: Db,
    pub job: Job,
}

impl JobContext {
    /// Does the database part of the effect and finishes the job, in one transaction: both
    /// happen once, or neither. The last thing a handler does.
    pub async fn finish_with<F>(&self, effect: F) -> Result<Outcome>
    where
        F: Fn(&mut Tx) -> Result<()> + Send + 'static,
    {
        let job = self.job.clone();
        let transaction = move |tx: &mut Tx| {
            job.finish(tx)?;
            effect(tx)
        };
        self.db.write(&self.job.actor(), transaction).await?;
        Ok(Outcome::Finished(Finished(())))
    }
}

/// How an attempt ended. An `Err` of the handler is a `Retry` with the error as reason.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done, and nothing to be written but that.
    Done,
    /// Done and written as such by [`JobContext::finish_with`].
    Finished(Finished),
    /// Not now; again after a rest, as long as attempts are left.
    Retry(String),
    /// Never; a person must look.
    Dead(String),
}

/// Only [`JobContext::finish_with`] can make one.
#[derive(Debug, PartialEq, Eq)]
pub struct Finished(());
