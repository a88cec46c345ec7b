//! A receipt as people see it, for whoever may see its dossier.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::prepared;
use crate::error::{NOT_FOUND, Result};
use crate::workflow::words;

words! {
    /// What a receipt is for; one receipt never speaks of both.
    #[schema(as = ReceiptKind)]
    Kind {
        /// "Phí": pays for a service.
        Charge = "charge", "Biên lai thu phí", "receipt for a charge";
        /// "Lệ phí": a levy.
        Fee = "fee", "Biên lai thu lệ phí", "receipt for a fee";
    }
}

words! {
    /// Where a receipt stands.
    #[schema(as = ReceiptState)]
    State {
        /// It stands.
        Valid = "valid", "Có hiệu lực", "valid";
        /// All of its money was given back.
        Cancelled = "cancelled", "Đã hủy", "cancelled";
        /// Another stands in its stead.
        Replaced = "replaced", "Đã bị thay thế", "replaced";
    }
}

impl Kind {
    /// The kind of a stored word.
    pub fn of(word: &str) -> Result<Self> {
        Ok(word.parse().map_err(anyhow::Error::from)?)
    }
}

/// A receipt (biên lai).
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ReceiptOut {
    pub id: Uuid,
    pub kind: Kind,
    /// Symbol of the form (ký hiệu mẫu).
    pub form: String,
    /// Symbol of the series (ký hiệu).
    pub series: String,
    /// Seven digits (số).
    #[schema(pattern = "^[0-9]{7}$")]
    pub number: String,
    pub state: State,
    /// Why it ended; absent while it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub unit_code: String,
    pub unit_name: String,
    /// Dossier code.
    pub dossier: String,
    pub procedure_code: String,
    pub procedure_name: String,
    pub payer_name: String,
    /// Absent where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payer_address: Option<String>,
    pub lines: Vec<ReceiptLine>,
    /// Đồng.
    #[schema(minimum = 1)]
    pub amount: i64,
    #[schema(value_type = String, format = DateTime)]
    pub issued_at: Timestamp,
    /// The receipt in whose stead it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Other>,
    /// The receipt that stands in its stead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<Other>,
    /// With the series and the number it opens the public look-up.
    pub secret: String,
}

/// One charge on a receipt.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = ReceiptCharge)]
pub struct ReceiptLine {
    pub code: String,
    pub name: String,
    /// Đồng.
    #[schema(minimum = 1)]
    pub amount: i64,
}

/// Another receipt.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = OtherReceipt)]
pub struct Other {
    pub series: String,
    #[schema(pattern = "^[0-9]{7}$")]
    pub number: String,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    form: String,
    #[diesel(sql_type = Text)]
    symbol: String,
    #[diesel(sql_type = Integer)]
    number: i32,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = Text)]
    reason: String,
    #[diesel(sql_type = Text)]
    unit_code: String,
    #[diesel(sql_type = Text)]
    unit_name: String,
    #[diesel(sql_type = Text)]
    dossier: String,
    #[diesel(sql_type = Text)]
    procedure_code: String,
    #[diesel(sql_type = Text)]
    procedure_name: String,
    #[diesel(sql_type = Jsonb)]
    payer: Value,
    #[diesel(sql_type = BigInt)]
    amount: i64,
    #[diesel(sql_type = Timestamptz)]
    issued_at: jiff_diesel::Timestamp,
    #[diesel(sql_type = Text)]
    secret: String,
    #[diesel(sql_type = Nullable<Text>)]
    replaces_symbol: Option<String>,
    #[diesel(sql_type = Nullable<Integer>)]
    replaces_number: Option<i32>,
    #[diesel(sql_type = Nullable<Text>)]
    replaced_by_symbol: Option<String>,
    #[diesel(sql_type = Nullable<Integer>)]
    replaced_by_number: Option<i32>,
}

/// Columns of a [`Row`]; the condition follows.
macro_rules! receipts_where {
    ($condition:literal) => {
        concat!(
            "SELECT r.id, r.kind, s.form, r.symbol, r.number, r.state, r.reason, a.code AS unit_code,
                    a.name AS unit_name, d.code AS dossier, p.code AS procedure_code, p.name AS procedure_name,
                    r.payer, r.amount, r.issued_at, r.secret, b.symbol AS replaces_symbol,
                    b.number AS replaces_number, n.symbol AS replaced_by_symbol, n.number AS replaced_by_number
               FROM receipt r
               JOIN receipt_series s ON s.id = r.series_id
               JOIN agency a ON a.id = r.unit_id
               JOIN dossier d ON d.id = r.dossier_id
               JOIN procedure p ON p.code = d.procedure_code
               LEFT JOIN receipt b ON b.id = r.replaces_id
               LEFT JOIN receipt n ON n.id = r.replaced_by_id
              WHERE ",
            $condition,
            " ORDER BY r.id"
        )
    };
}

/// The receipts of a dossier, in the order of issuing. The caller has checked who may see it.
pub fn of_dossier(conn: &mut PgConnection, dossier_id: Uuid) -> Result<Vec<ReceiptOut>> {
    let rows: Vec<Row> =
        prepared(receipts_where!("r.dossier_id = ?")).bind::<SqlUuid, _>(dossier_id).load(conn)?;
    rows.into_iter().map(|row| complete(conn, row)).collect()
}

/// A receipt of a dossier that the caller may see.
pub fn find(conn: &mut PgConnection, dossier_id: Uuid, id: Uuid) -> Result<ReceiptOut> {
    let found = of_dossier(conn, dossier_id)?.into_iter().find(|receipt| receipt.id == id);
    found.ok_or_else(|| NOT_FOUND.err())
}

/// All receipts of a series symbol and number: every unit has a series of its own.
pub(super) fn by_number(conn: &mut PgConnection, symbol: &str, number: i32) -> Result<Vec<ReceiptOut>> {
    let rows: Vec<Row> = prepared(receipts_where!("r.symbol = ? AND r.number = ?"))
        .bind::<Text, _>(symbol)
        .bind::<Integer, _>(number)
        .load(conn)?;
    rows.into_iter().map(|row| complete(conn, row)).collect()
}

#[derive(QueryableByName)]
struct LineRow {
    #[diesel(sql_type = Text)]
    fee_code: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    amount: i64,
}

fn complete(conn: &mut PgConnection, row: Row) -> Result<ReceiptOut> {
    let lines: Vec<LineRow> =
        prepared("SELECT fee_code, name, amount FROM receipt_line WHERE receipt_id = ? ORDER BY line")
            .bind::<SqlUuid, _>(row.id)
            .load(conn)?;
    let of_payer = |name: &str| row.payer[name].as_str().unwrap_or_default().to_owned();
    Ok(ReceiptOut {
        id: row.id,
        kind: Kind::of(&row.kind)?,
        form: row.form,
        series: row.symbol,
        number: digits(row.number),
        state: row.state.parse().map_err(anyhow::Error::from)?,
        reason: Some(row.reason).filter(|reason| !reason.is_empty()),
        unit_code: row.unit_code,
        unit_name: row.unit_name,
        dossier: row.dossier,
        procedure_code: row.procedure_code,
        procedure_name: row.procedure_name,
        payer_name: of_payer("name"),
        payer_address: Some(of_payer("address")).filter(|address| !address.is_empty()),
        lines: lines
            .into_iter()
            .map(|line| ReceiptLine { code: line.fee_code, name: line.name, amount: line.amount })
            .collect(),
        amount: row.amount,
        issued_at: row.issued_at.to_jiff(),
        replaces: other(row.replaces_symbol, row.replaces_number),
        replaced_by: other(row.replaced_by_symbol, row.replaced_by_number),
        secret: row.secret,
    })
}

fn other(series: Option<String>, number: Option<i32>) -> Option<Other> {
    Some(Other { series: series?, number: digits(number?) })
}

/// A number as it is written on a receipt: seven digits.
fn digits(number: i32) -> String {
    format!("{number:07}")
}
