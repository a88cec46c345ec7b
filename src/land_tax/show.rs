//! A notice as its taxpayer and the officials of its dossier see it.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date as SqlDate, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::notice::State;
use crate::clock::day_of;
use crate::error::Result;
use crate::payments::order_of_claim;
use crate::payments::show::OrderOut;

/// What one taxpayer owes by one notice, sub-item and instalment.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = LandTaxNotice)]
pub struct NoticeOut {
    pub id: Uuid,
    /// Dossier code.
    pub dossier: String,
    pub taxpayer_name: String,
    /// Number of the notice.
    pub notice_no: String,
    #[schema(value_type = String, format = Date)]
    pub notice_day: Date,
    /// Sub-item of the budget (tiểu mục).
    pub code: String,
    pub name: String,
    pub chapter: String,
    /// Kind of the budget's account, e.g. 7111.
    pub budget_account: String,
    /// Code of the treasury.
    pub treasury: String,
    /// Code of the collecting authority.
    pub collector: String,
    pub instalment: i16,
    pub state: State,
    /// Đồng.
    #[schema(minimum = 0)]
    pub amount: i64,
    #[schema(minimum = 0)]
    pub paid: i64,
    /// What is still to be paid.
    #[schema(minimum = 0)]
    pub remaining: i64,
    /// Paid elsewhere beyond what was owed: the tax office gives it back.
    #[schema(minimum = 0)]
    pub over: i64,
    /// Last day to pay, as the tax office told it.
    #[schema(value_type = Option<String>, format = Date)]
    pub due_day: Option<Date>,
    /// Days after it.
    #[schema(minimum = 0)]
    pub late_days: i64,
    /// Late-payment interest until today, 0.03 % a day of what remains, in đồng: shown, and not
    /// claimed unless the tax office claims it.
    #[schema(minimum = 0)]
    pub late_interest: i64,
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub met_at: Option<Timestamp>,
    /// When it was recorded as debt on the certificate.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub debt_at: Option<Timestamp>,
    /// The newest order by which it is paid here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderOut>,
}

/// Days after the last day, and the interest until then: 0.03 % a day from the day after it
/// (Luật Quản lý thuế 38/2019/QH14 Đ.59, 108/2025/QH15 Đ.16), rounded to whole đồng. PURE.
pub fn lateness(remaining: i64, due: Option<Date>, today: Date) -> (i64, i64) {
    let Some(due) = due.filter(|due| remaining > 0 && *due < today) else { return (0, 0) };
    let days = i64::from((today - due).get_days());
    let interest = (i128::from(remaining) * i128::from(days) * 3 + 5_000) / 10_000;
    (days, i64::try_from(interest).unwrap_or(i64::MAX))
}

#[derive(Debug, QueryableByName)]
pub struct Row {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub dossier_id: Uuid,
    #[diesel(sql_type = Text)]
    pub dossier: String,
    #[diesel(sql_type = Text)]
    pub taxpayer_no: String,
    #[diesel(sql_type = Text)]
    taxpayer_name: String,
    #[diesel(sql_type = Text)]
    notice_no: String,
    #[diesel(sql_type = SqlDate)]
    notice_day: jiff_diesel::Date,
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    chapter: String,
    #[diesel(sql_type = Text)]
    budget_account: String,
    #[diesel(sql_type = Text)]
    treasury: String,
    #[diesel(sql_type = Text)]
    collector: String,
    #[diesel(sql_type = SmallInt)]
    instalment: i16,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = BigInt)]
    amount: i64,
    #[diesel(sql_type = BigInt)]
    paid: i64,
    #[diesel(sql_type = BigInt)]
    over: i64,
    #[diesel(sql_type = Nullable<SqlDate>)]
    due_day: Option<jiff_diesel::Date>,
    #[diesel(sql_type = Timestamptz)]
    received_at: jiff_diesel::Timestamp,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    met_at: Option<jiff_diesel::Timestamp>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    debt_at: Option<jiff_diesel::Timestamp>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub claim_id: Option<Uuid>,
}

/// Columns of a [`Row`]; the condition about `n` and its dossier `d` follows.
macro_rules! notices_where {
    ($condition:literal) => {
        concat!(
            "SELECT n.id, n.dossier_id, d.code AS dossier, n.taxpayer_no, n.taxpayer_name, n.notice_no, n.notice_day,
                    n.code, n.name, n.chapter, n.budget_account, n.treasury, n.collector, n.instalment, n.state, n.amount,
                    coalesce(",
            $crate::payments::claim::claim_paid!("n.claim_id"),
            ", 0)::bigint AS paid,
                    (n.over + CASE WHEN n.state IN ('replaced', 'cancelled') THEN 0 ELSE coalesce((
                        SELECT sum(t.over) FROM land_tax_document t
                         WHERE t.dossier_id = n.dossier_id AND t.notice_no = n.notice_no
                           AND t.taxpayer_no = n.taxpayer_no AND t.code IN ('', n.code)
                           AND n.instalment = (SELECT max(o.instalment) FROM land_tax_notice o
                                                WHERE o.dossier_id = n.dossier_id AND o.notice_no = n.notice_no)), 0)
                     END)::bigint AS over,
                    n.due_day, n.received_at, n.met_at, n.debt_at, n.claim_id
               FROM land_tax_notice n JOIN dossier d ON d.id = n.dossier_id WHERE ",
            $condition
        )
    };
}
pub(crate) use notices_where;

impl Row {
    /// With its newest order.
    pub fn out(self, conn: &mut PgConnection, now: Timestamp) -> Result<NoticeOut> {
        let order = match self.claim_id {
            Some(claim) => order_of_claim(conn, claim)?,
            None => None,
        };
        Ok(NoticeOut { order, ..self.bare(now)? })
    }

    /// Without an order.
    pub fn bare(self, now: Timestamp) -> Result<NoticeOut> {
        let state: State = self.state.parse().map_err(anyhow::Error::from)?;
        let owes = matches!(state, State::Open | State::Debt);
        let remaining = if owes { (self.amount - self.paid).max(0) } else { 0 };
        let due_day = self.due_day.map(jiff_diesel::Date::to_jiff);
        let (late_days, late_interest) = match state {
            State::Open => lateness(remaining, due_day, day_of(now)),
            _ => (0, 0),
        };
        Ok(NoticeOut {
            id: self.id,
            dossier: self.dossier,
            taxpayer_name: self.taxpayer_name,
            notice_no: self.notice_no,
            notice_day: self.notice_day.to_jiff(),
            code: self.code,
            name: self.name,
            chapter: self.chapter,
            budget_account: self.budget_account,
            treasury: self.treasury,
            collector: self.collector,
            instalment: self.instalment,
            state,
            amount: self.amount,
            paid: self.paid,
            remaining,
            over: self.over,
            due_day,
            late_days,
            late_interest,
            received_at: self.received_at.to_jiff(),
            met_at: self.met_at.map(jiff_diesel::Timestamp::to_jiff),
            debt_at: self.debt_at.map(jiff_diesel::Timestamp::to_jiff),
            order: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interest_runs_from_the_day_after_the_last() {
        let (due, day) = (Some(Date::constant(2026, 3, 10)), |d| Date::constant(2026, 3, d));
        assert_eq!(lateness(10_000_000, due, day(10)), (0, 0));
        assert_eq!(lateness(10_000_000, due, day(11)), (1, 3_000));
        assert_eq!(lateness(10_000_000, due, day(20)), (10, 30_000));
        assert_eq!(lateness(1_667, due, day(11)), (1, 1), "half a đồng and more is one");
        assert_eq!(lateness(1_666, due, day(11)), (1, 0));
        assert_eq!(lateness(0, due, day(20)), (0, 0));
        assert_eq!(lateness(10_000_000, None, day(20)), (0, 0));
        let long = lateness(10_000_000, Some(Date::constant(2025, 3, 10)), Date::constant(2026, 3, 10));
        assert_eq!(long, (365, 1_095_000), "days, not months and days");
    }
}
