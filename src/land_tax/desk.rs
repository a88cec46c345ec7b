//! The desk: which dossiers wait for the tax office, which for the payment, which are ready.
//!
//! For the officials who see the dossiers. What waits for the tax office is shown with the
//! times until which that is to answer: what clerks there have not answered yet.

use actix_web::{get, web};
use diesel::dsl::sql;
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::App;
use crate::auth::Actor;
use crate::db::condition;
use crate::db::schema::dossier;
use crate::dossiers::visible;
use crate::error::{Problem, Result};
use crate::http::{Cursor, PageQuery, Params, Reply};
use crate::results::tax_met;

/// What a dossier waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LandTaxQueue)]
pub enum Queue {
    /// The tax office has not answered the slip.
    Tax,
    /// A notice is open.
    Payment,
    /// Everything is met by our book, and the tax side has not confirmed.
    Confirmation,
    /// Met and confirmed: the certificate can be made.
    Ready,
}

impl Queue {
    /// The condition about a row of `dossier`.
    fn condition(self) -> &'static str {
        match self {
            Self::Tax => {
                "dossier.closed_at IS NULL AND 'at_tax' = ANY (dossier.marking)
                 AND NOT EXISTS (SELECT FROM land_tax_notice n WHERE n.dossier_id = dossier.id)"
            }
            Self::Payment => {
                "dossier.closed_at IS NULL
                 AND EXISTS (SELECT FROM land_tax_notice n WHERE n.dossier_id = dossier.id AND n.state = 'open')"
            }
            Self::Confirmation => {
                "dossier.closed_at IS NULL AND dossier.marking && '{at_tax,await_tax_payment}'
                 AND EXISTS (SELECT FROM land_tax_notice n WHERE n.dossier_id = dossier.id)
                 AND NOT EXISTS (SELECT FROM land_tax_notice n WHERE n.dossier_id = dossier.id AND n.state = 'open')
                 AND NOT EXISTS (SELECT FROM land_tax_confirmation c WHERE c.dossier_id = dossier.id)"
            }
            Self::Ready => concat!(
                "dossier.closed_at IS NULL AND dossier.progress ->> 'tax_sent_at' IS NOT NULL
                 AND NOT dossier.marking && '{done}' AND ",
                tax_met!("dossier.id")
            ),
        }
    }
}

/// Which desk.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeskQuery {
    /// What the dossiers wait for; tax when absent.
    #[param(inline)]
    queue: Option<Queue>,
    /// Rows a page, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A page of the desk, the oldest dossier first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LandTaxDesk)]
pub struct DeskPage {
    pub queue: Queue,
    pub items: Vec<DeskRow>,
    /// Cursor of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A dossier on the desk.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LandTaxDeskRow)]
pub struct DeskRow {
    /// Dossier code.
    pub dossier: String,
    pub procedure: String,
    /// When the last slip or correction was sent on its way.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub slip_at: Option<Timestamp>,
    /// When it was acknowledged; null: it is still on its way.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub acknowledged_at: Option<Timestamp>,
    /// Until when the tax office is to answer about income tax, and about the rest.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub income_tax_due_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub registration_due_at: Option<Timestamp>,
    /// The tax office is late.
    pub late: bool,
    /// Đồng of its open notices.
    #[schema(minimum = 0)]
    pub open_amount: i64,
    /// The first last day of its open notices, `yyyy-MM-dd`.
    pub first_due: Option<String>,
}

/// List what waits for tax, for payment, or is ready
#[utoipa::path(
    operation_id = "list_land_tax_desk", tag = "land_tax", params(DeskQuery),
    responses(
        (status = 200, description = "A page", body = DeskPage),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/land-tax/desk")]
pub async fn list_land_tax_desk(
    app: web::Data<App>,
    actor: Actor,
    query: Params<DeskQuery>,
) -> Result<Reply> {
    actor.need_staff()?;
    let Params(query) = query;
    let queue = query.queue.unwrap_or(Queue::Tax);
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    let (limit, after) = (page.limit()?, page.after::<Uuid>()?);
    let now = app.db.clock.now();
    let mut rows = app.db.read_planned(move |conn| load(conn, &actor, queue, after, limit)).await?;
    let more = rows.len() as i64 > limit;
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = rows.last().filter(|_| more).map(|row| Cursor::encode(&row.0)).transpose()?;
    Reply::ok(DeskPage { queue, items: rows.into_iter().map(|row| shown(row, now)).collect(), next })
}

type Moment = Option<jiff_diesel::Timestamp>;
type Row = (Uuid, String, String, Moment, Moment, Moment, Moment, i64, Option<String>);

/// A column of the last slip or correction.
macro_rules! of_slip {
    ($column:literal) => {
        sql::<Nullable<Timestamptz>>(concat!(
            "(SELECT s.",
            $column,
            " FROM tax_slip s WHERE s.dossier_id = dossier.id AND s.kind <> 'recall' ORDER BY s.seq DESC LIMIT 1)"
        ))
    };
}

fn load(
    conn: &mut PgConnection,
    actor: &Actor,
    queue: Queue,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Row>> {
    let mut query = dossier::table
        .filter(visible(actor))
        .filter(condition(queue.condition()))
        .order(dossier::id)
        .limit(limit + 1)
        .select((
            dossier::id,
            dossier::code,
            dossier::procedure_code,
            of_slip!("requested_at"),
            of_slip!("acknowledged_at"),
            of_slip!("income_tax_due_at"),
            of_slip!("registration_due_at"),
            sql::<BigInt>(
                "(SELECT coalesce(sum(n.amount), 0)::bigint FROM land_tax_notice n
                   WHERE n.dossier_id = dossier.id AND n.state = 'open')",
            ),
            sql::<Nullable<Text>>(
                "(SELECT min(n.due_day)::text FROM land_tax_notice n
                   WHERE n.dossier_id = dossier.id AND n.state = 'open')",
            ),
        ))
        .into_boxed::<Pg>();
    if let Some(after) = after {
        query = query.filter(condition("dossier.id > ?").bind::<SqlUuid, _>(after));
    }
    Ok(query.load(conn)?)
}

fn shown(row: Row, now: Timestamp) -> DeskRow {
    let (_, dossier, procedure, slip_at, acknowledged_at, income, registration, open_amount, first_due) = row;
    let time = |at: Moment| at.map(jiff_diesel::Timestamp::to_jiff);
    let late = time(registration).is_some_and(|due| due < now);
    DeskRow {
        dossier,
        procedure,
        slip_at: time(slip_at),
        acknowledged_at: time(acknowledged_at),
        income_tax_due_at: time(income),
        registration_due_at: time(registration),
        late,
        open_amount,
        first_due,
    }
}
