//! Resumable uploads over HTTP: tus 1.0 (tus.io) with creation, expiration, checksum and
//! termination. Who may put a file by an ordinary upload may put it by this one, too; the file
//! is kept by the same rules when its last byte is there.
//!
//! `Upload-Metadata` names the file (`filename` or `name`) and its document component
//! (`component`). When the upload has become a file, its identifier is in `Upload-File`.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, delete, head, options, patch, post, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use uuid::Uuid;

use super::draft::{self, owned};
use super::files::{
    PurposeQuery, UPLOAD_NOT_EXPECTED, is_component, keep_in_dossier, keep_in_draft, may_put,
};
use super::show::logged_in;
use super::store;
use crate::app::App;
use crate::auth::Actor;
use crate::db::Tx;
use crate::error::{Code, Error, INVALID, MALFORMED, Problem, Result};
use crate::files::resumable::{self, Announced, Checksum, Made, Part, Upload};
use crate::files::{DRAFT_SUBMITTED, Purpose, Received, Target};
use crate::http::UNSUPPORTED;

/// The version of the protocol.
const VERSION: &str = "1.0.0";
const EXTENSIONS: &str = "creation,expiration,checksum,termination";
/// Type of the bytes that go on with an upload.
const BYTES: &str = "application/offset+octet-stream";
const TUS_RESUMABLE: &str = "Tus-Resumable";
const UPLOAD_FILE: &str = "Upload-File";
/// Characters of a component's code.
const COMPONENT_LIMIT: usize = 100;

pub static TUS_VERSION: Code = Code::new(
    412,
    "tus_version",
    "Chỉ hỗ trợ giao thức tus phiên bản 1.0.0",
    "Only version 1.0.0 of the tus protocol is spoken here",
);

/// Says what is spoken here.
#[utoipa::path(
    operation_id = "describe_uploads", tag = "files", security(()),
    responses(
        (status = 204, description = "In the headers: Tus-Version, Tus-Extension, Tus-Max-Size, Tus-Checksum-Algorithm"),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    )
)]
#[options("/api/v1/uploads")]
pub async fn describe_uploads(app: web::Data<App>) -> HttpResponse {
    answer(StatusCode::NO_CONTENT)
        .insert_header(("Tus-Version", VERSION))
        .insert_header(("Tus-Extension", EXTENSIONS))
        .insert_header(("Tus-Max-Size", app.files.limits.max_bytes))
        .insert_header(("Tus-Checksum-Algorithm", Checksum::ALGORITHMS))
        .finish()
}

/// Announces a resumable upload to a draft.
#[utoipa::path(
    operation_id = "begin_draft_upload", tag = "files",
    params(
        ("id" = Uuid, Path, description = "The draft"),
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
        ("Upload-Length" = String, Header, description = "Bytes of the file"),
        ("Upload-Metadata" = String, Header, description = "filename and component, each in Base64"),
    ),
    responses(
        (status = 201, description = "Announced; `Location` is where it goes on"),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/drafts/{id}/uploads")]
pub async fn begin_draft_upload(
    app: web::Data<App>,
    actor: Actor,
    id: web::Path<Uuid>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    logged_in(&actor)?;
    check_version(&request)?;
    let announced = announced(&app, &request, Target::Draft(id.into_inner()), Purpose::Component)?;
    let (asker, wanted, state) = (actor.clone(), announced.clone(), app.clone());
    app.db
        .read(move |conn| {
            let Target::Draft(id) = wanted.target else { return Ok(()) };
            let row = owned(conn, &asker, id)?;
            if row.dossier_id.is_some() {
                return Err(DRAFT_SUBMITTED.err());
            }
            is_component(&*state.catalogue.version(conn, row.version_id)?, &wanted.component)
        })
        .await?;
    begin(&app, &actor, announced).await
}

/// Announces a resumable upload to a dossier: part of a supplement, a result, an opinion.
#[utoipa::path(
    operation_id = "begin_dossier_upload", tag = "files",
    params(
        ("code" = String, Path, description = "Dossier code"),
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
        ("Upload-Length" = String, Header, description = "Bytes of the file"),
        ("Upload-Metadata" = String, Header, description = "filename and component, each in Base64"),
        PurposeQuery,
    ),
    responses(
        (status = 201, description = "Announced; `Location` is where it goes on"),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/dossiers/{code}/uploads")]
pub async fn begin_dossier_upload(
    app: web::Data<App>,
    actor: Actor,
    code: web::Path<String>,
    purpose: web::Query<PurposeQuery>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    logged_in(&actor)?;
    let (code, purpose) = (code.into_inner(), purpose.into_inner().purpose);
    let (asker, state) = (actor.clone(), app.clone());
    let (id, now) = app.db.read(move |conn| may_put(&state, conn, &asker, &code, purpose)).await?;
    check_version(&request)?;
    if !now {
        return Err(UPLOAD_NOT_EXPECTED.err());
    }
    begin(&app, &actor, announced(&app, &request, Target::Dossier(id), purpose)?).await
}

async fn begin(app: &App, actor: &Actor, announced: Announced) -> Result<HttpResponse> {
    let upload = app.db.write(actor, move |tx| resumable::begin(tx, &announced)).await?;
    let place = format!("/api/v1/uploads/{}", upload.id);
    Ok(answer(StatusCode::CREATED)
        .insert_header((LOCATION, place))
        .insert_header(("Upload-Expires", http_date(upload.expires_at)))
        .finish())
}

/// Says where an upload goes on.
#[utoipa::path(
    operation_id = "show_upload", tag = "files",
    params(
        ("id" = Uuid, Path, description = "The upload"),
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
    ),
    responses(
        (status = 200, description = "In the headers: Upload-Offset, Upload-Length, Upload-Expires, Upload-File"),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[head("/api/v1/uploads/{id}")]
pub async fn show_upload(
    app: web::Data<App>,
    actor: Actor,
    id: web::Path<Uuid>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let upload = own(&app, &actor, id.into_inner()).await?;
    check_version(&request)?;
    // Whoever hears that all is there must be able to rely on the file.
    let file = finish_if_whole(&app, &actor, &upload).await?;
    let mut answer = answer(StatusCode::OK);
    answer.insert_header(("Upload-Offset", upload.received)).insert_header(("Upload-Length", upload.length));
    answer.insert_header((CACHE_CONTROL, "no-store"));
    Ok(ended(answer, &upload, file))
}

/// Goes on with an upload.
#[utoipa::path(
    operation_id = "continue_upload", tag = "files",
    params(
        ("id" = Uuid, Path, description = "The upload"),
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
        ("Upload-Offset" = String, Header, description = "Where it goes on: bytes that were sent before"),
        ("Upload-Checksum" = Option<String>, Header, description = "sha1 or sha256, a space, the digest in Base64"),
    ),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"),
    responses(
        (status = 204, description = "Kept; `Upload-Offset` is the next place, `Upload-File` the file when it is whole"),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[patch("/api/v1/uploads/{id}")]
pub async fn continue_upload(
    app: web::Data<App>,
    actor: Actor,
    id: web::Path<Uuid>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse> {
    let upload = own(&app, &actor, id.into_inner()).await?;
    check_version(&request)?;
    if text(&request, CONTENT_TYPE.as_str()) != BYTES {
        return Err(UNSUPPORTED.err());
    }
    let part = Part { offset: number(&request, "Upload-Offset")?, checksum: checksum(&request)? };
    let offset = app.files.append(&app.db, &actor, &upload, part, payload).await?;
    let upload = own(&app, &actor, upload.id).await?;
    let file = finish_if_whole(&app, &actor, &upload).await?;
    let mut answer = answer(StatusCode::NO_CONTENT);
    answer.insert_header(("Upload-Offset", offset));
    Ok(ended(answer, &upload, file))
}

/// Gives up an upload. A file that it has become stays.
#[utoipa::path(
    operation_id = "end_upload", tag = "files",
    params(
        ("id" = Uuid, Path, description = "The upload"),
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
    ),
    responses(
        (status = 204, description = "Gone"),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[delete("/api/v1/uploads/{id}")]
pub async fn end_upload(
    app: web::Data<App>,
    actor: Actor,
    id: web::Path<Uuid>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let upload = own(&app, &actor, id.into_inner()).await?;
    check_version(&request)?;
    let keys = app.db.write(&actor, move |tx| resumable::end(tx, upload.id)).await?;
    app.files.discard(&keys).await?;
    Ok(answer(StatusCode::NO_CONTENT).finish())
}

async fn own(app: &App, actor: &Actor, id: Uuid) -> Result<Upload> {
    logged_in(actor)?;
    let (asker, now) = (actor.clone(), app.db.clock.now());
    app.db.read(move |conn| resumable::own(conn, &asker, id, now)).await
}

/// The file of an upload whose last byte is there: it becomes one now, or has before. What is
/// refused for what it holds, or where it would go, is not mended by sending more: the upload
/// ends.
async fn finish_if_whole(app: &web::Data<App>, actor: &Actor, upload: &Upload) -> Result<Option<Uuid>> {
    if upload.file_id.is_some() || !upload.is_whole() {
        return Ok(upload.file_id);
    }
    let received = match app.files.assemble(&app.db, upload).await {
        Ok(received) => received,
        Err(error) => return give_up(app, actor, upload.id, error).await,
    };
    let (state, wanted, key) = (app.clone(), upload.clone(), received.key.clone());
    match app.db.write(actor, move |tx| become_file(&state, tx, &wanted, &received)).await {
        Ok((file, keys)) => {
            app.files.discard(&keys).await?;
            Ok(Some(file))
        }
        Err(error) => {
            if is_final(&error) {
                app.files.discard(&[key]).await?;
            }
            give_up(app, actor, upload.id, error).await
        }
    }
}

/// Ends an upload that is refused; what is refused only for now stays. Beside another request
/// that has made it a file meanwhile, it is that file.
async fn give_up(app: &App, actor: &Actor, id: Uuid, error: Error) -> Result<Option<Uuid>> {
    if !is_final(&error) {
        return Err(error);
    }
    let end = move |tx: &mut Tx| match resumable::made(tx, id)? {
        Made::Before(file) => Ok((Some(file), Vec::new())),
        Made::Now => Ok((None, resumable::end(tx, id)?)),
    };
    let (file, keys) = app.db.write(actor, end).await?;
    app.files.discard(&keys).await?;
    file.map(Some).ok_or(error)
}

fn is_final(error: &Error) -> bool {
    matches!(error, Error::Refused(_)) && error.code().status < 500
}

/// The file, and the keys of the bytes that nobody needs any more.
fn become_file(app: &App, tx: &mut Tx, upload: &Upload, received: &Received) -> Result<(Uuid, Vec<String>)> {
    // Beside another request that asked at the same time, one makes it a file.
    let out = match (upload.target(), &upload.component) {
        (Target::Draft(id), component) => {
            draft::locked(tx, id)?;
            match resumable::made(tx, upload.id)? {
                Made::Before(file) => return Ok((file, vec![received.key.clone()])),
                Made::Now => keep_in_draft(app, tx, id, component, received)?,
            }
        }
        (Target::Dossier(id), component) => {
            let code = store::lock(tx, id)?;
            match resumable::made(tx, upload.id)? {
                Made::Before(file) => return Ok((file, vec![received.key.clone()])),
                Made::Now => keep_in_dossier(app, tx, &code, component, upload.purpose(), received)?,
            }
        }
    };
    Ok((out.id, resumable::become_file(tx, upload.id, &out)?))
}

fn answer(status: StatusCode) -> HttpResponseBuilder {
    let mut answer = HttpResponse::build(status);
    answer.insert_header((TUS_RESUMABLE, VERSION));
    answer
}

/// What is told of the end of an upload: when it is forgotten, or what it became.
fn ended(mut answer: HttpResponseBuilder, upload: &Upload, file: Option<Uuid>) -> HttpResponse {
    match file {
        Some(file) => answer.insert_header((UPLOAD_FILE, file.to_string())),
        None => answer.insert_header(("Upload-Expires", http_date(upload.expires_at))),
    };
    answer.finish()
}

/// A time as HTTP writes it (RFC 9110, section 5.6.7).
fn http_date(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn text<'a>(request: &'a HttpRequest, name: &str) -> &'a str {
    request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn check_version(request: &HttpRequest) -> Result<()> {
    if text(request, TUS_RESUMABLE) == VERSION { Ok(()) } else { Err(TUS_VERSION.err()) }
}

fn number(request: &HttpRequest, name: &str) -> Result<u64> {
    let digits = text(request, name);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| is_number).ok_or_else(|| {
        MALFORMED.at(name, "cần một số nguyên không âm", "a whole number that is not negative is needed")
    })
}

fn checksum(request: &HttpRequest) -> Result<Option<Checksum>> {
    let Some(header) = request.headers().get("Upload-Checksum") else { return Ok(None) };
    let read = header.to_str().ok().and_then(Checksum::read);
    read.map(Some).ok_or_else(|| {
        MALFORMED.at(
            "Upload-Checksum",
            "cần sha1 hoặc sha256 và mã Base64",
            "sha1 or sha256 and its Base64 are needed",
        )
    })
}

/// The announcement in the headers of a request.
fn announced(app: &App, request: &HttpRequest, target: Target, purpose: Purpose) -> Result<Announced> {
    let length = number(request, "Upload-Length")?;
    let metadata = metadata(text(request, "Upload-Metadata"))?;
    let value = |name: &str| metadata.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let name = value("filename").or_else(|| value("name")).unwrap_or_default();
    let component = value("component").unwrap_or_default();
    if component.chars().count() > COMPONENT_LIMIT || component.chars().any(char::is_control) {
        return Err(INVALID.at("component", "mã thành phần không đúng", "not a code of a component"));
    }
    let name = app.files.limits.check_announced(&name, length)?.as_str().to_owned();
    Ok(Announced { target, component, purpose, name, length })
}

/// `key base64, key base64, …`; a value may be absent.
fn metadata(header: &str) -> Result<Vec<(String, String)>> {
    let entries = header.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    let read = entries.map(|entry| {
        let (key, value) = entry.split_once(' ').unwrap_or((entry, ""));
        let value = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
        Some((key.to_owned(), value))
    });
    read.collect::<Option<_>>().ok_or_else(|| {
        MALFORMED.at(
            "Upload-Metadata",
            "cần các cặp tên và mã Base64",
            "pairs of a name and Base64 are needed",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_are_names_with_base64() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(metadata("").unwrap(), []);
        assert_eq!(
            metadata("filename Z2nhuqV5LnBkZg==,empty").unwrap(),
            [pair("filename", "giấy.pdf"), pair("empty", "")]
        );
        assert!(metadata("filename ???").is_err() && metadata("filename /w==").is_err());
    }

    #[test]
    fn times_are_written_as_http_does() {
        assert_eq!(http_date("1994-11-06T08:49:37Z".parse().unwrap()), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
