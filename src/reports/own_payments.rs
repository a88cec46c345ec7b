//! "What do I owe, what did I pay": a citizen's dossiers that cost something, own ones and
//! those of whom the citizen acts for. The rows are those that the citizen sees as dossiers.
//! What went back is not counted as paid, and a dossier that ended before it was paid (refused,
//! withdrawn, stopped) owes nothing.

use std::collections::HashMap;

use actix_web::{get, web};
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Uuid as SqlUuid};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::App;
use crate::auth::{Actor, Who};
use crate::db::schema::{dossier, procedure};
use crate::db::{condition, prepared};
use crate::dossiers::visible;
use crate::error::{FORBIDDEN, Problem, Result, UNAUTHENTICATED};
use crate::http::{Cursor, PageQuery, Params, Reply};
use crate::payments::charge::{charged, paid, still_asked};

/// Which of the dossiers that cost something.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PaymentFilter)]
enum Which {
    /// Something is still owed.
    Owed,
    /// Everything was paid, also what went back since.
    Paid,
}

/// What to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OwnPaymentsQuery {
    /// Only these; all when absent.
    #[param(inline)]
    state: Option<Which>,
    /// Rows a page, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A page, the newest dossier first.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnPaymentPage {
    pub items: Vec<OwnPayment>,
    /// Cursor of the next page; absent on the last.
    pub next: Option<String>,
}

/// A dossier by its money.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnPayment {
    /// Dossier code.
    pub dossier: String,
    pub procedure_code: String,
    pub procedure_name: String,
    /// Whose dossier it is: oneself, or the person or organisation that one acts for.
    pub applicant: String,
    /// The applicant is an organisation.
    pub organisation: bool,
    /// Đồng.
    #[schema(minimum = 0)]
    pub charged: i64,
    /// Đồng that came and stayed: without what was given back.
    #[schema(minimum = 0)]
    pub paid: i64,
    /// Đồng that were given back.
    #[schema(minimum = 0)]
    pub refunded: i64,
    /// Đồng of what was paid that are to be given back, and have not reached the payer yet.
    #[schema(minimum = 0)]
    pub to_refund: i64,
    /// Đồng that are still owed; what was given back is not owed again.
    #[schema(minimum = 0)]
    pub due: i64,
    /// Reference of the order that can be paid now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_order: Option<String>,
    /// Receipts that stand.
    #[schema(minimum = 0)]
    pub receipts: i64,
}

/// Lists what I owe and what I paid.
#[utoipa::path(
    operation_id = "list_own_payments",
    tag = "payments",
    params(OwnPaymentsQuery),
    responses(
        (status = 200, description = "A page", body = OwnPaymentPage),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/me/payments")]
pub async fn list_own_payments(
    app: web::Data<App>,
    actor: Actor,
    query: Params<OwnPaymentsQuery>,
) -> Result<Reply> {
    match actor.who {
        Who::Citizen(_) => {}
        Who::Anonymous => return Err(UNAUTHENTICATED.err()),
        _ => return Err(FORBIDDEN.err()),
    }
    let Params(query) = query;
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    let (limit, after) = (page.limit()?, page.after::<Uuid>()?);
    Reply::ok(app.db.read_planned(move |conn| load(conn, &actor, query.state, after, limit)).await?)
}

type Row = (Uuid, String, String, String, Value, Option<Uuid>);

fn load(
    conn: &mut PgConnection,
    actor: &Actor,
    which: Option<Which>,
    after: Option<Uuid>,
    limit: i64,
) -> Result<OwnPaymentPage> {
    let mut query = dossier::table
        .inner_join(procedure::table.on(procedure::code.eq(dossier::procedure_code)))
        .filter(visible(actor))
        .filter(condition("EXISTS (SELECT 1 FROM charge c WHERE c.dossier_id = dossier.id AND c.amount > 0)"))
        .select((
            dossier::id,
            dossier::code,
            procedure::code,
            procedure::name,
            dossier::applicant,
            dossier::applicant_org_id,
        ))
        .into_boxed::<Pg>();
    query = match which {
        None => query,
        Some(Which::Owed) => query.filter(condition(concat!(
            still_asked!("dossier"),
            " AND ",
            charged!("dossier.id"),
            " > ",
            paid!("dossier.id")
        ))),
        Some(Which::Paid) => {
            query.filter(condition(concat!(charged!("dossier.id"), " <= ", paid!("dossier.id"))))
        }
    };
    if let Some(after) = after {
        query = query.filter(dossier::id.lt(after));
    }
    let mut rows: Vec<Row> = query.order(dossier::id.desc()).limit(limit + 1).load(conn)?;
    let size = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > size;
    rows.truncate(size);
    let next = match rows.last() {
        Some(last) if more => Some(Cursor::encode(&last.0)?),
        _ => None,
    };
    let money = money(conn, rows.iter().map(|row| row.0).collect())?;
    Ok(OwnPaymentPage { items: rows.into_iter().map(|row| item(row, &money)).collect(), next })
}

#[derive(Debug, QueryableByName)]
struct Money {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = BigInt)]
    charged: i64,
    /// What came, whether or not it went back.
    #[diesel(sql_type = BigInt)]
    paid: i64,
    #[diesel(sql_type = BigInt)]
    refunded: i64,
    #[diesel(sql_type = BigInt)]
    to_refund: i64,
    /// Is money still asked for the dossier.
    #[diesel(sql_type = Bool)]
    asked: bool,
    #[diesel(sql_type = Nullable<Text>)]
    open_order: Option<String>,
    #[diesel(sql_type = BigInt)]
    receipts: i64,
}

fn money(conn: &mut PgConnection, ids: Vec<Uuid>) -> Result<HashMap<Uuid, Money>> {
    let found: Vec<Money> = prepared(concat!(
        "SELECT d.id, ",
        charged!("d.id"),
        " AS charged, ",
        paid!("d.id"),
        " AS paid, ",
        still_asked!("d"),
        " AS asked,
                (SELECT coalesce(sum(amount) FILTER (WHERE state = 'succeeded'), 0)::bigint FROM refund
                  WHERE dossier_id = d.id) AS refunded,
                (SELECT coalesce(sum(amount) FILTER (WHERE state <> 'succeeded'), 0)::bigint FROM refund
                  WHERE dossier_id = d.id) AS to_refund,
                (SELECT reference FROM payment_order WHERE dossier_id = d.id AND state = 'open') AS open_order,
                (SELECT count(*) FROM receipt WHERE dossier_id = d.id AND state = 'valid') AS receipts
           FROM dossier d WHERE d.id = ANY (?)",
    ))
    .bind::<Array<SqlUuid>, _>(ids)
    .load(conn)?;
    Ok(found.into_iter().map(|money| (money.id, money)).collect())
}

fn item(
    (id, dossier, procedure_code, procedure_name, applicant, org): Row,
    all: &HashMap<Uuid, Money>,
) -> OwnPayment {
    let money = all.get(&id);
    let of = |part: fn(&Money) -> i64| money.map_or(0, part);
    OwnPayment {
        dossier,
        procedure_code,
        procedure_name,
        applicant: applicant["name"].as_str().unwrap_or_default().to_owned(),
        organisation: org.is_some(),
        charged: of(|m| m.charged),
        paid: of(|m| m.paid - m.refunded),
        refunded: of(|m| m.refunded),
        to_refund: of(|m| m.to_refund),
        due: of(|m| if m.asked { m.charged - m.paid } else { 0 }),
        open_order: money.and_then(|m| m.open_order.clone()),
        receipts: of(|m| m.receipts),
    }
}
