//! The platform tells that a payment was made or failed (IPN).
//!
//! Anybody may call; only what is signed with the shared key changes something. The answer
//! is the platform's own: HTTP 200 and a signed `MaLoi`, `00` when the payment is booked (by
//! this notice or before), `99` for everything else. Only a body of which not even the
//! reference can be read is answered with a problem, since there is nothing to reply about.

use actix_web::{HttpMessage, HttpRequest, post, web};
use utoipa::openapi::schema::{AdditionalProperties, SchemaType, Type};
use utoipa::openapi::{Object, ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::super::Source;
use super::NationalWords;
use crate::app::{App, RequestId};
use crate::auth::{Actor, Who};
use crate::db::Tx;
use crate::error::{MALFORMED, Problem, Result, TOO_LARGE};
use crate::http::UNSUPPORTED;
use crate::national::payment_platform::CallbackReply;
use crate::payments::inbox::take_in;

/// Largest notice, in bytes.
const BODY_LIMIT: usize = 16 * 1024;

/// Take in a notice of the national payment platform
#[utoipa::path(
    operation_id = "receive_payment_callback",
    security(()),
    tag = "payments",
    request_body(content = CallbackIn, content_type = "application/json"),
    responses(
        (status = 200, description = "The platform's signed reply: `MaLoi` says whether the payment is booked", body = CallbackReply),
        (status = 400, description = "Not a notice: not even its reference can be read", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Larger than 16 KiB", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy; the platform sends it again", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/payments/callbacks/national")]
pub async fn receive_payment_callback(
    app: web::Data<App>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<web::Json<CallbackReply>> {
    check(&request, &body)?;
    let words = NationalWords::of(&app.config);
    let reply = move |tx: &mut Tx| {
        let taken = take_in(tx, &words, Source::Callback, &body)?;
        let accepted = taken.outcome.is_accepted();
        Ok(taken.reference.map(|r| CallbackReply::new(&words.partner, accepted, Some(&r), tx.now)))
    };
    let reply = app.db.write(&platform(&request), reply).await?;
    reply.map(web::Json).ok_or_else(|| MALFORMED.err())
}

fn check(request: &HttpRequest, body: &[u8]) -> Result<()> {
    if !request.content_type().eq_ignore_ascii_case("application/json") {
        return Err(UNSUPPORTED.err());
    }
    if body.len() > BODY_LIMIT {
        return Err(TOO_LARGE.err());
    }
    Ok(())
}

/// Whoever calls acts as the platform; the signature shows whether rightly.
fn platform(request: &HttpRequest) -> Actor {
    let request_id = RequestId::of(request);
    Actor { who: Who::System("payment_platform"), request_id }
}

/// The notice as documented. It is read from its raw bytes, never through this type: the
/// digest `MaXacThuc` is over the characters as written.
pub struct CallbackIn;

impl PartialSchema for CallbackIn {
    fn schema() -> RefOr<Schema> {
        let fields = [
            ("LoaiBanTin", "Kind of message"),
            ("MaLoi", "00 = paid"),
            ("MaDoiTac", "Partner code"),
            ("MaThamChieu", "Reference of the order"),
            ("SoTien", "Đồng, digits only"),
            ("MaTienTe", "VND"),
            ("MaGiaoDich", "The platform's number of the payment"),
            ("MaNganHang", "Bank of the payer"),
            ("ThoiGianGD", "yyyyMMddHHmmss, +07:00"),
            ("ThongTinGiaoDich", "What it is for"),
            (
                "MaXacThuc",
                "Hex SHA-256 of LoaiBanTin|MaLoi|MaDoiTac|MaThamChieu|SoTien|MaTienTe|MaGiaoDich|MaNganHang|ThoiGianGD|ThongTinGiaoDich|key",
            ),
        ];
        let object = fields
            .into_iter()
            .fold(ObjectBuilder::new(), |object, (name, meaning)| object.property(name, scalar(meaning)));
        object
            .description(Some("A flat object; no key twice"))
            .required("MaThamChieu")
            .additional_properties(Some(AdditionalProperties::RefOr(RefOr::T(Schema::Object(scalar(
                "Not under the digest: Token, SoThe, ThangThe, NamThe",
            ))))))
            .into()
    }
}

impl ToSchema for CallbackIn {}

/// A value of a notice: a text, a number taken as the text it was written as, or nothing.
fn scalar(meaning: &str) -> Object {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Number, Type::Null]))
        .pattern(Some("^[^\\u0000]*$"))
        .description(Some(meaning))
        .build()
}
