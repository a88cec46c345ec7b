//! Counting what was paid: by orders of ours, and by documents of the tax side.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use jiff::Timestamp;
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

use super::dossier::Matter;
use super::notice::{self, Stored};
use super::{REPORT_PAYMENT, notice::meet_if_paid};
use crate::db::{Tx, prepared, to_sql};
use crate::error::Result;
use crate::jobs::{JobContext, Outcome, enqueue};
use crate::national::tax::{PaymentReport, TaxOffice};
use crate::payments::{ClaimPaid, count_elsewhere};

/// Money that was paid elsewhere and meets nothing yet: of a document, or carried out of a notice
/// that holds no more.
#[derive(QueryableByName)]
struct Waiting {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Bool)]
    of_notice: bool,
    /// It was looked at before, and was more than was owed then.
    #[diesel(sql_type = Bool)]
    over: bool,
    #[diesel(sql_type = Text)]
    notice_no: String,
    #[diesel(sql_type = Text)]
    taxpayer_no: String,
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = Nullable<SmallInt>)]
    instalment: Option<i16>,
    #[diesel(sql_type = BigInt)]
    amount: i64,
}

/// A notice that holds no more.
#[derive(QueryableByName)]
pub struct Ended {
    #[diesel(sql_type = Text)]
    notice_no: String,
    #[diesel(sql_type = Text)]
    by_no: String,
}

/// The notices of a dossier that hold no more, whether they have come or not.
pub fn ended(tx: &mut Tx, dossier: Uuid) -> Result<Vec<Ended>> {
    Ok(prepared("SELECT notice_no, by_no FROM land_tax_end WHERE dossier_id = ?")
        .bind::<SqlUuid, _>(dossier)
        .load(tx.conn)?)
}

/// Counts what was paid elsewhere for notices of a dossier that are there now, also what was too
/// much for a notice in whose stead a higher one stands. The dossier is locked.
pub fn count_waiting(tx: &mut Tx, matter: &Matter) -> Result<()> {
    let waiting: Vec<Waiting> = prepared(
        "SELECT id, false AS of_notice, applied_at IS NOT NULL AS over, notice_no, taxpayer_no, code, instalment,
                CASE WHEN applied_at IS NULL THEN amount ELSE over END AS amount
           FROM land_tax_document WHERE dossier_id = ? AND (applied_at IS NULL OR over > 0)
          UNION ALL
         SELECT id, true, true, notice_no, taxpayer_no, code, instalment, over
           FROM land_tax_notice WHERE dossier_id = ? AND over > 0
          ORDER BY id",
    )
    .bind::<SqlUuid, _>(matter.id)
    .bind::<SqlUuid, _>(matter.id)
    .load(tx.conn)?;
    if waiting.is_empty() {
        return Ok(());
    }
    let ended = ended(tx, matter.id)?;
    for money in waiting {
        let number = in_force(&money.notice_no, &ended);
        let mut rows = notice::of_dossier(tx.conn, matter.id)?;
        rows.retain(|row| row.taxpayer_no == money.taxpayer_no && row.notice_no == number);
        // A notice that was cancelled before it came meets nothing, whenever it comes.
        let cancelled = ended.iter().any(|end| end.notice_no == number);
        if rows.is_empty() && !cancelled {
            continue;
        }
        let (counted, left) = count(tx, &money, &rows)?;
        match (money.of_notice, money.over) {
            (_, true) if counted == 0 => {}
            (true, _) => less_over(tx, money.id, counted)?,
            (false, _) => applied(tx, money.id, counted, left)?,
        }
    }
    Ok(())
}

/// Counts money for rows of its notice: of the instalment that is named, or of the last one where
/// a later notice has fewer. What was counted, and what is left, in đồng.
fn count(tx: &mut Tx, money: &Waiting, rows: &[Stored]) -> Result<(i64, i64)> {
    let last = rows.iter().map(|row| row.instalment).max().unwrap_or(1);
    let instalment = money.instalment.map(|number| number.min(last));
    let named = |row: &&Stored| {
        (money.code.is_empty() || row.code == money.code)
            && instalment.is_none_or(|number| row.instalment == number)
    };
    let (mut left, mut counted) = (money.amount, 0);
    for row in rows.iter().filter(named).filter(|row| !row.state.has_ended()) {
        let Some(claim) = row.claim_id.filter(|_| left > 0) else { continue };
        let met = count_elsewhere(tx, claim, left)?;
        (left, counted) = (met.over, counted + met.counted);
        meet_if_paid(tx, row.id)?;
    }
    Ok((counted, left))
}

/// The number of the notice that stands in the stead of one. PURE.
pub fn in_force(number: &str, ended: &[Ended]) -> String {
    let mut number = number.to_owned();
    // No longer than there are steps: two that name each other are no way.
    for _ in ended {
        match ended.iter().find(|end| end.notice_no == number && !end.by_no.is_empty()) {
            Some(end) => number.clone_from(&end.by_no),
            None => break,
        }
    }
    number
}

fn applied(tx: &mut Tx, id: Uuid, counted: i64, over: i64) -> Result<()> {
    prepared("UPDATE land_tax_document SET counted = counted + ?, over = ?, applied_at = coalesce(applied_at, ?) WHERE id = ?")
        .bind::<BigInt, _>(counted)
        .bind::<BigInt, _>(over)
        .bind::<Timestamptz, _>(to_sql(tx.now))
        .bind::<SqlUuid, _>(id)
        .execute(tx.conn)?;
    Ok(())
}

/// What was too much for a notice meets the one in its stead.
fn less_over(tx: &mut Tx, notice: Uuid, counted: i64) -> Result<()> {
    prepared("UPDATE land_tax_notice SET over = over - ? WHERE id = ?")
        .bind::<BigInt, _>(counted)
        .bind::<SqlUuid, _>(notice)
        .execute(tx.conn)?;
    Ok(())
}

#[derive(QueryableByName)]
struct Paid {
    #[diesel(sql_type = Text)]
    dossier: String,
    #[diesel(sql_type = SqlUuid)]
    notice_id: Uuid,
}

/// Job `claim_paid`: an order of ours was paid. The notice is met, the tax side is told, and
/// the dossier may go on.
pub async fn claim_was_paid(context: JobContext) -> Result<Outcome> {
    let paid: ClaimPaid = context.job.payload()?;
    context.finish_with(move |tx| note(tx, paid)).await
}

fn note(tx: &mut Tx, paid: ClaimPaid) -> Result<()> {
    let found: Paid = prepared(
        "SELECT d.code AS dossier, n.id AS notice_id
           FROM land_tax_notice n JOIN dossier d ON d.id = n.dossier_id WHERE n.claim_id = ?",
    )
    .bind::<SqlUuid, _>(paid.claim_id)
    .get_result(tx.conn)?;
    let matter =
        Matter::lock(tx, &found.dossier)?.ok_or_else(|| anyhow::anyhow!("{} is gone", found.dossier))?;
    meet_if_paid(tx, found.notice_id)?;
    to_be_reported(tx, matter.id, found.notice_id, paid.entry_id)?;
    matter.advance(tx)
}

/// The tax side is to be told of an entry, once.
fn to_be_reported(tx: &mut Tx, dossier: Uuid, notice: Uuid, entry: Uuid) -> Result<()> {
    prepared("INSERT INTO land_tax_report (entry_id, notice_id) VALUES (?, ?) ON CONFLICT DO NOTHING")
        .bind::<SqlUuid, _>(entry)
        .bind::<SqlUuid, _>(notice)
        .execute(tx.conn)?;
    let dedup = Some(format!("report_tax_payment:{entry}"));
    enqueue(tx, REPORT_PAYMENT, Some(dossier), json!({ "entry_id": entry }), dedup)
}

/// The tax side is to be told of what goes back of payments made here for a notice that holds no
/// more: its book is the one of the money that is there. Of a payment it is told before.
pub fn report_given_back(tx: &mut Tx, dossier: Uuid, notice: Uuid, claim: Uuid) -> Result<()> {
    #[derive(QueryableByName)]
    struct Back {
        #[diesel(sql_type = SqlUuid)]
        id: Uuid,
        #[diesel(sql_type = SqlUuid)]
        paid: Uuid,
        #[diesel(sql_type = SqlUuid)]
        paid_notice: Uuid,
    }
    let entries: Vec<Back> = prepared(
        "SELECT e.id, paid.id AS paid, n.id AS paid_notice
           FROM claim_entry e JOIN gateway_payment p ON p.id = e.payment_id
           JOIN payment_attempt a ON a.id = p.attempt_id JOIN claim_entry paid ON paid.order_id = a.order_id
           JOIN land_tax_notice n ON n.claim_id = paid.claim_id
          WHERE e.from_claim_id = ? AND e.kind = 'returned' ORDER BY e.id",
    )
    .bind::<SqlUuid, _>(claim)
    .load(tx.conn)?;
    for entry in entries {
        to_be_reported(tx, dossier, entry.paid_notice, entry.paid)?;
        to_be_reported(tx, dossier, notice, entry.id)?;
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Report {
    #[diesel(sql_type = Text)]
    dossier: String,
    #[diesel(sql_type = Text)]
    notice_no: String,
    #[diesel(sql_type = SmallInt)]
    instalment: i16,
    #[diesel(sql_type = BigInt)]
    amount: i64,
    #[diesel(sql_type = Text)]
    reference: String,
    #[diesel(sql_type = Timestamptz)]
    at: jiff_diesel::Timestamp,
    #[diesel(sql_type = Bool)]
    given_back: bool,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    reported_at: Option<jiff_diesel::Timestamp>,
}

#[derive(serde::Deserialize)]
struct Entry {
    entry_id: Uuid,
}

/// Job `report_tax_payment`: the tax side is told of a payment that was made here, or of what went
/// back of one. It knows the number of the order and of the entry, so telling it again does no harm.
pub async fn report(context: JobContext, office: Arc<TaxOffice>) -> Result<Outcome> {
    let Entry { entry_id } = context.job.payload()?;
    let told: Report = context
        .db
        .read(move |conn| {
            Ok(prepared(
                "SELECT d.code AS dossier, n.notice_no, n.instalment, e.amount, o.reference, e.at,
                        e.kind = 'returned' AS given_back, r.reported_at
                   FROM land_tax_report r JOIN claim_entry e ON e.id = r.entry_id
                   LEFT JOIN gateway_payment p ON p.id = e.payment_id
                   LEFT JOIN payment_attempt a ON a.id = p.attempt_id
                   JOIN payment_order o ON o.id = coalesce(e.order_id, a.order_id)
                   JOIN land_tax_notice n ON n.id = r.notice_id JOIN dossier d ON d.id = n.dossier_id
                  WHERE r.entry_id = ?",
            )
            .bind::<SqlUuid, _>(entry_id)
            .get_result(conn)?)
        })
        .await?;
    if told.reported_at.is_some() {
        return Ok(Outcome::Done);
    }
    let paid_at: Timestamp = told.at.to_jiff();
    let message = PaymentReport {
        dossier_code: told.dossier,
        notice_number: told.notice_no,
        instalment: u16::try_from(told.instalment).unwrap_or(1),
        amount: told.amount,
        reference: told.reference,
        given_back: told.given_back.then(|| entry_id.to_string()),
        paid_at,
        payer: None,
    };
    office.report_payment(&message).await?;
    context
        .finish_with(move |tx| {
            prepared("UPDATE land_tax_report SET reported_at = ? WHERE entry_id = ? AND reported_at IS NULL")
                .bind::<Timestamptz, _>(to_sql(tx.now))
                .bind::<SqlUuid, _>(entry_id)
                .execute(tx.conn)?;
            Ok(())
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notice_in_force_is_found_whatever_came_before() {
        let end = |old: &str, by: &str| Ended { notice_no: old.to_owned(), by_no: by.to_owned() };
        let ended = [end("A", "B"), end("B", "C"), end("X", ""), end("R", "S"), end("S", "R")];
        assert_eq!(in_force("A", &ended), "C");
        assert_eq!(in_force("D", &ended), "D");
        assert_eq!(in_force("X", &ended), "X");
        assert!(["R", "S"].contains(&in_force("R", &ended).as_str()), "and it ends");
    }
}
