//! The desk of the tax office: slips that are not answered, and until when they are to be.
//!
//! May: specialists, leaders and auditors of a tax office (agencies of the kind `tax_office`);
//! 403 for everybody else. They see what the slip itself told them, nothing else of the dossier.

use actix_web::{get, web};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::dossier::Named;
use crate::app::App;
use crate::auth::{Actor, StaffActor};
use crate::db::prepared;
use crate::error::{FORBIDDEN, Problem, Result};
use crate::http::{Cursor, PageQuery, Reply};
use crate::workflow::Role;

/// A page of slips, the oldest dossier first.
#[derive(Debug, Serialize, ToSchema)]
pub struct TaxSlipPage {
    pub items: Vec<TaxSlipRow>,
    /// `cursor` of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A slip without answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct TaxSlipRow {
    /// Dossier code.
    pub dossier: String,
    /// Số …/PCTT.
    pub number: String,
    /// It corrects an earlier one.
    pub correction: bool,
    /// The land users as the slip names them.
    pub land_users: Vec<String>,
    /// When it reached the tax office; null: it is on its way.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub received_at: Option<Timestamp>,
    /// Until when income tax is to be answered, and the rest.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub income_tax_due_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub registration_due_at: Option<Timestamp>,
    /// The last of these times has passed.
    pub late: bool,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = Text)]
    number: String,
    #[diesel(sql_type = Bool)]
    correction: bool,
    #[diesel(sql_type = Jsonb)]
    land_users: Value,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    acknowledged_at: Option<jiff_diesel::Timestamp>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    income_tax_due_at: Option<jiff_diesel::Timestamp>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    registration_due_at: Option<jiff_diesel::Timestamp>,
}

/// List the slips that the tax office has not answered
#[utoipa::path(
    operation_id = "list_tax_slips", tag = "land_tax", params(PageQuery),
    responses(
        (status = 200, description = "A page", body = TaxSlipPage),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/land-tax/slips")]
pub async fn list_tax_slips(app: web::Data<App>, actor: Actor, page: web::Query<PageQuery>) -> Result<Reply> {
    let staff = actor.need_staff()?.clone();
    let (limit, after) = (page.limit()?, page.after::<Uuid>()?);
    let now = app.db.clock.now();
    let mut rows = app
        .db
        .read(move |conn| {
            need_tax_office(conn, &staff)?;
            load(conn, after, limit)
        })
        .await?;
    let more = rows.len() as i64 > limit;
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = rows.last().filter(|_| more).map(|row| Cursor::encode(&row.id)).transpose()?;
    let items = rows.into_iter().map(|row| shown(row, now)).collect::<Result<_>>()?;
    Reply::ok(TaxSlipPage { items, next })
}

/// Refuses who has no reading post at a tax office.
fn need_tax_office(conn: &mut PgConnection, staff: &StaffActor) -> Result<()> {
    let reads = |role| matches!(role, Role::Specialist | Role::Leader | Role::Auditor);
    let agencies: Vec<Uuid> = staff.positions.iter().filter(|p| reads(p.role)).map(|p| p.agency_id).collect();
    let known = prepared("SELECT FROM agency WHERE id = ANY (?) AND kind = 'tax_office'")
        .bind::<Array<SqlUuid>, _>(agencies)
        .execute(conn)?;
    if known == 0 { Err(FORBIDDEN.err()) } else { Ok(()) }
}

/// The last slip or correction of each dossier that has one, unless it was recalled, or its
/// obligations were told: by a notice since, or by the word that nothing is owed.
fn load(conn: &mut PgConnection, after: Option<Uuid>, limit: i64) -> Result<Vec<Row>> {
    Ok(prepared(
        "SELECT d.id, d.code, s.number, s.kind = 'correction' AS correction, s.land_users,
                s.acknowledged_at, s.income_tax_due_at, s.registration_due_at
           FROM tax_slip s JOIN dossier d ON d.id = s.dossier_id
          WHERE s.kind <> 'recall' AND d.closed_at IS NULL AND (?::uuid IS NULL OR d.id > ?)
            AND NOT EXISTS (SELECT FROM tax_slip later WHERE later.dossier_id = s.dossier_id AND later.seq > s.seq)
            AND NOT EXISTS (SELECT FROM land_tax_notice n WHERE n.dossier_id = s.dossier_id
                               AND n.received_at >= s.requested_at)
            AND NOT EXISTS (SELECT FROM land_tax_confirmation c WHERE c.dossier_id = s.dossier_id
                               AND c.confirmed_at >= s.requested_at)
          ORDER BY d.id LIMIT ?",
    )
    .bind::<Nullable<SqlUuid>, _>(after)
    .bind::<Nullable<SqlUuid>, _>(after)
    .bind::<BigInt, _>(limit + 1)
    .load(conn)?)
}

fn shown(row: Row, now: Timestamp) -> Result<TaxSlipRow> {
    let time = |at: Option<jiff_diesel::Timestamp>| at.map(jiff_diesel::Timestamp::to_jiff);
    let users: Vec<Named> = serde_json::from_value(row.land_users)?;
    let registration_due_at = time(row.registration_due_at);
    Ok(TaxSlipRow {
        dossier: row.code,
        number: row.number,
        correction: row.correction,
        land_users: users.into_iter().map(|user| user.name).collect(),
        received_at: time(row.acknowledged_at),
        income_tax_due_at: time(row.income_tax_due_at),
        registration_due_at,
        late: registration_due_at.is_some_and(|due| due < now),
    })
}
