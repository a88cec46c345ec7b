//! The word that opens a submission receipt at `/verify/{word}`: its dossier code and the first
//! part of its signature. So nothing more is stored than the receipt itself, and nobody has the
//! word who never had the receipt.

use actix_web::{get, web};
use serde::Serialize;
use serde_json::Value;
use subtle::ConstantTimeEq;
use utoipa::ToSchema;

use super::key::SIGNATURE;
use crate::app::App;
use crate::auth::Actor;
use crate::dossiers::show::logged_in;
use crate::dossiers::store;
use crate::error::{Code, Problem, Result};
use crate::http::Reply;
use crate::qr::draw;

/// Characters of the signature in the word: 132 bits that nobody guesses.
const PART: usize = 22;

static NOT_SIGNED: Code = Code::new(
    409,
    "receipt_not_signed",
    "Giấy tiếp nhận này không có chữ ký số",
    "This receipt bears no signature",
);

/// A receipt on paper or on a screen.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceiptCodeOut {
    /// Address at which anybody checks the receipt.
    pub verify: String,
    /// The address as a QR code, a drawing in SVG.
    pub svg: String,
}

/// The word of a receipt; `None`: it bears no signature.
pub fn word(code: &str, receipt: &Value) -> Option<String> {
    let (_, value) = receipt.get(SIGNATURE)?.as_str()?.split_once("..")?;
    Some(format!("{code}.{}", value.get(..PART)?))
}

/// The dossier code of a word that may be a receipt's.
pub fn code_of(word: &str) -> Option<&str> {
    let (code, part) = word.rsplit_once('.')?;
    (part.len() == PART).then_some(code)
}

/// Whether a word is this receipt's.
pub fn opens(said: &str, code: &str, receipt: &Value) -> bool {
    word(code, receipt).is_some_and(|own| own.as_bytes().ct_eq(said.as_bytes()).into())
}

/// Draws the QR code of the signed submission receipt.
#[utoipa::path(
    operation_id = "draw_submission_receipt_code",
    tag = "dossiers",
    params(("code" = String, Path, description = "Dossier code")),
    responses(
        (status = 200, description = "Address and QR code", body = ReceiptCodeOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/dossiers/{code}/submission-receipt/qr")]
pub async fn draw_code(app: web::Data<App>, actor: Actor, code: web::Path<String>) -> Result<Reply> {
    logged_in(&actor)?;
    let code = code.into_inner();
    let dossier = app.db.read(move |conn| store::find(conn, &actor, &code)).await?;
    let word = word(&dossier.code, &dossier.receipt).ok_or_else(|| NOT_SIGNED.err())?;
    let verify = format!("{}/verify/{word}", app.config.public_url());
    Reply::ok(ReceiptCodeOut { svg: draw(&verify)?, verify })
}
