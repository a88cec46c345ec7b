//! `GET /verify/{code}`: what a QR code on paper opens. JSON for programs, a page for people.

use actix_web::http::header::{Accept, Header};
use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Deserialize;
use utoipa::IntoParams;

use super::document::{DocumentOut, by_word};
use super::page;
use crate::app::App;
use crate::error::{INVALID, NOT_FOUND, Problem, Result};

/// `?sha256=` of the question.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct VerifyQuery {
    /// SHA-256 of a file, hex: is it this document?
    #[param(min_length = 64, max_length = 64, pattern = "^[0-9A-Fa-f]{64}$")]
    sha256: Option<String>,
}

/// Says whether a document holds, and whose it is.
#[utoipa::path(
    operation_id = "verify_document",
    tag = "authenticity",
    security(()),
    params(("code" = String, Path, description = "The word on the document"), VerifyQuery),
    responses(
        (status = 200, description = "The document", content(
            (DocumentOut = "application/json"),
            (String = "text/html"),
        )),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/verify/{code}")]
pub async fn verify_document(
    app: web::Data<App>,
    request: HttpRequest,
    code: web::Path<String>,
    query: web::Query<VerifyQuery>,
) -> Result<HttpResponse> {
    let hash = query.into_inner().sha256;
    if hash.as_ref().is_some_and(|hash| hash.len() != 64 || hex::decode(hash).is_err()) {
        return Err(INVALID.at("sha256", "phải là 64 chữ số hệ 16", "must be 64 hexadecimal digits"));
    }
    let (code, asked) = (code.into_inner(), request.clone());
    let found = app.db.read(move |conn| by_word(conn, &code)).await;
    answer(
        &asked,
        found.map(|document| match hash {
            Some(hash) => document.compared(&hash),
            None => document,
        }),
    )
}

/// The document as whoever asks can read it: a page, where a browser asks.
pub fn answer(request: &HttpRequest, found: Result<DocumentOut>) -> Result<HttpResponse> {
    let page = Accept::parse(request)
        .is_ok_and(|accept| accept.ranked().first().is_some_and(|first| first.essence_str() == "text/html"));
    match found {
        Ok(document) if page => Ok(html(HttpResponse::Ok(), &page::document(&document))),
        Err(error) if page && error.code() == &NOT_FOUND => Ok(html(HttpResponse::NotFound(), page::UNKNOWN)),
        found => Ok(HttpResponse::Ok().json(found?)),
    }
}

fn html(mut response: actix_web::HttpResponseBuilder, page: &str) -> HttpResponse {
    response
        .content_type("text/html; charset=utf-8")
        .insert_header(("content-security-policy", page::POLICY))
        .body(page.to_owned())
}
