//! `ImportThongBaoThue`: notices of what is owed.
//!
//! Refused as a whole: a taxpayer who is no land user of the slip; a row that was told
//! otherwise before. A row that was told before is left as it is. A notice that is replaced or
//! cancelled ends, whether it has come already or comes later; what was paid for it is carried
//! to its successor or goes back.

use std::collections::BTreeSet;

use actix_web::{HttpRequest, HttpResponse, post, web};
use diesel::prelude::*;
use diesel::sql_types::{Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::{AMOUNT_LIMIT, Answer, CONFLICT, Message, NO_SLIP, is_number, receive};
use crate::app::App;
use crate::config::Secret;
use crate::db::{Tx, prepared, to_sql};
use crate::error::{Problem, Result};
use crate::land_tax::dossier::{Matter, Named};
use crate::land_tax::notice::{self, NewNotice, State, Stored};
use crate::land_tax::settle;
use crate::national::tax::{
    IMPORT_NOTICES, ImportNotices, NoticeKind, NoticeRow, Reply, UNKNOWN_DOSSIER, UNKNOWN_NOTICE, UNREADABLE,
    Unreadable,
};
use crate::payments::close_claim;

/// Take in notices of the tax office
#[utoipa::path(
    operation_id = "import_tax_notices", tag = "land_tax", security(()),
    request_body(content = Object, description = "ImportThongBaoThue, with its SecurityKey", content_type = "application/json"),
    responses(
        (status = 200, description = "Taken in, now or before", body = Reply),
        (status = "4XX", description = "Refused: ERROR_CODE says why",
         content((Reply = "application/json"), (Problem = "application/problem+json"))),
        (status = 503, description = "To be sent again",
         content((Reply = "application/json"), (Problem = "application/problem+json"))),
    )
)]
#[post("/api/v1/integration/tax/ImportThongBaoThue")]
pub async fn import_tax_notices(
    app: web::Data<App>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    receive::<ImportNotices>(&app, &request, payload).await
}

impl Message for ImportNotices {
    const KIND: &'static str = IMPORT_NOTICES;

    fn read(raw: &[u8]) -> std::result::Result<Self, Unreadable> {
        Self::read(raw)
    }

    fn key(&self) -> &Secret<String> {
        &self.security_key
    }

    fn id(&self) -> Option<&str> {
        self.notices.message_id.as_deref()
    }

    fn content(&self) -> Vec<u8> {
        self.notices.write().into_bytes()
    }

    fn dossier_code(&self) -> &str {
        &self.notices.dossier_code
    }

    fn take(&self, tx: &mut Tx, matter: &Matter, log_id: Uuid) -> Result<Answer> {
        if matter.recalled && self.notices.rows.iter().any(|row| row.kind() != NoticeKind::Cancelled) {
            return Ok(Answer::refused(404, UNKNOWN_DOSSIER, NO_SLIP));
        }
        if let Some(refused) = unusable(&self.notices.rows) {
            return Ok(refused);
        }
        let stored = notice::of_dossier(tx.conn, matter.id)?;
        let judged: std::result::Result<Vec<Told>, Answer> =
            self.notices.rows.iter().map(|row| judge(row, matter, &stored)).collect();
        match judged {
            Err(refused) => Ok(refused),
            Ok(told) => {
                apply(tx, matter, &told, log_id)?;
                Ok(Answer::taken())
            }
        }
    }
}

/// What no notice can say, and two rows about the same. PURE.
fn unusable(rows: &[NoticeRow]) -> Option<Answer> {
    let bad = rows.iter().any(|row| {
        !is_number(&row.notice_number)
            || row.replaced.as_deref().is_some_and(|old| !is_number(old))
            || !(0..=AMOUNT_LIMIT).contains(&row.amount)
    });
    if bad {
        return Some(Answer::refused(400, UNREADABLE, "Số tiền hoặc số thông báo không hợp lệ"));
    }
    let mut seen = BTreeSet::new();
    let issued = rows.iter().filter(|row| row.kind() != NoticeKind::Cancelled);
    let twice = issued
        .map(|row| (row.notice_number.as_str(), notice::code_of(row), row.instalment()))
        .find(|told| !seen.insert(told.clone()));
    let (number, code, _) = twice?;
    let text = format!("Thông báo {number} có hai dòng cùng tiểu mục {code} và kỳ nộp");
    Some(Answer::refused(409, CONFLICT, text))
}

/// What a row says.
struct Told<'a> {
    row: &'a NoticeRow,
    user: &'a Named,
    /// It was told before.
    known: bool,
}

/// What to make of a row; what we know before what is told. PURE.
fn judge<'a>(
    row: &'a NoticeRow,
    matter: &'a Matter,
    stored: &[Stored],
) -> std::result::Result<Told<'a>, Answer> {
    let numbers = [row.number.as_deref().unwrap_or_default(), row.tax_number.as_str()];
    let Some(user) = matter.user(&numbers) else {
        let text = "Người nộp thuế không thuộc hồ sơ này";
        return Err(Answer::refused(422, UNKNOWN_NOTICE, text));
    };
    let same_number = |known: &&Stored| known.notice_no == row.notice_number;
    if let Some(other) = stored.iter().filter(same_number).find(|known| known.taxpayer_no != user.number) {
        let text = format!("Thông báo {} thuộc người nộp thuế khác", other.notice_no);
        return Err(Answer::refused(422, UNKNOWN_NOTICE, text));
    }
    let ends = matches!(row.kind(), NoticeKind::Replaces | NoticeKind::Cancelled);
    let replaces = |known: &&Stored| ends && row.replaced.as_ref() == Some(&known.notice_no);
    if stored.iter().filter(replaces).any(|known| known.taxpayer_no != user.number) {
        let text = "Thông báo bị thay thế thuộc người nộp thuế khác";
        return Err(Answer::refused(422, UNKNOWN_NOTICE, text));
    }
    if row.kind() == NoticeKind::Cancelled {
        return Ok(Told { row, user, known: false });
    }
    let (code, instalment) = (notice::code_of(row), i16::try_from(row.instalment()).unwrap_or(i16::MAX));
    let before =
        stored.iter().filter(same_number).find(|known| known.code == code && known.instalment == instalment);
    match before {
        Some(known) if known.amount != row.amount => {
            let text = format!("Thông báo {} đã có với số tiền khác", known.notice_no);
            Err(Answer::refused(409, CONFLICT, text))
        }
        Some(known)
            if row.kind() == NoticeKind::Exempt
                && known.state != State::Exempt
                && !known.state.has_ended() =>
        {
            let text = format!("Thông báo {} đã có và không được miễn", known.notice_no);
            Err(Answer::refused(409, CONFLICT, text))
        }
        before => Ok(Told { row, user, known: before.is_some() }),
    }
}

/// Writes the new rows, then ends what they replace or cancel, then counts what was paid before.
fn apply(tx: &mut Tx, matter: &Matter, told: &[Told], log_id: Uuid) -> Result<()> {
    for one in told.iter().filter(|one| !one.known && one.row.kind() != NoticeKind::Cancelled) {
        let new = NewNotice { dossier_id: matter.id, user: one.user, row: one.row, message_id: log_id };
        let ended = ended(tx, matter.id, &one.row.notice_number)?;
        notice::insert(tx, &new, ended)?;
    }
    // A row that came as open may be told again as a debt, or was told to be one before it came.
    for one in told.iter().filter(|one| one.known && one.row.recorded_as_debt == Some(true)) {
        let number = one.row.notice_number.as_str();
        notice::tell_debt(tx, matter.id, (&one.user.number, number), number, log_id)?;
    }
    notice::record_debts(tx, matter.id)?;
    for one in told {
        let (row, kind) = (one.row, one.row.kind());
        // A notice may be cancelled that we refused, since its slip was recalled: what it
        // replaced is over all the same.
        if let (NoticeKind::Replaces | NoticeKind::Cancelled, Some(old)) = (kind, &row.replaced) {
            end(tx, matter.id, (old, one.user), State::Replaced, &row.notice_number, log_id)?;
        }
        if kind == NoticeKind::Cancelled {
            end(tx, matter.id, (&row.notice_number, one.user), State::Cancelled, "", log_id)?;
        }
    }
    settle::count_waiting(tx, matter)?;
    matter.advance(tx)
}

/// Whether a notice was ended before it came.
fn ended(tx: &mut Tx, dossier: Uuid, number: &str) -> Result<Option<State>> {
    #[derive(QueryableByName)]
    struct Ended {
        #[diesel(sql_type = Text)]
        state: String,
    }
    let found: Option<Ended> =
        prepared("SELECT state FROM land_tax_end WHERE dossier_id = ? AND notice_no = ?")
            .bind::<SqlUuid, _>(dossier)
            .bind::<Text, _>(number)
            .get_result(tx.conn)
            .optional()?;
    Ok(found.and_then(|ended| State::of(&ended.state)))
}

/// Ends a notice: its claims are given up, and what was paid is carried to the row of the same
/// sub-item and instalment of the notice in its stead.
fn end(
    tx: &mut Tx,
    dossier: Uuid,
    (number, user): (&str, &Named),
    state: State,
    by: &str,
    log_id: Uuid,
) -> Result<()> {
    prepared(
        "INSERT INTO land_tax_end (dossier_id, notice_no, state, by_no, message_id, at) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT DO NOTHING",
    )
    .bind::<SqlUuid, _>(dossier)
    .bind::<Text, _>(number)
    .bind::<Text, _>(state.word())
    .bind::<Text, _>(by)
    .bind::<SqlUuid, _>(log_id)
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .execute(tx.conn)?;
    let rows = notice::of_dossier(tx.conn, dossier)?;
    // What stands in its stead may have been replaced before this came.
    let by = if by.is_empty() { String::new() } else { settle::in_force(by, &settle::ended(tx, dossier)?) };
    let own = |row: &&Stored| row.taxpayer_no == user.number;
    for old in rows.iter().filter(own).filter(|row| row.notice_no == number && !row.state.has_ended()) {
        let moved = match old.claim_id {
            Some(claim) => {
                let instead = successor(old, rows.iter().filter(own).filter(|row| row.notice_no == by));
                let moved = close_claim(tx, claim, instead)?;
                settle::report_given_back(tx, dossier, old.id, claim)?;
                moved
            }
            None => Default::default(),
        };
        notice::end(tx, old.id, state, moved.elsewhere)?;
        notice::inherit_debt(tx, old.id, &by)?;
    }
    for new in rows.iter().filter(own).filter(|row| row.notice_no == by) {
        notice::meet_if_paid(tx, new.id)?;
    }
    Ok(())
}

/// The claim to which money of an old one is carried: that of the same instalment, or of the last
/// one where there are fewer. What is more than it owes goes back: nobody pays ahead unasked. PURE.
fn successor<'a>(old: &Stored, rows: impl Iterator<Item = &'a Stored>) -> Option<Uuid> {
    let same =
        rows.filter(|row| row.code == old.code && row.instalment <= old.instalment && !row.state.has_ended());
    same.max_by_key(|row| row.instalment).and_then(|row| row.claim_id)
}
