//! A taxpayer's own notices: nobody sees another's, not even the applicant of the dossier.
//!
//! A citizen lists those of the own personal number, and of the organisations whose legal
//! representative or agent the citizen is. Without a login a notice is looked up by dossier
//! code and personal number together; what is not there and what is another's look the same.

use actix_web::{get, post, web};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text as SqlText, Uuid as SqlUuid};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::show::{NoticeOut, Row, notices_where};
use crate::app::App;
use crate::auth::{Actor, CitizenActor};
use crate::db::prepared;
use crate::db::schema::organisation;
use crate::error::{NOT_FOUND, Problem, Result};
use crate::http::{Cursor, PageQuery, Reply, Text, parse_json};

/// A page of notices, the newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LandTaxNoticePage)]
pub struct NoticePage {
    pub items: Vec<NoticeOut>,
    /// `cursor` of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// List the own notices of the tax office
#[utoipa::path(
    operation_id = "list_own_tax_notices", tag = "land_tax", params(PageQuery),
    responses(
        (status = 200, description = "A page", body = NoticePage),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/land-tax/notices")]
pub async fn list_own_tax_notices(
    app: web::Data<App>,
    actor: Actor,
    page: web::Query<PageQuery>,
) -> Result<Reply> {
    let citizen = actor.need_citizen()?.clone();
    let (limit, before) = (page.limit()?, page.after::<Uuid>()?);
    let now = app.db.clock.now();
    Reply::ok(app.db.read(move |conn| list(conn, &citizen, before, limit, now)).await?)
}

fn list(
    conn: &mut PgConnection,
    citizen: &CitizenActor,
    before: Option<Uuid>,
    limit: i64,
    now: Timestamp,
) -> Result<NoticePage> {
    let numbers = numbers_of(conn, citizen)?;
    let rows: Vec<Row> = prepared(notices_where!(
        "n.taxpayer_no = ANY (?) AND (?::uuid IS NULL OR n.id < ?) ORDER BY n.id DESC LIMIT ?"
    ))
    .bind::<Array<SqlText>, _>(numbers)
    .bind::<Nullable<SqlUuid>, _>(before)
    .bind::<Nullable<SqlUuid>, _>(before)
    .bind::<BigInt, _>(limit + 1)
    .load(conn)?;
    let full = rows.len() as i64 > limit;
    let shown = rows.into_iter().take(usize::try_from(limit).unwrap_or(usize::MAX));
    let items = shown.map(|row| row.out(conn, now)).collect::<Result<Vec<_>>>()?;
    let next = items.last().filter(|_| full).map(|last| Cursor::encode(&last.id)).transpose()?;
    Ok(NoticePage { items, next })
}

/// The numbers under which a citizen is a taxpayer, or acts for one in every procedure.
pub fn numbers_of(conn: &mut PgConnection, citizen: &CitizenActor) -> Result<Vec<String>> {
    let of_orgs = citizen.mandates.iter().filter(|mandate| mandate.scope.is_empty());
    let orgs: Vec<Uuid> = of_orgs.filter_map(|mandate| mandate.principal_org).collect();
    let mut numbers: Vec<String> = citizen.identity_no.iter().cloned().collect();
    if !orgs.is_empty() {
        let taxed: Vec<String> = organisation::table
            .filter(organisation::id.eq_any(orgs))
            .select(organisation::tax_no)
            .load(conn)?;
        numbers.extend(taxed);
    }
    Ok(numbers)
}

/// The own notice of an identifier; another's is not there. `taxpayer`: the number of somebody
/// else for whom the citizen acts who knows it.
pub fn find(
    conn: &mut PgConnection,
    citizen: &CitizenActor,
    id: Uuid,
    taxpayer: Option<&str>,
) -> Result<Row> {
    let mut numbers = numbers_of(conn, citizen)?;
    numbers.extend(taxpayer.filter(|number| !number.contains('\0')).map(str::to_owned));
    let found: Option<Row> = prepared(notices_where!("n.id = ? AND n.taxpayer_no = ANY (?)"))
        .bind::<SqlUuid, _>(id)
        .bind::<Array<SqlText>, _>(numbers)
        .get_result(conn)
        .optional()?;
    found.ok_or_else(|| NOT_FOUND.err())
}

/// What is looked up.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LandTaxLookupIn {
    /// Dossier code.
    pub dossier: Text<100>,
    /// Personal or tax number of the taxpayer.
    pub taxpayer_no: Text<20>,
}

/// The notices of one taxpayer in one dossier.
#[derive(Debug, Serialize, ToSchema)]
pub struct LandTaxLookupOut {
    pub items: Vec<NoticeOut>,
}

/// Look notices up by dossier code and number of the taxpayer
#[utoipa::path(
    operation_id = "look_up_tax_notices", tag = "land_tax", security(()),
    request_body = LandTaxLookupIn,
    responses(
        (status = 200, description = "The notices of that taxpayer", body = LandTaxLookupOut),
        (status = "4XX", description = "Refused; not there and not yours look the same", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/land-tax/lookups")]
pub async fn look_up_tax_notices(app: web::Data<App>, body: web::Bytes) -> Result<Reply> {
    let asked: LandTaxLookupIn = parse_json(&body)?;
    let now = app.db.clock.now();
    let items = app
        .db
        .read(move |conn| {
            let rows: Vec<Row> = prepared(notices_where!(
                "d.code = ? AND n.taxpayer_no = ? AND n.state NOT IN ('replaced', 'cancelled')
                 ORDER BY n.due_day NULLS LAST, n.instalment, n.id LIMIT 200"
            ))
            .bind::<SqlText, _>(asked.dossier.as_str())
            .bind::<SqlText, _>(asked.taxpayer_no.as_str())
            .load(conn)?;
            rows.into_iter().map(|row| row.bare(now)).collect::<Result<Vec<_>>>()
        })
        .await?;
    if items.is_empty() {
        return Err(NOT_FOUND.err());
    }
    Reply::ok(LandTaxLookupOut { items })
}
