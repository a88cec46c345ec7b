//! Anybody who holds a receipt looks it up: by its series, its number and the secret printed
//! on it. A wrong secret and a number that was never given look the same.

use actix_web::{get, web};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use utoipa::{IntoParams, ToSchema};

use super::show::{Kind, Other, ReceiptLine, ReceiptOut, State, by_number};
use crate::app::App;
use crate::error::{NOT_FOUND, Problem, Result};
use crate::http::Reply;

/// `?secret=` of the look-up.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LookUpQuery {
    /// The code on the receipt.
    #[param(max_length = 64)]
    secret: String,
}

/// A receipt as its holder sees it: no more than what is printed on it, and where it stands now.
#[derive(Debug, Serialize, ToSchema)]
pub struct LookedUp {
    pub kind: Kind,
    pub form: String,
    pub series: String,
    #[schema(pattern = "^[0-9]{7}$")]
    pub number: String,
    pub state: State,
    pub unit_name: String,
    /// Dossier code.
    pub dossier: String,
    pub procedure_name: String,
    pub payer_name: String,
    pub lines: Vec<ReceiptLine>,
    /// Đồng.
    #[schema(minimum = 1)]
    pub amount: i64,
    #[schema(value_type = String, format = DateTime)]
    pub issued_at: Timestamp,
    /// The receipt that stands in its stead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<Other>,
}

/// Looks a receipt up without login.
#[utoipa::path(
    operation_id = "look_up_receipt",
    security(()),
    tag = "payments",
    params(
        ("series" = String, Path, description = "Symbol of the series", example = "BL-26E"),
        ("number" = String, Path, description = "The number", example = "0000001"),
        LookUpQuery,
    ),
    responses(
        (status = 200, description = "The receipt", body = LookedUp),
        (status = 400, description = "Without a secret", body = Problem),
        (status = 404, description = "No such receipt with this secret", body = Problem),
    )
)]
#[get("/api/v1/receipts/{series}/{number}")]
pub async fn look_up_receipt(
    app: web::Data<App>,
    path: web::Path<(String, String)>,
    query: web::Query<LookUpQuery>,
) -> Result<Reply> {
    let (series, number) = path.into_inner();
    let number = number_of(&number).filter(|_| !series.contains('\0'));
    let Some(number) = number else { return Err(NOT_FOUND.err()) };
    let secret = query.into_inner().secret;
    let found = app.db.read(move |conn| by_number(conn, &series, number)).await?;
    // Every unit has a series: the secret says which one is meant.
    let meant = |receipt: &ReceiptOut| bool::from(receipt.secret.as_bytes().ct_eq(secret.as_bytes()));
    let receipt = found.into_iter().find(meant).ok_or_else(|| NOT_FOUND.err())?;
    Reply::ok(LookedUp {
        kind: receipt.kind,
        form: receipt.form,
        series: receipt.series,
        number: receipt.number,
        state: receipt.state,
        unit_name: receipt.unit_name,
        dossier: receipt.dossier,
        procedure_name: receipt.procedure_name,
        payer_name: receipt.payer_name,
        lines: receipt.lines,
        amount: receipt.amount,
        issued_at: receipt.issued_at,
        replaced_by: receipt.replaced_by,
    })
}

/// Seven digits, or fewer without the zeros before them.
fn number_of(text: &str) -> Option<i32> {
    let sound = (1..=7).contains(&text.len()) && text.bytes().all(|sign| sign.is_ascii_digit());
    sound.then(|| text.parse().ok()).flatten()
}
