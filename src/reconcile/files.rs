//! Takes in a gateway's settlement file of a day.
//!
//! Each step may be done again: the file is stored once for each wording, a payment that only
//! the file tells of is taken in once by its number, and the comparison is made anew. A file
//! that cannot be read is kept and listed, and nothing of it is used.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Binary, Bool, Date as SqlDate, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::RECONCILE;
use super::compare::compare;
use super::unmatched::{self, Found, UNREADABLE};
use crate::auth::Actor;
use crate::db::{Db, Tx, date_to_sql, prepared, to_sql};
use crate::error::{BUSY, Result};
use crate::jobs::{JobContext, Outcome};
use crate::payments::Gateways;
use crate::payments::gateway::Source;
use crate::payments::gateway::settlement::{Agreement, FileLine, LineKind, LineWords};
use crate::payments::inbox::take_in;

/// Job: fetch a gateway's settlement file of a day. Payload `FetchJob`.
pub const FETCH_SETTLEMENT: &str = "fetch_settlement";

/// Payload of [`FETCH_SETTLEMENT`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchJob {
    pub gateway: String,
    pub day: Date,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imported {
    Compared,
    /// Why it cannot be read.
    Unreadable(String),
}

/// Runs the job. A file that cannot be read is asked for again.
pub async fn run_fetch_settlement(context: JobContext, gateways: &Gateways) -> Result<Outcome> {
    let job: FetchJob = context.job.payload()?;
    Ok(match import(&context.db, gateways, &job.gateway, job.day).await? {
        Imported::Compared => Outcome::Done,
        Imported::Unreadable(why) => Outcome::Retry(why),
    })
}

/// Fetches a file, stores it, takes in what only it tells of, compares it, and answers.
pub async fn import(db: &Db, gateways: &Gateways, name: &str, day: Date) -> Result<Imported> {
    let gateway = gateways.named(name)?;
    let Some(files) = gateway.settlement() else {
        return Ok(Imported::Unreadable(format!("{name} has no settlement files")));
    };
    let (name, actor) = (gateway.words().gateway(), Actor::system(RECONCILE));
    let asked_at = db.clock.now();
    let text = files.fetch(day, asked_at).await?;
    let lines = files.read(&text).map_err(|flaw| format!("{flaw:#}"));
    let file = File { gateway: name, day, asked_at, text, lines };
    let flaw = file.lines.as_ref().err().cloned();
    let file_id = db.write(&actor, move |tx| store(tx, &file)).await?;
    if let Some(flaw) = flaw {
        return Ok(Imported::Unreadable(flaw));
    }
    for line in db.read(move |conn| untold(conn, name, file_id)).await? {
        let words = LineWords { gateway: name, line };
        db.write(&actor, move |tx| take_in(tx, &words, Source::Settlement, words.line.raw.as_bytes()))
            .await?;
    }
    let words: Vec<(String, Agreement)> = db.write(&actor, move |tx| compare(tx, name, day)).await?;
    files.respond(day, &words, db.clock.now()).await?;
    db.write(&actor, move |tx| stamp_answered(tx, file_id)).await?;
    Ok(Imported::Compared)
}

/// A file as it came.
struct File {
    gateway: &'static str,
    day: Date,
    /// Before it came.
    asked_at: Timestamp,
    text: String,
    /// What it says, or why it cannot be read.
    lines: std::result::Result<Vec<FileLine>, String>,
}

impl File {
    /// Payments less refunds, in đồng.
    fn net(&self) -> Option<i64> {
        let signed = |line: &FileLine| match line.kind {
            LineKind::Payment => line.amount,
            LineKind::Refund => -line.amount,
        };
        self.lines.as_ref().ok().map(|lines| lines.iter().map(signed).sum())
    }
}

#[derive(QueryableByName)]
struct Stored {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Integer)]
    version: i32,
    #[diesel(sql_type = Bool)]
    same: bool,
    /// It came after we had asked for the other one.
    #[diesel(sql_type = Bool)]
    newer: bool,
}

/// Stores a file with its lines, unless the newest of the day has the same wording.
fn store(tx: &mut Tx, file: &File) -> Result<Uuid> {
    let newest: Option<Stored> = prepared(
        "SELECT id, version, raw = ? AS same, fetched_at > ? AS newer FROM settlement_file WHERE gateway = ? AND day = ?
          ORDER BY version DESC LIMIT 1",
    )
    .bind::<Binary, _>(file.text.as_bytes())
    .bind::<Timestamptz, _>(to_sql(file.asked_at))
    .bind::<Text, _>(file.gateway)
    .bind::<SqlDate, _>(date_to_sql(file.day))
    .get_result(tx.conn)
    .optional()?;
    let version = newest.as_ref().map_or(0, |newest| newest.version) + 1;
    match newest {
        Some(known) if known.same => return Ok(known.id),
        // Ours may be the older wording, on its way for long: the job is run again and asks anew.
        Some(known) if known.newer => return Err(BUSY.err()),
        _ => (),
    }
    let id = Uuid::now_v7();
    // Who stores another one at the same time was first: the job is run again, and looks again.
    let written = prepared(
        "INSERT INTO settlement_file (id, gateway, day, version, raw, flaw, net, fetched_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<Text, _>(file.gateway)
    .bind::<SqlDate, _>(date_to_sql(file.day))
    .bind::<Integer, _>(version)
    .bind::<Binary, _>(file.text.as_bytes())
    .bind::<Nullable<Text>, _>(file.lines.as_ref().err())
    .bind::<Nullable<BigInt>, _>(file.net())
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .execute(tx.conn)?;
    if written == 0 {
        return Err(BUSY.err());
    }
    let found = match &file.lines {
        Ok(lines) => {
            store_lines(tx, id, lines)?;
            Vec::new()
        }
        Err(_) => vec![Found::unreadable()],
    };
    unmatched::look_again(tx, file.gateway, file.day, &[UNREADABLE], &found)?;
    Ok(id)
}

fn store_lines(tx: &mut Tx, file_id: Uuid, lines: &[FileLine]) -> Result<()> {
    prepared(
        "INSERT INTO settlement_line (file_id, line, kind, transaction, reference, amount, bank, at, raw)
         SELECT ?, told.* FROM unnest(?, ?, ?, ?, ?, ?, ?, ?) AS told",
    )
    .bind::<SqlUuid, _>(file_id)
    .bind::<Array<Integer>, _>((1..).take(lines.len()).collect::<Vec<i32>>())
    .bind::<Array<Text>, _>(lines.iter().map(|line| line.kind.word()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(lines.iter().map(|line| &line.transaction).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(lines.iter().map(|line| &line.reference).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(lines.iter().map(|line| line.amount).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(lines.iter().map(|line| &line.bank).collect::<Vec<_>>())
    .bind::<Array<Nullable<Timestamptz>>, _>(lines.iter().map(|line| line.at.map(to_sql)).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(lines.iter().map(|line| &line.raw).collect::<Vec<_>>())
    .execute(tx.conn)?;
    Ok(())
}

#[derive(QueryableByName)]
struct LineRow {
    #[diesel(sql_type = Text)]
    transaction: String,
    #[diesel(sql_type = Text)]
    reference: String,
    #[diesel(sql_type = BigInt)]
    amount: i64,
    #[diesel(sql_type = Text)]
    bank: String,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    at: jiff_diesel::NullableTimestamp,
    #[diesel(sql_type = Text)]
    raw: String,
}

/// The payments of a file that nobody has told of, or of which we know another amount and that
/// settled nothing: the inbox decides about them.
fn untold(conn: &mut PgConnection, gateway: &str, file_id: Uuid) -> Result<Vec<FileLine>> {
    let rows: Vec<LineRow> = prepared(
        "SELECT l.transaction, l.reference, l.amount, l.bank, l.at, l.raw
           FROM settlement_line l
           LEFT JOIN gateway_payment p ON p.gateway = ? AND p.transaction = l.transaction
          WHERE l.file_id = ? AND l.kind = 'payment'
            AND (p.id IS NULL OR (p.outcome <> 'settled' AND p.amount <> l.amount))
          ORDER BY l.line",
    )
    .bind::<Text, _>(gateway)
    .bind::<SqlUuid, _>(file_id)
    .load(conn)?;
    let line = |row: LineRow| FileLine {
        kind: LineKind::Payment,
        transaction: row.transaction,
        reference: row.reference,
        amount: row.amount,
        bank: row.bank,
        at: row.at.to_jiff(),
        raw: row.raw,
    };
    Ok(rows.into_iter().map(line).collect())
}

fn stamp_answered(tx: &mut Tx, file_id: Uuid) -> Result<()> {
    prepared("UPDATE settlement_file SET answered_at = ? WHERE id = ?")
        .bind::<Timestamptz, _>(to_sql(tx.now))
        .bind::<SqlUuid, _>(file_id)
        .execute(tx.conn)?;
    Ok(())
}
