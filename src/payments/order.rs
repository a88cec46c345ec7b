//! The payment order (lệnh thanh toán): a demand for what a dossier owes.
//!
//! open → paid | cancelled, and no way back. A dossier has at most one open order (a unique
//! index holds it), and none lapses by itself: that would need the platform's word that
//! nobody is paying just now. Opening writes the row and a job; the job asks the platform
//! for the pay page and stores its address.

use anyhow::Context;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use rand::Rng;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::charge::{Charge, ChargeKind, charges_of};
use super::poll;
use crate::auth::Actor;
use crate::clock::day_of;
use crate::db::schema::{agency, dossier, payment_order, procedure};
use crate::db::{Db, Tx, to_sql};
use crate::error::{BUSY, Code, Error, Result};
use crate::jobs;
use crate::national::payment_platform::{Demand, FeeLine, PaymentPlatform};

/// Job: ask the platform for the pay page. Payload [`OrderJob`], subject: the order.
pub const OPEN_PAYMENT: &str = "open_payment";

/// Signs of a reference: Crockford's base 32, without I, L, O and U.
const SIGNS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

pub static ORDER_OPEN: Code = Code::new(
    409,
    "payment_order_open",
    "Hồ sơ đang có lệnh thanh toán khác số tiền chưa hoàn tất",
    "The dossier has an open payment order over another amount",
);

pub static NOTHING_DUE: Code =
    Code::new(409, "nothing_due", "Hồ sơ không có khoản phải nộp", "Nothing is due for the dossier");

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    Open,
    Paid,
    Cancelled,
}

impl OrderState {
    fn of(word: &str) -> Result<Self> {
        match word {
            "open" => Ok(Self::Open),
            "paid" => Ok(Self::Paid),
            "cancelled" => Ok(Self::Cancelled),
            other => Err(Error::Internal(anyhow::anyhow!("unknown state of an order: {other}"))),
        }
    }
}

/// A payment order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub id: Uuid,
    pub dossier_id: Uuid,
    /// `MaThamChieu`: six digits of the day and 14 random signs.
    pub reference: String,
    /// Đồng.
    pub amount: i64,
    pub state: OrderState,
    /// Page where it can be paid; `None` until the platform answered.
    pub pay_url: Option<String>,
    /// `MaGiaoDich` of the payment that settled it.
    pub gateway_txn: Option<String>,
}

/// Payload of [`OPEN_PAYMENT`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OrderJob {
    pub order_id: Uuid,
}

/// Opens an order over an amount in đồng, or gives the one that is open already.
pub fn open_order(tx: &mut Tx, dossier_id: Uuid, amount: i64) -> Result<Order> {
    if amount <= 0 {
        return Err(NOTHING_DUE.err());
    }
    let id = Uuid::now_v7();
    let inserted = diesel::insert_into(payment_order::table)
        .values((
            payment_order::id.eq(id),
            payment_order::dossier_id.eq(dossier_id),
            payment_order::reference.eq(new_reference(tx)),
            payment_order::amount.eq(amount),
            payment_order::state.eq("open"),
            payment_order::opened_at.eq(to_sql(tx.now)),
            payment_order::ask_at.eq(poll::next(tx.now, 0).map(to_sql)),
        ))
        .on_conflict_do_nothing()
        .execute(tx.conn)?;
    // Somebody else's order may have been settled between the two statements: then try again.
    let order = open_of(tx.conn, dossier_id)?.ok_or_else(|| BUSY.err())?;
    if order.amount != amount {
        return Err(ORDER_OPEN.err());
    }
    if inserted == 1 {
        jobs::enqueue(tx, OPEN_PAYMENT, Some(id), json!({ "order_id": id }), Some(format!("open:{id}")))?;
    }
    Ok(order)
}

/// Gives up the open order of a dossier. Money that still comes for it is late: it is
/// stored, and changes nothing.
pub fn cancel_order(tx: &mut Tx, dossier_id: Uuid) -> Result<bool> {
    let cancelled = diesel::update(payment_order::table)
        .filter(payment_order::dossier_id.eq(dossier_id))
        .filter(payment_order::state.eq("open"))
        .set(payment_order::state.eq("cancelled"))
        .execute(tx.conn)?;
    Ok(cancelled == 1)
}

/// The day makes references sortable for people; 70 random bits keep them from being guessed.
fn new_reference(tx: &Tx) -> String {
    let mut reference = day_of(tx.now).strftime("%y%m%d").to_string();
    let mut random = rand::rng();
    for _ in 0..14 {
        reference.push(char::from(SIGNS[random.random_range(0..SIGNS.len())]));
    }
    reference
}

/// The columns of an [`Order`], in its order.
macro_rules! columns {
    () => {
        (
            payment_order::id,
            payment_order::dossier_id,
            payment_order::reference,
            payment_order::amount,
            payment_order::state,
            payment_order::pay_url,
            payment_order::gateway_txn,
        )
    };
}

type Row = (Uuid, Uuid, String, i64, String, Option<String>, Option<String>);

fn from_row((id, dossier_id, reference, amount, state, pay_url, gateway_txn): Row) -> Result<Order> {
    let state = OrderState::of(&state)?;
    Ok(Order { id, dossier_id, reference, amount, state, pay_url, gateway_txn })
}

fn open_of(conn: &mut PgConnection, dossier_id: Uuid) -> Result<Option<Order>> {
    payment_order::table
        .filter(payment_order::dossier_id.eq(dossier_id))
        .filter(payment_order::state.eq("open"))
        .select(columns!())
        .first::<Row>(conn)
        .optional()?
        .map(from_row)
        .transpose()
}

/// The newest order of a dossier.
pub fn latest_of(conn: &mut PgConnection, dossier_id: Uuid) -> Result<Option<Order>> {
    payment_order::table
        .filter(payment_order::dossier_id.eq(dossier_id))
        .order(payment_order::id.desc())
        .select(columns!())
        .first::<Row>(conn)
        .optional()?
        .map(from_row)
        .transpose()
}

/// The order with a reference.
pub fn by_reference(conn: &mut PgConnection, reference: &str) -> Result<Option<Order>> {
    payment_order::table
        .filter(payment_order::reference.eq(reference))
        .select(columns!())
        .first::<Row>(conn)
        .optional()?
        .map(from_row)
        .transpose()
}

/// The order with an identifier.
pub fn by_id(conn: &mut PgConnection, id: Uuid) -> Result<Option<Order>> {
    payment_order::table.find(id).select(columns!()).first::<Row>(conn).optional()?.map(from_row).transpose()
}

/// Runs [`OPEN_PAYMENT`]: asks the platform for the pay page and stores its address. Done
/// again, it changes nothing: the platform knows the reference, and the address stays.
pub async fn run_open_payment(db: &Db, platform: &PaymentPlatform, payload: Value) -> Result<()> {
    let OrderJob { order_id } = serde_json::from_value(payload)?;
    let Some(demand) = db.read(move |conn| demand(conn, order_id)).await? else {
        return Ok(());
    };
    let url = platform.open(&demand, db.clock.now()).await.context("the payment could not be opened")?;
    db.write(&Actor::system(OPEN_PAYMENT), move |tx| {
        diesel::update(payment_order::table.find(order_id))
            .filter(payment_order::pay_url.is_null())
            .set(payment_order::pay_url.eq(&url))
            .execute(tx.conn)?;
        Ok(())
    })
    .await
}

/// What the platform must know of an order; `None` when there is nothing more to open.
fn demand(conn: &mut PgConnection, order_id: Uuid) -> Result<Option<Demand>> {
    let Some(order) = by_id(conn, order_id)? else {
        return Ok(None);
    };
    if order.state != OrderState::Open || order.pay_url.is_some() {
        return Ok(None);
    }
    type Named = (String, Value, String, String, String, String);
    let (dossier_code, applicant, procedure_code, procedure_name, agency_code, agency_name): Named =
        dossier::table
            .inner_join(procedure::table.on(procedure::code.eq(dossier::procedure_code)))
            .inner_join(agency::table.on(agency::id.eq(dossier::receiving_unit_id)))
            .filter(dossier::id.eq(order.dossier_id))
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
    Ok(Some(Demand {
        reference: order.reference,
        amount: order.amount,
        dossier_code,
        procedure_code,
        procedure_name,
        agency_code,
        agency_name,
        payer_name: of_applicant("name"),
        payer_identity_no: of_applicant("identity_no"),
        payer_address: of_applicant("address"),
        lines: charges_of(conn, order.dossier_id)?.iter().filter(|c| c.amount > 0).map(line).collect(),
    }))
}

fn line(charge: &Charge) -> FeeLine {
    let kind = match charge.kind {
        ChargeKind::Charge => "1",
        ChargeKind::Fee => "2",
    };
    FeeLine {
        kind: kind.to_owned(),
        code: charge.fee_code.clone(),
        name: charge.name.clone(),
        amount: charge.amount.to_string(),
    }
}
