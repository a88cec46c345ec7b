//! The tax side of one dossier, for the officials who see it.

use actix_web::{get, web};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::show::{NoticeOut, Row, notices_where};
use crate::app::App;
use crate::auth::Actor;
use crate::db::prepared;
use crate::db::schema::{dossier, land_tax_confirmation};
use crate::dossiers::visible;
use crate::error::{NOT_FOUND, Problem, Result};
use crate::http::Reply;
use crate::results::{debts_cleared, tax_is_met};

/// Slips, notices and where they stand.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LandTax)]
pub struct LandTaxOut {
    /// The oldest first.
    pub slips: Vec<SlipOut>,
    /// In the order in which they are to be paid.
    pub notices: Vec<NoticeOut>,
    /// Debts of earlier dossiers that this one clears from the certificate, of such as the
    /// official sees: looked up, so that nobody has to bring the proof that they are paid.
    pub debts: Vec<NoticeOut>,
    /// When the tax side confirmed that all is met, exempt or recorded as debt.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub confirmed_at: Option<Timestamp>,
    /// It is so by our book too: a result may be issued.
    pub met: bool,
}

/// A slip, a correction or a recall.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TaxSlip)]
pub struct SlipOut {
    pub seq: i16,
    /// slip, correction or recall.
    pub kind: String,
    pub number: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    #[schema(value_type = String, format = DateTime)]
    pub requested_at: Timestamp,
    /// When the tax office acknowledged it; null: it is still on its way.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub acknowledged_at: Option<Timestamp>,
    pub reference: Option<String>,
    /// Until when the tax office is to answer about income tax.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub income_tax_due_at: Option<Timestamp>,
    /// Until when about the registration fee and the rest.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub registration_due_at: Option<Timestamp>,
}

#[derive(QueryableByName)]
struct SlipRow {
    #[diesel(sql_type = SmallInt)]
    seq: i16,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    number: String,
    #[diesel(sql_type = Text)]
    reason: String,
    #[diesel(sql_type = Timestamptz)]
    requested_at: jiff_diesel::Timestamp,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    acknowledged_at: Option<jiff_diesel::Timestamp>,
    #[diesel(sql_type = Nullable<Text>)]
    reference: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    income_tax_due_at: Option<jiff_diesel::Timestamp>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    registration_due_at: Option<jiff_diesel::Timestamp>,
}

impl From<SlipRow> for SlipOut {
    fn from(row: SlipRow) -> Self {
        Self {
            seq: row.seq,
            kind: row.kind,
            number: row.number,
            reason: row.reason,
            requested_at: row.requested_at.to_jiff(),
            acknowledged_at: row.acknowledged_at.map(jiff_diesel::Timestamp::to_jiff),
            reference: row.reference,
            income_tax_due_at: row.income_tax_due_at.map(jiff_diesel::Timestamp::to_jiff),
            registration_due_at: row.registration_due_at.map(jiff_diesel::Timestamp::to_jiff),
        }
    }
}

/// Show slips and notices of a dossier
#[utoipa::path(
    operation_id = "show_land_tax", tag = "land_tax",
    params(("code" = String, Path, description = "Dossier code")),
    responses(
        (status = 200, description = "Slips, notices and where they stand", body = LandTaxOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/dossiers/{code}/land-tax")]
pub async fn show_land_tax(app: web::Data<App>, actor: Actor, code: web::Path<String>) -> Result<Reply> {
    actor.need_staff()?;
    let (code, now) = (code.into_inner(), app.db.clock.now());
    let shown = app.db.read(move |conn| {
        let (id, _) = seen(conn, &actor, &code)?;
        overview(conn, &actor, id, now)
    });
    Reply::ok(shown.await?)
}

/// The dossier of a code with its handling unit, if the actor sees it.
pub fn seen(conn: &mut PgConnection, actor: &Actor, code: &str) -> Result<(Uuid, Uuid)> {
    if code.contains('\0') {
        return Err(NOT_FOUND.err());
    }
    let found = dossier::table
        .filter(dossier::code.eq(code))
        .filter(visible(actor))
        .select((dossier::id, dossier::handling_unit_id))
        .first(conn)
        .optional()?;
    found.ok_or_else(|| NOT_FOUND.err())
}

/// The tax side of a dossier.
pub fn overview(conn: &mut PgConnection, actor: &Actor, id: Uuid, now: Timestamp) -> Result<LandTaxOut> {
    let slips: Vec<SlipRow> = prepared(
        "SELECT seq, kind, number, reason, requested_at, acknowledged_at, reference, income_tax_due_at, registration_due_at
           FROM tax_slip WHERE dossier_id = ? ORDER BY seq",
    )
    .bind::<SqlUuid, _>(id)
    .load(conn)?;
    let rows: Vec<Row> =
        prepared(notices_where!("n.dossier_id = ? ORDER BY n.due_day NULLS LAST, n.instalment, n.id"))
            .bind::<SqlUuid, _>(id)
            .load(conn)?;
    let mut debts: Vec<Row> = prepared(concat!(
        notices_where!("n.state IN ('debt', 'open', 'paid') AND n.id IN ("),
        debts_cleared!(),
        ") ORDER BY n.due_day NULLS LAST, n.instalment, n.id"
    ))
    .bind::<SqlUuid, _>(id)
    .load(conn)?;
    // Of dossiers that are not theirs officials see nothing here either.
    let of_debts: Vec<Uuid> = debts.iter().map(|debt| debt.dossier_id).collect();
    let theirs: Vec<Uuid> = dossier::table
        .filter(dossier::id.eq_any(of_debts))
        .filter(visible(actor))
        .select(dossier::id)
        .load(conn)?;
    debts.retain(|debt| theirs.contains(&debt.dossier_id));
    let confirmed_at: Option<jiff_diesel::Timestamp> = land_tax_confirmation::table
        .find(id)
        .select(land_tax_confirmation::confirmed_at)
        .first(conn)
        .optional()?;
    Ok(LandTaxOut {
        slips: slips.into_iter().map(SlipOut::from).collect(),
        notices: bare(rows, now)?,
        debts: bare(debts, now)?,
        confirmed_at: confirmed_at.map(jiff_diesel::Timestamp::to_jiff),
        met: tax_is_met(conn, id)?,
    })
}

fn bare(rows: Vec<Row>, now: Timestamp) -> Result<Vec<NoticeOut>> {
    rows.into_iter().map(|row| row.bare(now)).collect()
}
