//! Late dossiers: marked once, the leader told. Run every so often by the periodic tasks.
//!
//! Each dossier is its own transaction, so a run that is killed loses nothing and the next one
//! goes on. A dossier that refuses the mark does not keep the others from theirs.

use diesel::prelude::*;
use jiff::Timestamp;
use uuid::Uuid;

use super::input::ActionIn;
use super::list::{Position, beyond};
use super::store;
use super::take_action::act;
use crate::app::App;
use crate::auth::Actor;
use crate::db::schema::dossier;
use crate::db::{Tx, to_sql};
use crate::error::Result;
use crate::workflow::{Action, DossierStatus};

/// Dossiers that are read at a time.
const BATCH: i64 = 200;

/// Marks what became late; the answer is how many.
pub async fn mark(app: &std::sync::Arc<App>) -> Result<usize> {
    let now = app.db.clock.now();
    let (mut marked, mut place) = (0, (Timestamp::UNIX_EPOCH, Uuid::nil()));
    loop {
        let page = app.db.read_planned(move |conn| overdue(conn, now, place)).await?;
        let Some((_, due_at, id)) = page.last() else { return Ok(marked) };
        place = (due_at.to_jiff(), *id);
        for (code, ..) in page {
            marked += usize::from(mark_one(app, code).await?);
        }
    }
}

/// The next overdue dossiers in the order of their due times.
fn overdue(
    conn: &mut PgConnection,
    now: Timestamp,
    after: Position,
) -> Result<Vec<(String, jiff_diesel::Timestamp, Uuid)>> {
    Ok(dossier::table
        .filter(dossier::closed_at.is_null())
        .filter(dossier::late_at.is_null())
        .filter(dossier::paused_since.is_null())
        .filter(dossier::clock_started_at.is_not_null())
        .filter(dossier::due_at.lt(to_sql(now)))
        .filter(dossier::status.ne(i16::from(DossierStatus::Done.code())))
        .filter(beyond(after))
        .order((dossier::due_at, dossier::id))
        .limit(BATCH)
        .select((dossier::code, dossier::due_at, dossier::id))
        .load(conn)?)
}

/// Marks one dossier, unless it was finished, paused or given a new appointment meanwhile.
async fn mark_one(app: &std::sync::Arc<App>, code: String) -> Result<bool> {
    let (state, named) = (app.clone(), code.clone());
    let mark = move |tx: &mut Tx| {
        let overdue = store::find_locked(tx, &named)?.state()?.is_overdue(tx.now);
        if overdue {
            act(&state, tx, &named, None, &ActionIn::bare(Action::MarkLate))?;
        }
        Ok(overdue)
    };
    match app.db.write(&Actor::system("mark_late"), mark).await {
        Err(error) if error.code().status < 500 => {
            tracing::debug!(%code, %error, "not marked late");
            Ok(false)
        }
        done => done,
    }
}
