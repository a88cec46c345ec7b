//! A land officer corrects a slip that has gone: what was wrong is said otherwise, and a job
//! sends it. The dossier waits on; what the tax office told by the wrong slip it replaces itself.
//!
//! May: a specialist or leader of the agency that decides the dossier. Refusals: 404 not visible,
//! 403 another role, 409 no slip that holds, 422 nothing, or something that no slip names.

use actix_web::{post, web};
use diesel::prelude::*;
use diesel::sql_types::{Jsonb, SmallInt, Text as SqlText, Timestamptz, Uuid as SqlUuid};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::CORRECT_SLIP;
use super::overview::{LandTaxOut, overview, seen};
use super::send::{SlipJob, forget_confirmation, last_of};
use crate::app::App;
use crate::auth::Actor;
use crate::db::{Tx, prepared, to_sql};
use crate::error::{Code, FORBIDDEN, INVALID, Problem, Result};
use crate::http::{Keyed, Reply, Text, once};
use crate::jobs::enqueue;
use crate::workflow::Role;

pub static NO_SLIP: Code = Code::new(
    409,
    "no_tax_slip",
    "Hồ sơ không có phiếu chuyển thông tin đang có hiệu lực",
    "The dossier has no slip that holds",
);

/// What is said otherwise; at least one.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SlipCorrectionIn {
    pub reason: Text<500>,
    #[serde(default)]
    pub parcel_number: Option<Text<50>>,
    #[serde(default)]
    pub map_sheet: Option<Text<50>>,
    #[serde(default)]
    pub parcel_address: Option<Text<300>>,
    /// Square metres.
    #[serde(default)]
    #[schema(minimum = 0.01, maximum = 100_000_000.0)]
    pub area: Option<f64>,
    #[serde(default)]
    pub land_use: Option<Text<20>>,
    /// Price in the contract, in đồng.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub contract_value: Option<i64>,
    /// Price of the land in the province's table (bảng giá đất), đồng a square metre.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub table_price: Option<i64>,
    /// Value of what stands on the land by the province's table, in đồng.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub asset_value: Option<i64>,
    #[serde(default)]
    pub land_use_fee: Option<LandUseFeeIn>,
}

/// What the land-use fee is computed from (NĐ 103/2024/NĐ-CP), as the land officer states it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LandUseFeeIn {
    /// Square metres.
    #[schema(minimum = 0.01, maximum = 100_000_000.0)]
    pub area: f64,
    /// Đồng a square metre in the new use.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub price: i64,
    /// Đồng a square metre in the former use; 0 when absent.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub former_price: i64,
    /// Share that is to be paid, whole percent.
    #[schema(minimum = 0, maximum = 100)]
    pub percent: i64,
}

/// Most đồng that a slip states.
const MOST: i64 = 1_000_000_000_000;

fn amount(path: &str, value: i64) -> Result<Value> {
    if (0..=MOST).contains(&value) {
        Ok(value.into())
    } else {
        Err(INVALID.at(path, "không hợp lệ", "is out of bounds"))
    }
}

fn area(path: &str, value: f64) -> Result<Value> {
    if (0.01..=100_000_000.0).contains(&value) {
        Ok(value.into())
    } else {
        Err(INVALID.at(path, "phải lớn hơn 0", "must be more than 0"))
    }
}

impl LandUseFeeIn {
    fn stated(&self) -> Result<Value> {
        if !(0..=100).contains(&self.percent) {
            return Err(INVALID.at("/land_use_fee/percent", "từ 0 đến 100", "is from 0 to 100"));
        }
        Ok(json!({
            "area": area("/land_use_fee/area", self.area)?,
            "price": amount("/land_use_fee/price", self.price)?,
            "former_price": amount("/land_use_fee/former_price", self.former_price)?,
            "percent": self.percent,
        }))
    }
}

impl SlipCorrectionIn {
    /// The members of the answers that change.
    fn changes(&self) -> Result<Value> {
        let mut changes = Map::new();
        let texts = [
            ("parcel_number", self.parcel_number.as_ref().map(Text::as_str)),
            ("map_sheet", self.map_sheet.as_ref().map(Text::as_str)),
            ("parcel_address", self.parcel_address.as_ref().map(Text::as_str)),
            ("land_use", self.land_use.as_ref().map(Text::as_str)),
        ];
        for (name, text) in texts {
            changes.extend(text.map(|text| (name.to_owned(), text.into())));
        }
        if let Some(value) = self.area {
            changes.insert("area".to_owned(), area("/area", value)?);
        }
        let amounts = [
            ("contract_value", self.contract_value),
            ("table_price", self.table_price),
            ("asset_value", self.asset_value),
        ];
        for (name, value) in amounts {
            if let Some(value) = value {
                changes.insert(name.to_owned(), amount(&format!("/{name}"), value)?);
            }
        }
        if let Some(fee) = &self.land_use_fee {
            changes.insert("land_use_fee".to_owned(), fee.stated()?);
        }
        if changes.is_empty() {
            return Err(INVALID.because("chưa nêu nội dung điều chỉnh", "nothing is corrected"));
        }
        Ok(Value::Object(changes))
    }
}

/// Correct the slip of a dossier
#[utoipa::path(
    operation_id = "correct_tax_slip", tag = "land_tax",
    request_body = SlipCorrectionIn,
    params(
        ("code" = String, Path, description = "Dossier code"),
        ("Idempotency-Key" = String, Header, description = "A new word for each request"),
    ),
    responses(
        (status = 201, description = "The slips and notices", body = LandTaxOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/dossiers/{code}/land-tax/corrections")]
pub async fn correct_tax_slip(
    app: web::Data<App>,
    actor: Actor,
    code: web::Path<String>,
    request: Keyed<SlipCorrectionIn>,
) -> Result<Reply> {
    actor.need_staff()?;
    let (code, changes) = (code.into_inner(), request.body.changes()?);
    app.db
        .write(&actor, move |tx| {
            once(tx, &request.key, |tx| {
                let (id, unit) = seen(tx.conn, tx.actor, &code)?;
                let officer = |role| tx.actor.staff().is_some_and(|staff| staff.holds(role, unit));
                if !officer(Role::Specialist) && !officer(Role::Leader) {
                    return Err(FORBIDDEN.err());
                }
                correct(tx, id, &changes, request.body.reason.as_str())?;
                let now = tx.now;
                Reply::created(overview(tx.conn, tx.actor, id, now)?)
            })
        })
        .await
}

fn correct(tx: &mut Tx, dossier: Uuid, changes: &Value, reason: &str) -> Result<()> {
    prepared("SELECT FROM dossier WHERE id = ? FOR NO KEY UPDATE")
        .bind::<SqlUuid, _>(dossier)
        .execute(tx.conn)?;
    let last =
        last_of(tx.conn, dossier)?.filter(|last| last.kind != "recall").ok_or_else(|| NO_SLIP.err())?;
    let seq = last.seq + 1;
    forget_confirmation(tx, dossier)?;
    prepared(
        "INSERT INTO tax_slip (dossier_id, seq, kind, number, changes, reason, land_users, requested_at, requested_by)
         SELECT dossier_id, ?, 'correction', number, changes || ?, ?, land_users, ?, ? FROM tax_slip
          WHERE dossier_id = ? AND seq = ?",
    )
    .bind::<SmallInt, _>(seq)
    .bind::<Jsonb, _>(changes)
    .bind::<SqlText, _>(reason)
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .bind::<SqlText, _>(tx.actor.key())
    .bind::<SqlUuid, _>(dossier)
    .bind::<SmallInt, _>(last.seq)
    .execute(tx.conn)?;
    let job = serde_json::to_value(SlipJob { dossier_id: dossier, seq })?;
    enqueue(tx, CORRECT_SLIP, Some(dossier), job, None)?;
    tx.audit("correct_tax_slip", Some(dossier))
}
