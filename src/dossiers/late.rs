//! Late dossiers: marked once, the leader told. Run every so often by the periodic tasks.
//!
//! A batch is small, and each dossier its own transaction, so a run that is killed loses
//! nothing and the next one goes on.

use diesel::prelude::*;

use super::input::ActionIn;
use super::take_action::act;
use crate::app::App;
use crate::auth::Actor;
use crate::db::schema::dossier;
use crate::db::to_sql;
use crate::error::Result;
use crate::workflow::{Action, DossierStatus};

/// Dossiers of one run.
const BATCH: i64 = 200;

/// Marks what became late; the answer is how many.
pub async fn mark(app: &std::sync::Arc<App>) -> Result<usize> {
    let now = app.db.clock.now();
    let overdue: Vec<String> = app
        .db
        .read(move |conn| {
            Ok(dossier::table
                .filter(dossier::closed_at.is_null())
                .filter(dossier::late_at.is_null())
                .filter(dossier::paused_since.is_null())
                .filter(dossier::clock_started_at.is_not_null())
                .filter(dossier::due_at.lt(to_sql(now)))
                .filter(dossier::status.ne(i16::from(DossierStatus::Done.code())))
                .order(dossier::due_at)
                .limit(BATCH)
                .select(dossier::code)
                .load(conn)?)
        })
        .await?;
    let mut marked = 0;
    for code in overdue {
        let (state, actor) = (app.clone(), Actor::system("mark_late"));
        let named = code.clone();
        let done = app
            .db
            .write(&actor, move |tx| act(&state, tx, &named, None, &ActionIn::bare(Action::MarkLate)).map(drop))
            .await;
        match done {
            Ok(()) => marked += 1,
            // Somebody finished or paused it between the look and the lock.
            Err(error) if error.code().status < 500 => tracing::debug!(%code, %error, "not marked late"),
            Err(error) => return Err(error),
        }
    }
    Ok(marked)
}
