//! `POST /verify/{code}`: is this file the document? Effects: none; the file is hashed while it
//! comes in and kept nowhere.

use actix_multipart::{Field, Multipart};
use actix_web::{HttpRequest, HttpResponse, post, web};
use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};

use super::document::{DocumentOut, by_word};
use super::show::answer;
use crate::app::App;
use crate::error::{INVALID, Problem, Result};
use crate::files::FILE_TOO_LARGE;

/// A file to be compared.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "describes the form; the file is read as it comes")]
pub struct CompareForm {
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Says whether a file is the document that the word opens.
#[utoipa::path(
    operation_id = "compare_document",
    tag = "authenticity",
    security(()),
    params(("code" = String, Path, description = "The word on the document")),
    request_body(content = CompareForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "The document, and whether the file is it", content(
            (DocumentOut = "application/json"),
            (String = "text/html"),
        )),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/verify/{code}")]
pub async fn compare_document(
    app: web::Data<App>,
    request: HttpRequest,
    code: web::Path<String>,
    mut form: Multipart,
) -> Result<HttpResponse> {
    let code = code.into_inner();
    // Asked first: nobody sends a large file about a word that opens nothing.
    let found = app.db.read(move |conn| by_word(conn, &code)).await;
    let Ok(document) = found else { return answer(&request, found) };
    let part = form.try_next().await.map_err(|_| no_file())?.ok_or_else(no_file)?;
    let hash = hash_of(part, app.config.files.max_bytes).await?;
    answer(&request, Ok(document.compared(&hash)))
}

async fn hash_of(mut part: Field, limit: u64) -> Result<String> {
    let (mut hash, mut size) = (Sha256::new(), 0);
    while let Some(bytes) = part.try_next().await.map_err(|_| no_file())? {
        size += bytes.len() as u64;
        if size > limit {
            return Err(FILE_TOO_LARGE.err());
        }
        hash.update(&bytes);
    }
    Ok(hex::encode(hash.finalize()))
}

fn no_file() -> crate::error::Error {
    INVALID.at("file", "phải là biểu mẫu có một tệp", "must be a form with one file")
}
