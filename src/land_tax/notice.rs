//! The rows of notices: what one taxpayer owes by one notice, sub-item and instalment.
//!
//! What is to be paid is a claim of the state budget; how much of it was paid is counted there.
//! The state here follows it, and says what counts as met.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date as SqlDate, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use serde_json::json;
use uuid::Uuid;

use super::TELL_TAXPAYER;
use super::dossier::Named;
use crate::db::{Tx, date_to_sql, prepared, to_sql};
use crate::error::Result;
use crate::jobs::enqueue;
use crate::national::tax::{NoticeKind, NoticeRow, Text as _};
use crate::payments::{ClaimIn, claim, open_claim};
use crate::workflow::words;

words! {
    /// Where a notice stands.
    #[schema(as = LandTaxState)]
    State {
        /// It is to be paid.
        Open = "open", "Chưa nộp đủ", "open";
        /// It was paid in full.
        Paid = "paid", "Đã nộp đủ", "paid";
        /// The taxpayer is exempt.
        Exempt = "exempt", "Được miễn", "exempt";
        /// Nothing is to be paid.
        Zero = "zero", "Số tiền bằng không", "nothing to pay";
        /// Another notice stands in its stead.
        Replaced = "replaced", "Đã được thay thế", "replaced";
        /// It holds no more.
        Cancelled = "cancelled", "Đã hủy", "cancelled";
        /// Recorded as debt on the certificate; it can still be paid.
        Debt = "debt", "Ghi nợ trên giấy chứng nhận", "recorded as debt";
    }
}

impl State {
    /// Of the word of a row.
    pub fn of(word: &str) -> Option<Self> {
        word.parse().ok()
    }

    /// It holds no more.
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Replaced | Self::Cancelled)
    }
}

/// A row, as decisions need it.
#[derive(Debug, Clone)]
pub struct Stored {
    pub id: Uuid,
    pub taxpayer_no: String,
    pub notice_no: String,
    pub code: String,
    pub amount: i64,
    pub instalment: i16,
    pub state: State,
    pub claim_id: Option<Uuid>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    taxpayer_no: String,
    #[diesel(sql_type = Text)]
    notice_no: String,
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = BigInt)]
    amount: i64,
    #[diesel(sql_type = SmallInt)]
    instalment: i16,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    claim_id: Option<Uuid>,
}

/// The rows of a dossier, in the order in which they are to be paid.
pub fn of_dossier(conn: &mut PgConnection, dossier: Uuid) -> Result<Vec<Stored>> {
    let rows: Vec<Row> = prepared(
        "SELECT id, taxpayer_no, notice_no, code, amount, instalment, state, claim_id FROM land_tax_notice
          WHERE dossier_id = ? ORDER BY due_day NULLS LAST, instalment, id",
    )
    .bind::<SqlUuid, _>(dossier)
    .load(conn)?;
    rows.into_iter()
        .map(|row| {
            let Row { id, taxpayer_no, notice_no, code, amount, instalment, state, claim_id } = row;
            let state = state.parse().map_err(anyhow::Error::from)?;
            Ok(Stored { id, taxpayer_no, notice_no, code, amount, instalment, state, claim_id })
        })
        .collect()
}

/// Sub-item of a row; the national form names it in words only.
pub fn code_of(row: &NoticeRow) -> String {
    if let Some(code) = row.item.as_deref().filter(|code| (1..=20).contains(&code.len())) {
        return code.to_owned();
    }
    let name = row.item_name.as_deref().unwrap_or_default().to_lowercase();
    let known = [("trước bạ", "2801"), ("thu nhập", "1006"), ("sử dụng đất", "1401")];
    known.iter().find(|(word, _)| name.contains(word)).map_or("0000", |(_, code)| code).to_owned()
}

/// A row to be written.
pub struct NewNotice<'a> {
    pub dossier_id: Uuid,
    pub user: &'a Named,
    pub row: &'a NoticeRow,
    pub message_id: Uuid,
}

impl NewNotice<'_> {
    /// Where it stands when it comes.
    fn state(&self, ended: Option<State>) -> State {
        match self.row.kind() {
            _ if ended.is_some() => ended.unwrap_or(State::Cancelled),
            NoticeKind::Exempt => State::Exempt,
            _ if self.row.amount == 0 => State::Zero,
            _ if self.row.recorded_as_debt == Some(true) => State::Debt,
            _ => State::Open,
        }
    }

    fn claim(&self, code: &str) -> ClaimIn {
        let treasury = self.row.treasury.as_deref().filter(|word| is_treasury(word)).unwrap_or("0000");
        ClaimIn {
            dossier_id: self.dossier_id,
            code: code.to_owned(),
            name: name_of(self.row, code),
            debtor_name: self.name(),
            debtor_no: self.user.number.clone(),
            treasury: treasury.to_owned(),
            budget_account: short(self.row.treasury_account.as_deref(), 20),
            amount: self.row.amount,
        }
    }

    fn name(&self) -> String {
        let told = self.row.taxpayer.as_deref().filter(|name| !name.trim().is_empty());
        told.unwrap_or(&self.user.name).chars().take(300).collect()
    }
}

fn is_treasury(word: &str) -> bool {
    (1..=30).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b))
}

fn name_of(row: &NoticeRow, code: &str) -> String {
    let told = row.item_name.as_deref().filter(|name| !name.trim().is_empty());
    told.map_or_else(|| format!("Tiểu mục {code}"), |name| name.chars().take(300).collect())
}

fn short(text: Option<&str>, most: usize) -> String {
    text.unwrap_or_default().chars().take(most).collect()
}

/// Writes a row, with a claim where something is to be paid, and tells the taxpayer.
pub fn insert(tx: &mut Tx, new: &NewNotice, ended: Option<State>) -> Result<()> {
    let (row, code, state) = (new.row, code_of(new.row), new.state(ended));
    let claim = match state {
        State::Open | State::Debt => Some(open_claim(tx, &new.claim(&code))?),
        _ => None,
    };
    let (id, now) = (Uuid::now_v7(), to_sql(tx.now));
    let met = matches!(state, State::Exempt | State::Zero).then_some(now);
    let debt = (state == State::Debt).then_some(now);
    prepared(
        "INSERT INTO land_tax_notice (id, dossier_id, taxpayer_no, taxpayer_name, notice_no, notice_day, code, name, chapter,
                                      budget_account, treasury, collector, due_day, due_text, amount, instalment, state,
                                      claim_id, message_id, received_at, met_at, ended_at, debt_at, debt_by)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<SqlUuid, _>(new.dossier_id)
    .bind::<Text, _>(&new.user.number)
    .bind::<Text, _>(new.name())
    .bind::<Text, _>(&row.notice_number)
    .bind::<SqlDate, _>(date_to_sql(row.notice_day.date))
    .bind::<Text, _>(&code)
    .bind::<Text, _>(name_of(row, &code))
    .bind::<Text, _>(short(row.chapter.as_deref(), 20))
    .bind::<Text, _>(short(row.treasury_account.as_deref(), 20))
    .bind::<Text, _>(short(row.treasury.as_deref(), 30))
    .bind::<Text, _>(short(row.collector.as_deref(), 20))
    .bind::<Nullable<SqlDate>, _>(row.due.as_ref().map(|due| date_to_sql(due.date)))
    .bind::<Text, _>(row.due.as_ref().map(|due| due.text()).unwrap_or_default())
    .bind::<BigInt, _>(row.amount)
    .bind::<SmallInt, _>(i16::try_from(row.instalment()).unwrap_or(1000))
    .bind::<Text, _>(state.word())
    .bind::<Nullable<SqlUuid>, _>(claim)
    .bind::<SqlUuid, _>(new.message_id)
    .bind::<Timestamptz, _>(now)
    .bind::<Nullable<Timestamptz>, _>(met)
    .bind::<Nullable<Timestamptz>, _>(state.has_ended().then_some(now))
    .bind::<Nullable<Timestamptz>, _>(debt)
    .bind::<Text, _>(debt.map(|_| tx.actor.key()).unwrap_or_default())
    .execute(tx.conn)?;
    if state.has_ended() { Ok(()) } else { tell(tx, new.dossier_id, id) }
}

/// Tells the taxpayer, and nobody else, by a job.
fn tell(tx: &mut Tx, dossier: Uuid, id: Uuid) -> Result<()> {
    enqueue(tx, TELL_TAXPAYER, Some(dossier), json!({ "notice_id": id }), None)
}

/// A row holds no more; `over`: đồng that were paid elsewhere for it, for the tax office to give back.
pub fn end(tx: &mut Tx, id: Uuid, state: State, over: i64) -> Result<()> {
    prepared(
        "UPDATE land_tax_notice SET state = ?, ended_at = ?, met_at = NULL, over = over + ?
          WHERE id = ? AND state NOT IN ('replaced', 'cancelled')",
    )
    .bind::<Text, _>(state.word())
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .bind::<BigInt, _>(over)
    .bind::<SqlUuid, _>(id)
    .execute(tx.conn)?;
    Ok(())
}

/// A row whose claim is paid in full is met.
pub fn meet_if_paid(tx: &mut Tx, id: Uuid) -> Result<()> {
    prepared(concat!(
        "UPDATE land_tax_notice n SET state = 'paid', met_at = ?
           FROM claim c
          WHERE n.id = ? AND n.state IN ('open', 'debt') AND c.id = n.claim_id AND c.closed_at IS NULL AND c.amount <= ",
        claim::claim_paid!("c.id")
    ))
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .bind::<SqlUuid, _>(id)
    .execute(tx.conn)?;
    Ok(())
}

/// Notes that the rows of a notice of a taxpayer are recorded as debt: those that are there, and
/// those that come.
pub fn tell_debt(tx: &mut Tx, dossier: Uuid, of: (&str, &str), reference: &str, message: Uuid) -> Result<()> {
    prepared(
        "INSERT INTO land_tax_debt_told (dossier_id, taxpayer_no, notice_no, reference, message_id, at)
         VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    )
    .bind::<SqlUuid, _>(dossier)
    .bind::<Text, _>(of.0)
    .bind::<Text, _>(of.1)
    .bind::<Text, _>(short(Some(reference), 100))
    .bind::<SqlUuid, _>(message)
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .execute(tx.conn)?;
    record_debts(tx, dossier)
}

/// Records as debt what is open and was told to be one.
pub fn record_debts(tx: &mut Tx, dossier: Uuid) -> Result<()> {
    prepared(
        "UPDATE land_tax_notice n SET state = 'debt', debt_at = ?, debt_reference = t.reference, debt_by = ?
           FROM land_tax_debt_told t
          WHERE n.dossier_id = ? AND n.state = 'open'
            AND (t.dossier_id, t.taxpayer_no, t.notice_no) = (n.dossier_id, n.taxpayer_no, n.notice_no)",
    )
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .bind::<Text, _>(tx.actor.key())
    .bind::<SqlUuid, _>(dossier)
    .execute(tx.conn)?;
    Ok(())
}

/// What stands in the stead of a debt is about the same debt, though it is open anew.
pub fn inherit_debt(tx: &mut Tx, old: Uuid, by: &str) -> Result<()> {
    prepared(
        "UPDATE land_tax_notice n SET debt_at = old.debt_at, debt_reference = old.debt_reference, debt_by = old.debt_by
           FROM land_tax_notice old
          WHERE old.id = ? AND old.debt_at IS NOT NULL AND n.debt_at IS NULL AND n.notice_no = ?
            AND (n.dossier_id, n.taxpayer_no, n.code) = (old.dossier_id, old.taxpayer_no, old.code)",
    )
    .bind::<SqlUuid, _>(old)
    .bind::<Text, _>(by)
    .execute(tx.conn)?;
    Ok(())
}
