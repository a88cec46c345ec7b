//! Jobs that send the slip, its corrections and its recall.
//!
//! The row is written before the message leaves: so an answer that is quicker than the
//! acknowledgement finds it, and an outage shows as a slip without acknowledgement. The
//! message's id is the dossier and the row's number: sent again, it is the same.

use std::sync::Arc;

use anyhow::anyhow;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Integer, Jsonb, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::dossier::Named;
use super::slip;
use crate::app::App;
use crate::calendar::{Calendar, Term, due};
use crate::db::{Tx, prepared, to_sql};
use crate::dossiers::jobs::TAX_RECALL;
use crate::dossiers::{DossierJob, News, news};
use crate::error::Result;
use crate::jobs::{JobContext, Outcome};
use crate::national::tax::{Recall, Request, Slip, TaxOffice};
use crate::national::wire_time;

/// Working days in which the tax office answers about personal income tax (1.007674) and about
/// the registration fee and the rest (1.007277).
const INCOME_TAX_DAYS: u32 = 3;
const REGISTRATION_DAYS: u32 = 5;

/// A row of a dossier.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct SlipJob {
    pub dossier_id: Uuid,
    pub seq: i16,
}

/// Identifier of a message about a dossier.
pub fn message_id(dossier: Uuid, seq: i16) -> String {
    if seq == 1 { dossier.to_string() } else { format!("{dossier}-{seq}") }
}

/// Job `send_tax_slip`: sends the slip and records its acknowledgement.
pub async fn run(context: JobContext, office: Arc<TaxOffice>) -> Result<Outcome> {
    let job: DossierJob = context.job.payload()?;
    let app = context.app.clone();
    let told = context.db.read(move |conn| news(&app, conn, job)).await?;
    let sent_at = context.db.clock.now();
    let mut slip = match slip::slip(&told, sent_at) {
        Ok(slip) => slip,
        Err(lacking) => return Ok(Outcome::Dead(format!("no slip can be made: {lacking}"))),
    };
    let (row, by) = (new_row(&slip, &told), told.event.by.clone());
    let written = context.db.write(&context.job.actor(), move |tx| begin(tx, job, &row, &by)).await?;
    let Some(seq) = written else { return Ok(Outcome::Done) };
    slip.id = message_id(job.dossier_id, seq);
    let reference = office.send(&slip).await?;
    finish(&context, SlipJob { dossier_id: job.dossier_id, seq }, sent_at, reference).await
}

/// What a row of a slip holds.
struct NewRow {
    number: String,
    users: Value,
}

fn new_row(slip: &Slip, told: &News) -> NewRow {
    let named = slip.land_users.iter().filter_map(|user| {
        let tax_number = user.tax_number.clone().unwrap_or_default();
        let number = user.number.clone().or_else(|| user.tax_number.clone())?;
        Some(Named { number, tax_number, name: user.name.clone() })
    });
    let users: Vec<Named> = named.collect();
    NewRow { number: format!("{}/PCTT", told.code), users: json!(users) }
}

/// Whether an event that sends a slip is still to send it.
#[derive(QueryableByName)]
struct Wanted {
    /// Its own row, where that was written.
    #[diesel(sql_type = Nullable<SmallInt>)]
    seq: Option<i16>,
    #[diesel(sql_type = Nullable<Bool>)]
    acknowledged: Option<bool>,
    /// The dossier has come back since, or was sent anew.
    #[diesel(sql_type = Bool)]
    over: bool,
    /// An earlier slip is still to be recalled.
    #[diesel(sql_type = Bool)]
    recall_waits: bool,
}

const WANTED: &str = "SELECT s.seq, s.acknowledged_at IS NOT NULL AS acknowledged,
        (d.progress ->> 'tax_sent_at' IS NULL
         OR EXISTS (SELECT FROM dossier_event e
                     WHERE e.dossier_id = d.id AND e.action = 'send_to_tax' AND e.seq > w.event)) AS over,
        EXISTS (SELECT FROM job j WHERE j.kind = ? AND j.subject = d.id AND j.state IN ('waiting', 'leased')) AS recall_waits
   FROM (SELECT ?::uuid AS id, ?::integer AS event) AS w
   JOIN dossier d ON d.id = w.id
   LEFT JOIN tax_slip s ON s.dossier_id = d.id AND s.kind = 'slip' AND s.event_seq = w.event";

/// Writes the row of the slip that this event sends, unless it is there; `None`: it was
/// acknowledged, or the dossier came back before anything was written. A row that is there is
/// sent also when it was recalled since: the tax office takes back only what it has.
fn begin(tx: &mut Tx, job: DossierJob, row: &NewRow, by: &str) -> Result<Option<i16>> {
    prepared("SELECT FROM dossier WHERE id = ? FOR NO KEY UPDATE")
        .bind::<SqlUuid, _>(job.dossier_id)
        .execute(tx.conn)?;
    let wanted: Wanted = prepared(WANTED)
        .bind::<Text, _>(TAX_RECALL)
        .bind::<SqlUuid, _>(job.dossier_id)
        .bind::<Integer, _>(job.seq)
        .get_result(tx.conn)?;
    if wanted.seq.is_some() {
        return Ok(wanted.seq.filter(|_| wanted.acknowledged != Some(true)));
    }
    if wanted.over {
        return Ok(None);
    }
    if wanted.recall_waits {
        return Err(anyhow!("the slip before is to be recalled first").into());
    }
    let seq = last_of(tx.conn, job.dossier_id)?.map_or(1, |last| last.seq + 1);
    forget_confirmation(tx, job.dossier_id)?;
    prepared(
        "INSERT INTO tax_slip (dossier_id, seq, kind, event_seq, number, land_users, requested_at, requested_by)
         VALUES (?, ?, 'slip', ?, ?, ?, ?, ?)",
    )
    .bind::<SqlUuid, _>(job.dossier_id)
    .bind::<SmallInt, _>(seq)
    .bind::<Integer, _>(job.seq)
    .bind::<Text, _>(&row.number)
    .bind::<Jsonb, _>(&row.users)
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .bind::<Text, _>(by)
    .execute(tx.conn)?;
    Ok(Some(seq))
}

/// What was confirmed, was confirmed about the slip before.
pub fn forget_confirmation(tx: &mut Tx, dossier: Uuid) -> Result<()> {
    prepared("DELETE FROM land_tax_confirmation WHERE dossier_id = ?")
        .bind::<SqlUuid, _>(dossier)
        .execute(tx.conn)?;
    Ok(())
}

/// The newest row of a dossier.
#[derive(Debug, QueryableByName)]
pub struct Last {
    #[diesel(sql_type = SmallInt)]
    pub seq: i16,
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = Text)]
    pub number: String,
    #[diesel(sql_type = Bool)]
    pub acknowledged: bool,
    #[diesel(sql_type = Jsonb)]
    pub land_users: Value,
}

/// The newest row of a dossier.
pub fn last_of(conn: &mut PgConnection, dossier: Uuid) -> Result<Option<Last>> {
    Ok(prepared(
        "SELECT seq, kind, number, acknowledged_at IS NOT NULL AS acknowledged, land_users
           FROM tax_slip WHERE dossier_id = ? ORDER BY seq DESC LIMIT 1",
    )
    .bind::<SqlUuid, _>(dossier)
    .get_result(conn)
    .optional()?)
}

/// Records an acknowledgement, once, and from it until when the tax office is to answer.
async fn finish(context: &JobContext, of: SlipJob, sent_at: Timestamp, reference: String) -> Result<Outcome> {
    let app = context.app.clone();
    context.finish_with(move |tx| acknowledge(&app, tx, of, sent_at, &reference)).await
}

fn acknowledge(app: &App, tx: &mut Tx, of: SlipJob, sent_at: Timestamp, reference: &str) -> Result<()> {
    prepared(
        "UPDATE tax_slip SET sent_at = ?, acknowledged_at = ?, reference = ?, income_tax_due_at = ?, registration_due_at = ?
          WHERE dossier_id = ? AND seq = ? AND acknowledged_at IS NULL",
    )
    .bind::<Timestamptz, _>(to_sql(sent_at))
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .bind::<Text, _>(reference)
    .bind::<Nullable<Timestamptz>, _>(answer_by(app.calendar, tx.now, INCOME_TAX_DAYS).map(to_sql))
    .bind::<Nullable<Timestamptz>, _>(answer_by(app.calendar, tx.now, REGISTRATION_DAYS).map(to_sql))
    .bind::<SqlUuid, _>(of.dossier_id)
    .bind::<SmallInt, _>(of.seq)
    .execute(tx.conn)?;
    Ok(())
}

/// Until when the tax office is to answer; `None`: the calendar does not reach so far.
fn answer_by(calendar: &Calendar, from: Timestamp, days: u32) -> Option<Timestamp> {
    due(calendar, from, &Term::working_days(days), &[]).ok()?.at()
}

#[derive(QueryableByName)]
struct Stored {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Jsonb)]
    changes: Value,
    #[diesel(sql_type = Text)]
    reason: String,
    #[diesel(sql_type = Bool)]
    acknowledged: bool,
    /// Row of the slip that is corrected or recalled.
    #[diesel(sql_type = SmallInt)]
    before: i16,
    /// That one was acknowledged.
    #[diesel(sql_type = Bool)]
    ready: bool,
    #[diesel(sql_type = Integer)]
    event: i32,
}

const STORED: &str = "SELECT s.kind, s.changes, s.reason, s.acknowledged_at IS NOT NULL AS acknowledged,
        coalesce(b.seq, 1::smallint) AS before, b.acknowledged_at IS NOT NULL AS ready,
        coalesce((SELECT max(e.seq) FROM dossier_event e WHERE e.dossier_id = s.dossier_id
                     AND e.action = 'send_to_tax'), 1) AS event
   FROM tax_slip s
   LEFT JOIN LATERAL (SELECT seq, acknowledged_at FROM tax_slip
                       WHERE dossier_id = s.dossier_id AND seq < s.seq AND kind <> 'recall'
                       ORDER BY seq DESC LIMIT 1) AS b ON true
  WHERE s.dossier_id = ? AND s.seq = ?";

/// Job `correct_tax_slip`: sends the slip again with what is corrected in it, by the number of
/// the slip that it corrects.
pub async fn correct(context: JobContext, office: Arc<TaxOffice>) -> Result<Outcome> {
    let of: SlipJob = context.job.payload()?;
    let app = context.app.clone();
    let (stored, mut told): (Stored, News) = context
        .db
        .read(move |conn| {
            let stored: Stored = prepared(STORED)
                .bind::<SqlUuid, _>(of.dossier_id)
                .bind::<SmallInt, _>(of.seq)
                .get_result(conn)?;
            let job = DossierJob { dossier_id: of.dossier_id, seq: stored.event };
            let told = news(&app, conn, job)?;
            Ok((stored, told))
        })
        .await?;
    if stored.acknowledged || stored.kind != "correction" {
        return Ok(Outcome::Done);
    }
    if !stored.ready {
        return Err(anyhow!("what is corrected has not been acknowledged").into());
    }
    if let (Some(answers), Some(changes)) = (told.answers.as_object_mut(), stored.changes.as_object()) {
        answers.extend(changes.clone());
    }
    let sent_at = context.db.clock.now();
    let mut slip = match slip::slip(&told, sent_at) {
        Ok(slip) => slip,
        Err(lacking) => return Ok(Outcome::Dead(format!("no slip can be made: {lacking}"))),
    };
    slip.id = message_id(of.dossier_id, of.seq);
    slip.request = Request::Correction;
    slip.corrects = Some(message_id(of.dossier_id, stored.before));
    slip.number = format!("{}/PCTT-{}", told.code, of.seq);
    let reference = office.send(&slip).await?;
    finish(&context, of, sent_at, reference).await
}

/// Job `recall_tax_slip`: takes the slip back from the tax office.
pub async fn recall(context: JobContext, office: Arc<TaxOffice>) -> Result<Outcome> {
    let job: DossierJob = context.job.payload()?;
    let written = context.db.write(&context.job.actor(), move |tx| begin_recall(tx, job)).await?;
    let Some((of, stored, code)) = written else { return Ok(Outcome::Done) };
    let sent_at = context.db.clock.now();
    let message = Recall {
        id: message_id(of.dossier_id, of.seq),
        slip: message_id(of.dossier_id, stored.before),
        dossier_code: code,
        reason: stored.reason,
        sent: wire_time(sent_at),
    };
    let reference = office.recall(&message).await?;
    finish(&context, of, sent_at, reference).await
}

#[derive(QueryableByName)]
struct Why {
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = Text)]
    note: String,
    #[diesel(sql_type = Text)]
    actor: String,
}

/// Writes the row of a recall, unless it is there; `None`: nothing was sent, or the recall was
/// acknowledged.
fn begin_recall(tx: &mut Tx, job: DossierJob) -> Result<Option<(SlipJob, Stored, String)>> {
    prepared("SELECT FROM dossier WHERE id = ? FOR NO KEY UPDATE")
        .bind::<SqlUuid, _>(job.dossier_id)
        .execute(tx.conn)?;
    let why: Why = prepared(
        "SELECT d.code, e.note, e.actor FROM dossier d JOIN dossier_event e ON e.dossier_id = d.id
          WHERE d.id = ? AND e.seq = ?",
    )
    .bind::<SqlUuid, _>(job.dossier_id)
    .bind::<Integer, _>(job.seq)
    .get_result(tx.conn)?;
    let seq = match last_of(tx.conn, job.dossier_id)? {
        None => return Ok(None),
        Some(last) if last.kind == "recall" && last.acknowledged => return Ok(None),
        Some(last) if last.kind == "recall" => last.seq,
        Some(last) => {
            forget_confirmation(tx, job.dossier_id)?;
            prepared(
                "INSERT INTO tax_slip (dossier_id, seq, kind, number, reason, land_users, requested_at, requested_by)
                 VALUES (?, ?, 'recall', ?, ?, ?, ?, ?)",
            )
            .bind::<SqlUuid, _>(job.dossier_id)
            .bind::<SmallInt, _>(last.seq + 1)
            .bind::<Text, _>(&last.number)
            .bind::<Text, _>(reason(&why.note))
            .bind::<Jsonb, _>(&last.land_users)
            .bind::<Timestamptz, _>(to_sql(tx.now))
            .bind::<Text, _>(&why.actor)
            .execute(tx.conn)?;
            last.seq + 1
        }
    };
    let stored: Stored =
        prepared(STORED).bind::<SqlUuid, _>(job.dossier_id).bind::<SmallInt, _>(seq).get_result(tx.conn)?;
    Ok(Some((SlipJob { dossier_id: job.dossier_id, seq }, stored, why.code)))
}

/// Why, in at most 500 characters; the workflow's reasons stay with the dossier.
fn reason(note: &str) -> String {
    let note: String = note.chars().take(500).collect();
    if note.is_empty() {
        "Hồ sơ không còn đề nghị xác định nghĩa vụ tài chính".to_owned()
    } else {
        note
    }
}
