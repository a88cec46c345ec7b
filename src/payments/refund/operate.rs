//! Giving money back by a person's decision, and trying again what a gateway could not do.
//!
//! May call: the cashier of the receiving unit and the leaders above it. Refused: more than can
//! still be given back; fees that are not refundable stay paid, whoever asks.

use actix_web::{get, post, web};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::Uuid as SqlUuid;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::by_hand::{RefundTransferOut, masked};
use super::{RefundStage, again, request};
use crate::app::App;
use crate::auth::Actor;
use crate::db::schema::{dossier, gateway_payment, refund, refund_by_hand};
use crate::db::{Tx, prepared};
use crate::error::{INVALID, NOT_FOUND, Problem, Result};
use crate::http::{Day, Keyed, Reply, Text, once};
use crate::payments::order::NOTHING_DUE;
use crate::payments::till::Till;

/// Money to give back.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundIn {
    /// Đồng; all that can be given back when absent.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1_000_000_000_000_i64)]
    pub amount: Option<i64>,
    pub reason: Text<500>,
}

/// A refund.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RefundOut {
    pub id: Uuid,
    /// The gateway by which the money goes back.
    pub gateway: String,
    /// Đồng.
    #[schema(minimum = 1)]
    pub amount: i64,
    pub state: RefundStage,
    pub reason: String,
    #[schema(value_type = String, format = DateTime)]
    pub requested_at: Timestamp,
    /// When the gateway gave its last word.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// The bank transfer by which a person gave it back, after its gateway could not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer: Option<RefundTransferOut>,
}

/// Refunds, the oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RefundList {
    pub items: Vec<RefundOut>,
}

/// Give money of a dossier back
#[utoipa::path(
    operation_id = "request_refund", tag = "payments", security(("bearer" = [])),
    params(
        ("code" = String, Path, description = "Dossier code"),
        ("Idempotency-Key" = String, Header, description = "A new one for each request", max_length = 200),
    ),
    request_body = RefundIn,
    responses(
        (status = 201, description = "Requested: one refund for each payment it comes from", body = RefundList),
        (status = 400, description = "Not JSON, or no Idempotency-Key", body = Problem),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Neither a cashier nor a leader", body = Problem),
        (status = 404, description = "No dossier of that code that my units received", body = Problem),
        (status = 409, description = "More than can still be given back, or the same key is under way", body = Problem),
        (status = 413, description = "Too large", body = Problem),
        (status = 422, description = "Not valid, or the key was used for something else", body = Problem),
        (status = 503, description = "Busy", body = Problem),
    )
)]
#[post("/api/v1/dossiers/{code}/refunds")]
pub async fn request_refund(
    app: web::Data<App>,
    actor: Actor,
    code: web::Path<String>,
    Keyed { key, body }: Keyed<RefundIn>,
) -> Result<Reply> {
    actor.need_staff()?;
    if body.amount.is_some_and(|amount| amount < 1) {
        return Err(INVALID.at("/amount", "phải lớn hơn 0", "must be more than 0"));
    }
    let code = code.into_inner();
    app.db.write(&actor, move |tx| once(tx, &key, |tx| give_back(tx, &code, &body))).await
}

fn give_back(tx: &mut Tx, code: &str, wanted: &RefundIn) -> Result<Reply> {
    let dossier_id = Till::of(tx.conn, tx.actor)?.dossier(tx.conn, code)?;
    let refunds = request(tx, dossier_id, wanted.amount, wanted.reason.as_str())?;
    if refunds.is_empty() {
        return Err(NOTHING_DUE.because("không có khoản được hoàn", "nothing can be given back"));
    }
    let rows: Vec<Row> = rows!().filter(refund::id.eq_any(refunds)).order(refund::id).load(tx.conn)?;
    Reply::created(RefundList { items: shown(rows)? })
}

/// Show the refunds of a dossier
#[utoipa::path(
    operation_id = "list_refunds", tag = "payments", security(("bearer" = [])),
    params(("code" = String, Path, description = "Dossier code")),
    responses(
        (status = 200, description = "All of them, the oldest first", body = RefundList),
        (status = 400, description = "Not a path", body = Problem),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Neither a cashier nor a leader", body = Problem),
        (status = 404, description = "No dossier of that code that my units received", body = Problem),
        (status = 503, description = "Busy", body = Problem),
    )
)]
#[get("/api/v1/dossiers/{code}/refunds")]
pub async fn list_refunds(app: web::Data<App>, actor: Actor, code: web::Path<String>) -> Result<Reply> {
    let code = code.into_inner();
    let list = app.db.read(move |conn| {
        let dossier_id = Till::of(conn, &actor)?.dossier(conn, &code)?;
        refunds_of(conn, dossier_id)
    });
    Reply::ok(list.await?)
}

/// The refunds of a dossier. The caller has checked who may see it.
pub fn refunds_of(conn: &mut PgConnection, dossier_id: Uuid) -> Result<RefundList> {
    let rows: Vec<Row> = rows!().filter(refund::dossier_id.eq(dossier_id)).order(refund::id).load(conn)?;
    Ok(RefundList { items: shown(rows)? })
}

/// Nothing to say but which.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundRetryIn {}

/// Try a failed refund again
#[utoipa::path(
    operation_id = "retry_refund", tag = "payments", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The refund"),
        ("Idempotency-Key" = String, Header, description = "A new one for each request", max_length = 200),
    ),
    request_body = RefundRetryIn,
    responses(
        (status = 200, description = "Requested again", body = RefundList),
        (status = 400, description = "Not JSON, or no Idempotency-Key", body = Problem),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Neither a cashier nor a leader", body = Problem),
        (status = 404, description = "No refund that my tills reach", body = Problem),
        (status = 409, description = "It has not failed, or the same key is under way", body = Problem),
        (status = 413, description = "Too large", body = Problem),
        (status = 422, description = "The key was used for something else", body = Problem),
        (status = 503, description = "Busy", body = Problem),
    )
)]
#[post("/api/v1/payments/refunds/{id}/retry")]
pub async fn retry_refund(
    app: web::Data<App>,
    actor: Actor,
    id: web::Path<Uuid>,
    Keyed { key, .. }: Keyed<RefundRetryIn>,
) -> Result<Reply> {
    actor.need_staff()?;
    let id = id.into_inner();
    app.db.write(&actor, move |tx| once(tx, &key, |tx| try_again(tx, id))).await
}

fn try_again(tx: &mut Tx, id: Uuid) -> Result<Reply> {
    within_reach(tx, id)?;
    again(tx, id)?;
    let rows: Vec<Row> = rows!().filter(refund::id.eq(id)).load(tx.conn)?;
    Reply::ok(RefundList { items: shown(rows)? })
}

/// A refund of the actor's tills; 404 for others.
pub(super) fn within_reach(tx: &mut Tx, id: Uuid) -> Result<()> {
    let till = Till::of(tx.conn, tx.actor)?;
    if till.reaches(unit_of(tx.conn, id)?) { Ok(()) } else { Err(NOT_FOUND.err()) }
}

/// The unit whose money a refund gives back: of its dossier, else of the dossier whose order
/// the payment was meant for.
fn unit_of(conn: &mut PgConnection, refund_id: Uuid) -> Result<Option<Uuid>> {
    let found: Option<(Option<Uuid>, Uuid)> = refund::table
        .find(refund_id)
        .select((refund::dossier_id, refund::payment_id))
        .first(conn)
        .optional()?;
    let (of_dossier, payment) = found.ok_or_else(|| NOT_FOUND.err())?;
    match of_dossier {
        Some(id) => Ok(dossier::table.find(id).select(dossier::receiving_unit_id).first(conn).optional()?),
        None => unit_of_payment(conn, payment),
    }
}

/// The unit that received the dossier for whose order a payment came, where it names one.
pub(in crate::payments) fn unit_of_payment(
    conn: &mut PgConnection,
    payment_id: Uuid,
) -> Result<Option<Uuid>> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = SqlUuid)]
        unit_id: Uuid,
    }
    // The dossiers of a joint order have one unit.
    let found: Option<Found> = prepared(
        "SELECT d.receiving_unit_id AS unit_id
           FROM gateway_payment p
           JOIN payment_attempt a ON a.id = p.attempt_id
           LEFT JOIN payment_order_member m ON m.joint_id = a.order_id
           JOIN payment_order o ON o.id = coalesce(m.order_id, a.order_id)
           LEFT JOIN claim c ON c.id = o.claim_id
           JOIN dossier d ON d.id = coalesce(o.dossier_id, c.dossier_id)
          WHERE p.id = ? LIMIT 1",
    )
    .bind::<SqlUuid, _>(payment_id)
    .get_result(conn)
    .optional()?;
    Ok(found.map(|found| found.unit_id))
}

type Row = (
    Uuid,
    String,
    i64,
    String,
    String,
    jiff_diesel::Timestamp,
    jiff_diesel::NullableTimestamp,
    Option<Transfer>,
);
/// Number, day, account and reason.
type Transfer = (String, jiff_diesel::Date, String, String);

/// Refunds with the columns of a [`Row`].
macro_rules! rows {
    () => {
        refund::table
            .inner_join(gateway_payment::table.on(gateway_payment::id.eq(refund::payment_id)))
            .left_join(refund_by_hand::table.on(refund_by_hand::refund_id.eq(refund::id)))
            .select((
                refund::id,
                gateway_payment::gateway,
                refund::amount,
                refund::state,
                refund::reason,
                refund::requested_at,
                refund::ended_at,
                (
                    refund_by_hand::number,
                    refund_by_hand::day,
                    refund_by_hand::account,
                    refund_by_hand::reason,
                )
                    .nullable(),
            ))
    };
}
use rows;

/// A refund that is there.
pub(super) fn shown_one(conn: &mut PgConnection, id: Uuid) -> Result<RefundOut> {
    let rows: Vec<Row> = rows!().filter(refund::id.eq(id)).load(conn)?;
    shown(rows)?.pop().ok_or_else(|| NOT_FOUND.err())
}

fn shown(rows: Vec<Row>) -> Result<Vec<RefundOut>> {
    rows.into_iter()
        .map(|(id, gateway, amount, state, reason, requested_at, ended_at, transfer)| {
            let (requested_at, ended_at) = (requested_at.to_jiff(), ended_at.to_jiff());
            Ok(RefundOut {
                id,
                gateway,
                amount,
                state: RefundStage::of(&state)?,
                reason,
                requested_at,
                ended_at,
                transfer: transfer.map(transferred).transpose()?,
            })
        })
        .collect()
}

fn transferred((number, day, account, reason): Transfer) -> Result<RefundTransferOut> {
    let day = Day::try_from(day.to_jiff()).map_err(anyhow::Error::msg)?;
    Ok(RefundTransferOut { number, day, account: masked(&account), reason })
}
