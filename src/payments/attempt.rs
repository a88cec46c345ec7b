//! An attempt (lượt thanh toán): one try to pay an order at one gateway.
//!
//! open → paid | closed, closed → paid. It is paid when the gateway has the money, whether or
//! not that settled the order: of two attempts that both succeed, one settles, and the other's
//! money is *paid twice*. It is closed when the gateway, asked after its end, denies that it
//! was paid; money that comes all the same is booked late, never lost.

use anyhow::Context;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use jiff::Timestamp;
use rand::Rng;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::charge::ChargeKind;
use super::gateway::{Demand, DemandLine, Gateways, Offer};
use super::order::{self, Demanded};
use super::{claim, joint, poll};
use crate::auth::Actor;
use crate::clock::day_of;
use crate::db::schema::{agency, dossier, payment_attempt, payment_order, procedure};
use crate::db::{Db, Tx, to_sql};
use crate::error::{Error, Result};
use crate::{jobs, receipts};

/// Job: ask the gateway for the pay page. Payload [`AttemptJob`], subject: the attempt.
pub const OPEN_PAYMENT: &str = "open_payment";

/// Signs of a reference: Crockford's base 32, without I, L, O and U.
const SIGNS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Where an attempt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttemptState {
    Open,
    /// The gateway has the money.
    Paid,
    /// The gateway denies that it was paid in time.
    Closed,
}

impl AttemptState {
    fn of(word: &str) -> Result<Self> {
        match word {
            "open" => Ok(Self::Open),
            "paid" => Ok(Self::Paid),
            "closed" => Ok(Self::Closed),
            other => Err(Error::Internal(anyhow::anyhow!("unknown state of an attempt: {other}"))),
        }
    }
}

/// An attempt with its order, over whose amount it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub id: Uuid,
    pub gateway: String,
    pub reference: String,
    pub state: AttemptState,
    /// Page where it can be paid; `None` until the gateway answered.
    pub page: Option<String>,
    pub opened_at: Timestamp,
    pub expires_at: Timestamp,
    pub order: Demanded,
}

/// Payload of [`OPEN_PAYMENT`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AttemptJob {
    pub attempt_id: Uuid,
}

/// Begins an attempt at an open order, and asks for its page where it is online; `None` when one at this gateway
/// can still be paid.
pub(super) fn begin(tx: &mut Tx, order_id: Uuid, offer: Offer, reference: String) -> Result<Option<Uuid>> {
    let id = Uuid::now_v7();
    let expires_at = tx.now.checked_add(offer.lifetime).unwrap_or(tx.now);
    let begun = diesel::insert_into(payment_attempt::table)
        .values((
            payment_attempt::id.eq(id),
            payment_attempt::order_id.eq(order_id),
            payment_attempt::gateway.eq(offer.name),
            payment_attempt::reference.eq(reference),
            payment_attempt::state.eq("open"),
            payment_attempt::opened_at.eq(to_sql(tx.now)),
            payment_attempt::expires_at.eq(to_sql(expires_at)),
            payment_attempt::ask_at.eq(offer.online.then(|| to_sql(poll::next(tx.now, 0)))),
        ))
        .on_conflict_do_nothing()
        .execute(tx.conn)?;
    if begun == 0 {
        return Ok(None);
    }
    if !offer.online {
        return Ok(Some(id));
    }
    jobs::enqueue(tx, OPEN_PAYMENT, Some(id), json!({ "attempt_id": id }), Some(format!("open:{id}")))?;
    Ok(Some(id))
}

/// A reference that nobody guesses: the day makes references sortable for people, and there
/// are 70 random bits.
pub(super) fn new_reference(tx: &Tx) -> String {
    let mut reference = day_of(tx.now).strftime("%y%m%d").to_string();
    let mut random = rand::rng();
    for _ in 0..14 {
        reference.push(char::from(SIGNS[random.random_range(0..SIGNS.len())]));
    }
    reference
}

/// Whether a word looks like one of our references.
pub(super) fn is_reference(word: &str) -> bool {
    let (day, signs) = word.split_at_checked(6).unwrap_or_default();
    let ours = |sign: u8| SIGNS.contains(&sign);
    signs.len() == 14 && day.bytes().all(|b| b.is_ascii_digit()) && signs.bytes().all(ours)
}

/// The gateway has the money of an attempt.
pub(super) fn mark_paid(conn: &mut PgConnection, id: Uuid) -> QueryResult<usize> {
    diesel::update(payment_attempt::table.find(id)).set(payment_attempt::state.eq("paid")).execute(conn)
}

/// The gateway denies the payment of an attempt; with the last attempt, the order expires.
pub(super) fn close(tx: &mut Tx, attempt: &Attempt) -> Result<()> {
    // The order before its attempt, as a notice and a choice of a gateway lock them.
    order::lock(tx, attempt.order.id)?;
    let closed = diesel::update(payment_attempt::table.find(attempt.id))
        .filter(payment_attempt::state.eq("open"))
        .set(payment_attempt::state.eq("closed"))
        .execute(tx.conn)?;
    if closed == 1 { order::expire(tx, attempt.order.id) } else { Ok(()) }
}

/// The columns of an [`Attempt`], in its order.
type Columns = (
    payment_attempt::id,
    payment_attempt::gateway,
    payment_attempt::reference,
    payment_attempt::state,
    payment_attempt::page,
    payment_attempt::opened_at,
    payment_attempt::expires_at,
);
const COLUMNS: Columns = (
    payment_attempt::id,
    payment_attempt::gateway,
    payment_attempt::reference,
    payment_attempt::state,
    payment_attempt::page,
    payment_attempt::opened_at,
    payment_attempt::expires_at,
);

type Own = (Uuid, String, String, String, Option<String>, jiff_diesel::Timestamp, jiff_diesel::Timestamp);

fn from_row((own, order): (Own, order::Row)) -> Result<Attempt> {
    let (id, gateway, reference, state, page, opened_at, expires_at) = own;
    Ok(Attempt {
        id,
        gateway,
        reference,
        state: AttemptState::of(&state)?,
        page,
        opened_at: opened_at.to_jiff(),
        expires_at: expires_at.to_jiff(),
        order: order::from_row(order)?,
    })
}

/// Attempts with their orders.
#[diesel::dsl::auto_type]
fn with_order() -> _ {
    payment_attempt::table
        .inner_join(payment_order::table.on(payment_order::id.eq(payment_attempt::order_id)))
}

/// The attempt that a gateway knows by a reference.
pub fn by_reference(conn: &mut PgConnection, gateway: &str, reference: &str) -> Result<Option<Attempt>> {
    with_order()
        .filter(payment_attempt::gateway.eq(gateway))
        .filter(payment_attempt::reference.eq(reference))
        .select((COLUMNS, order::COLUMNS))
        .first::<(Own, order::Row)>(conn)
        .optional()?
        .map(from_row)
        .transpose()
}

/// The attempt at a gateway by which an order can still be paid.
pub(super) fn open_at(conn: &mut PgConnection, order_id: Uuid, gateway: &str) -> Result<Option<Attempt>> {
    with_order()
        .filter(payment_attempt::order_id.eq(order_id))
        .filter(payment_attempt::gateway.eq(gateway))
        .filter(payment_attempt::state.eq("open"))
        .select((COLUMNS, order::COLUMNS))
        .first::<(Own, order::Row)>(conn)
        .optional()?
        .map(from_row)
        .transpose()
}

/// Stores what an attempt can be paid by, once.
pub(super) fn set_page(tx: &mut Tx, id: Uuid, page: &str) -> Result<()> {
    diesel::update(payment_attempt::table.find(id))
        .filter(payment_attempt::page.is_null())
        .set(payment_attempt::page.eq(page))
        .execute(tx.conn)?;
    Ok(())
}

fn by_id(conn: &mut PgConnection, id: Uuid) -> Result<Option<Attempt>> {
    with_order()
        .filter(payment_attempt::id.eq(id))
        .select((COLUMNS, order::COLUMNS))
        .first::<(Own, order::Row)>(conn)
        .optional()?
        .map(from_row)
        .transpose()
}

/// The attempts of an order, in the order of their beginning.
pub fn attempts_of(conn: &mut PgConnection, order_id: Uuid) -> Result<Vec<Attempt>> {
    let rows = with_order()
        .filter(payment_attempt::order_id.eq(order_id))
        .order(payment_attempt::id)
        .select((COLUMNS, order::COLUMNS))
        .load::<(Own, order::Row)>(conn)?;
    rows.into_iter().map(from_row).collect()
}

/// The open attempts that are due to be asked about, with how often they were.
pub(super) fn due(conn: &mut PgConnection, now: Timestamp, limit: i64) -> Result<Vec<(Attempt, i32)>> {
    let rows = with_order()
        .filter(payment_attempt::state.eq("open"))
        .filter(payment_attempt::ask_at.le(to_sql(now)))
        .order(payment_attempt::ask_at)
        .limit(limit)
        .select((COLUMNS, order::COLUMNS, payment_attempt::asked))
        .load::<(Own, order::Row, i32)>(conn)?;
    rows.into_iter().map(|(own, order, asked)| Ok((from_row((own, order))?, asked))).collect()
}

/// Writes down that a gateway was asked about an attempt.
pub(super) fn put_off(tx: &mut Tx, id: Uuid, asked: i32) -> Result<()> {
    diesel::update(payment_attempt::table.find(id))
        .set((
            payment_attempt::asked.eq(asked),
            payment_attempt::ask_at.eq(to_sql(poll::next(tx.now, asked))),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Runs [`OPEN_PAYMENT`]: asks the gateway for the pay page and stores its address. Done
/// again, it changes nothing: the gateway knows the reference, and the address stays.
pub async fn run_open_payment(db: &Db, gateways: &Gateways, payload: Value) -> Result<()> {
    let AttemptJob { attempt_id } = serde_json::from_value(payload)?;
    let Some((gateway, demand)) = db.read(move |conn| demand(conn, attempt_id)).await? else {
        return Ok(());
    };
    let gateway = gateways.named(&gateway)?;
    let page = gateway.open(&demand, db.clock.now()).await.context("the payment could not be opened")?;
    db.write(&Actor::system(OPEN_PAYMENT), move |tx| set_page(tx, attempt_id, &page)).await
}

/// What the gateway must know of an attempt, and which gateway; `None` when there is nothing
/// more to open.
pub(super) fn demand(conn: &mut PgConnection, attempt_id: Uuid) -> Result<Option<(String, Demand)>> {
    let Some(attempt) = by_id(conn, attempt_id)? else {
        return Ok(None);
    };
    let payable =
        attempt.state == AttemptState::Open && attempt.order.state == super::order::OrderState::Open;
    if !payable || attempt.page.is_some() {
        return Ok(None);
    }
    if let Some(claim) = attempt.order.claim_id {
        let gateway = attempt.gateway.clone();
        return Ok(Some((gateway, claim::demand(conn, attempt, claim)?)));
    }
    // A joint order is told under its first dossier: the messages have room for one.
    let parts = match attempt.order.dossier_id {
        Some(dossier) => vec![(dossier, attempt.order.amount)],
        None => joint::parts_of(conn, attempt.order.id)?,
    };
    let Some((first, _)) = parts.first().copied() else {
        return Ok(None);
    };
    type Named = (String, Value, String, String, String, String);
    let (dossier_code, applicant, procedure_code, procedure_name, agency_code, agency_name): Named =
        dossier::table
            .inner_join(procedure::table.on(procedure::code.eq(dossier::procedure_code)))
            .inner_join(agency::table.on(agency::id.eq(dossier::receiving_unit_id)))
            .filter(dossier::id.eq(first))
            .select((
                dossier::code,
                dossier::applicant,
                procedure::code,
                procedure::name,
                agency::code,
                agency::name,
            ))
            .first(conn)?;
    let of_applicant =
        |name: &str| applicant.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let demand = Demand {
        reference: attempt.reference,
        amount: attempt.order.amount,
        opened_at: attempt.opened_at,
        expires_at: attempt.expires_at,
        dossier_code,
        procedure_code,
        procedure_name,
        agency_code,
        agency_name,
        payer_name: of_applicant("name"),
        payer_identity_no: of_applicant("identity_no"),
        payer_address: of_applicant("address"),
        lines: lines_of(conn, &parts)?,
        budget: None,
    };
    Ok(Some((attempt.gateway, demand)))
}

/// What the money is for, dossier by dossier, as their receipts will say; each fee once, over
/// the sum of all of them.
fn lines_of(conn: &mut PgConnection, parts: &[(Uuid, i64)]) -> Result<Vec<DemandLine>> {
    let mut lines: Vec<DemandLine> = Vec::new();
    for (dossier, amount) in parts {
        for line in receipts::lines_for(conn, *dossier, *amount)? {
            let kind = ChargeKind::of(&line.kind)?;
            let known = lines
                .iter_mut()
                .find(|known| (known.kind, &known.code, &known.name) == (kind, &line.fee_code, &line.name));
            match known {
                Some(known) => known.amount += line.amount,
                None => {
                    let (code, name, amount) = (line.fee_code, line.name, line.amount);
                    lines.push(DemandLine { kind, code, name, amount });
                }
            }
        }
    }
    Ok(lines)
}
