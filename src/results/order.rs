//! A prepared result is ordered to be signed, and what became of the order: signed it is issued,
//! refused it stays prepared and says why.

use diesel::prelude::*;
use diesel::sql_types::{Date as SqlDate, Text, Uuid as SqlUuid};
use serde_json::json;
use uuid::Uuid;

use super::change::lock;
use super::register::{self, ResultState};
use super::{RESULT_NOT_READY, RESULT_STATE, issue, obligations};
use crate::clock::day_of;
use crate::db::{Tx, prepared};
use crate::error::{INVALID, Result};
use crate::jobs::{JobContext, Outcome as Done, enqueue};
use crate::signing::{self, Ended, Order, Outcome};
use crate::workflow::Role;

/// Job: the signing of a result has ended. Payload [`Ended`].
pub const RESULT_SIGNED: &str = "result_signed";

/// What a result is to the tray.
const PURPOSE: &str = "result";

/// Who is to sign.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// A leader of the agency that decides; `None` = its only one.
    pub signer: Option<Uuid>,
    /// The agency's seal follows.
    pub seal: bool,
}

#[derive(QueryableByName)]
struct Leader {
    #[diesel(sql_type = SqlUuid)]
    staff_id: Uuid,
}

/// Orders the signature of a result that is printed. Ordered again, it is the same order.
pub fn order(tx: &mut Tx, id: Uuid, wanted: Wanted) -> Result<()> {
    lock(tx, id)?;
    let row = register::find(tx.conn, id)?;
    if row.state()? != ResultState::Prepared {
        return Err(RESULT_STATE.err());
    }
    if row.replaces_id.is_none() && obligations::is_closed(tx.conn, row.dossier_id)? {
        return Err(RESULT_STATE.because("Hồ sơ đã kết thúc", "The dossier has come to its end"));
    }
    obligations::check(tx.conn, row.dossier_id)?;
    let file_id = row.draft_file_id.ok_or_else(|| RESULT_NOT_READY.err())?;
    let title: String = format!("{} số {}", row.name, row.number_text).chars().take(300).collect();
    let order = Order {
        file_id,
        purpose: PURPOSE,
        subject_id: id,
        title: &title,
        unit_id: row.unit_id,
        signer_id: signer(tx, row.unit_id, wanted.signer)?,
        seal: wanted.seal,
        place: None,
        done: RESULT_SIGNED,
    };
    let request = signing::order(tx, &order)?;
    prepared("UPDATE result SET signing_request_id = ? WHERE id = ?")
        .bind::<SqlUuid, _>(request)
        .bind::<SqlUuid, _>(id)
        .execute(tx.conn)?;
    tx.audit("order_result_signature", Some(id))
}

/// The leader of the unit who is asked for, or the only one that it has.
fn signer(tx: &mut Tx, unit: Uuid, asked: Option<Uuid>) -> Result<Uuid> {
    let today = jiff_diesel::Date::from(day_of(tx.now));
    let leaders: Vec<Leader> = prepared(
        "SELECT DISTINCT p.staff_id FROM position p JOIN staff s ON s.id = p.staff_id
          WHERE p.agency_id = ? AND p.role = ? AND p.valid_from <= ? AND (p.valid_to IS NULL OR p.valid_to >= ?)
            AND s.active ORDER BY p.staff_id",
    )
    .bind::<SqlUuid, _>(unit)
    .bind::<Text, _>(Role::Leader.word())
    .bind::<SqlDate, _>(today)
    .bind::<SqlDate, _>(today)
    .load(tx.conn)?;
    let found = match asked {
        Some(id) => leaders.iter().find(|leader| leader.staff_id == id),
        None => leaders.first().filter(|_| leaders.len() == 1),
    };
    found.map(|leader| leader.staff_id).ok_or_else(|| match asked {
        Some(_) => {
            INVALID.at("/signer", "không phải lãnh đạo của cơ quan này", "not a leader of this agency")
        }
        None => INVALID.at(
            "/signer",
            "cơ quan có nhiều hoặc không có lãnh đạo; cần nêu người ký",
            "the agency has several leaders or none; say who signs",
        ),
    })
}

/// Calls off the order of a result that nobody is to sign any more; 409 where the official has.
pub(super) fn call_off(tx: &mut Tx, request: Option<Uuid>, why: &str) -> Result<()> {
    let Some(request) = request else { return Ok(()) };
    let over = |outcome| matches!(outcome, Outcome::Refused { .. } | Outcome::Cancelled);
    if signing::cancel(tx, request, why)? || over(signing::outcome(tx.conn, request)?) {
        return Ok(());
    }
    Err(RESULT_STATE.err())
}

/// Job `result_signed`: issues what was signed. A refusal is read where the result is shown. What
/// obligations hold back stays signed, and is issued by [`issue_signed`].
pub async fn signed(context: JobContext) -> Result<Done> {
    let Ended { request_id } = context.job.payload()?;
    context
        .finish_with(move |tx| {
            let Outcome::Signed { file_id } = signing::outcome(tx.conn, request_id)? else { return Ok(()) };
            let result_id = signing::subject(tx.conn, request_id)?;
            match issue(tx, result_id, file_id) {
                Err(held) if obligations::holds_back(&held) => Ok(()),
                issued => issued,
            }
        })
        .await
}

#[derive(QueryableByName)]
struct Ordered {
    #[diesel(sql_type = SqlUuid)]
    request_id: Uuid,
}

/// Issues, by jobs, what was signed of a dossier while an obligation was open.
pub fn issue_signed(tx: &mut Tx, dossier: Uuid) -> Result<()> {
    let ordered: Vec<Ordered> = prepared(
        "SELECT signing_request_id AS request_id FROM result
          WHERE dossier_id = ? AND state = 'prepared' AND signing_request_id IS NOT NULL",
    )
    .bind::<SqlUuid, _>(dossier)
    .load(tx.conn)?;
    for Ordered { request_id } in ordered {
        if matches!(signing::outcome(tx.conn, request_id)?, Outcome::Signed { .. }) {
            enqueue(tx, RESULT_SIGNED, Some(request_id), json!(Ended { request_id }), None)?;
        }
    }
    Ok(())
}
