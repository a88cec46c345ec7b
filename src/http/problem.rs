//! Turns every error, ours or the framework's, into a problem object in the wanted language.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{ACCEPT_LANGUAGE, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::ErrorHandlerResponse;
use actix_web::{HttpResponse, ResponseError, web};

use crate::error::{Code, Error, INVALID, Language, MALFORMED, METHOD_NOT_ALLOWED, NOT_FOUND, TOO_LARGE};

pub static UNSUPPORTED: Code = Code::new(
    415,
    "unsupported_media_type",
    "Kiểu nội dung không được hỗ trợ",
    "This content type is not supported",
);

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        respond(self, Language::Vi)
    }
}

fn respond(error: &Error, language: Language) -> HttpResponse<BoxBody> {
    let mut response = HttpResponse::build(error.status_code());
    if matches!(error.code().status, 503 | 429) {
        response.insert_header((RETRY_AFTER, error.retry_after()));
    }
    if error.code().status == 408 {
        // The rest of the body is not waited for.
        response.force_close();
    }
    if error.code().status == 401 {
        response.insert_header(("WWW-Authenticate", "Bearer"));
    }
    let mut response = response.json(error.problem(language));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}

/// English when `Accept-Language` names it before Vietnamese.
pub fn language(headers: &HeaderMap) -> Language {
    let wanted = headers.get(ACCEPT_LANGUAGE).and_then(|h| h.to_str().ok()).unwrap_or_default();
    let first = wanted.split(',').map(str::trim).find(|tag| {
        let tag = tag.to_ascii_lowercase();
        tag.starts_with("vi") || tag.starts_with("en")
    });
    match first {
        Some(tag) if tag.to_ascii_lowercase().starts_with("en") => Language::En,
        _ => Language::Vi,
    }
}

/// For every response with an error status: log what is ours to mend, speak the wanted
/// language, and give the framework's own refusals the same shape.
pub fn render_problems<B: MessageBody + 'static>(
    response: ServiceResponse<B>,
) -> actix_web::Result<ErrorHandlerResponse<B>> {
    let language = language(response.request().headers());
    let ours = response.response().error().and_then(|error| error.as_error::<Error>());
    let problem = match ours {
        Some(error) => {
            if error.code().status == 500 {
                tracing::error!(%error, path = response.request().path(), "a request failed");
            }
            Some(respond(error, language))
        }
        None if is_ours(response.headers()) || response.response().extensions().contains::<AsItIs>() => None,
        None => {
            framework_error(response.status(), response.request().method()).map(|e| respond(&e, language))
        }
    };
    let Some(mut problem) = problem else {
        return Ok(ErrorHandlerResponse::Response(response.map_into_left_body()));
    };
    for name in ["x-request-id", "allow"] {
        if let Some(value) = response.headers().get(name).cloned() {
            problem.headers_mut().insert(actix_web::http::header::HeaderName::from_static(name), value);
        }
    }
    let (request, _) = response.into_parts();
    let response = ServiceResponse::new(request, problem.map_into_right_body());
    Ok(ErrorHandlerResponse::Response(response.map_body(|_, body: EitherBody<B, BoxBody>| body)))
}

/// In the extensions of a refusal that is written as another side wants it: it is no problem.
#[derive(Debug, Clone, Copy)]
pub struct AsItIs;

/// A problem already, or the page that says it to people: the framework writes neither.
fn is_ours(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind == "application/problem+json" || kind.starts_with("text/html")
}

/// The refusals that actix makes before a handler of ours is reached.
fn framework_error(status: StatusCode, method: &Method) -> Option<Error> {
    let code: &'static Code = match status.as_u16() {
        400 => &MALFORMED,
        404 => &NOT_FOUND,
        405 => &METHOD_NOT_ALLOWED,
        413 => &TOO_LARGE,
        415 => &UNSUPPORTED,
        500 => &crate::error::INTERNAL,
        _ => return None,
    };
    if code.status == 500 {
        tracing::error!(%method, "the framework answered 500");
    }
    Some(code.err())
}

/// Parses a JSON body; a wrong field is named by its pointer.
pub fn parse_json<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let field = pointer(error.path());
        let inner = error.into_inner();
        if inner.is_data() {
            INVALID.at(&field, format!("giá trị không đúng: {inner}"), format!("wrong value: {inner}"))
        } else {
            MALFORMED
                .because(format!("JSON không đọc được: {inner}"), format!("not readable as JSON: {inner}"))
        }
    })
}

/// A path as JSON pointer.
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { variant } => format!("/{variant}"),
            Segment::Unknown => "/?".to_owned(),
        })
        .collect()
}

/// Limits and problem-shaped refusals for path, query and JSON extractors. `limit`: bytes of
/// a body; files have their own.
pub fn extractors(limit: usize) -> impl FnOnce(&mut web::ServiceConfig) {
    move |config| configure(config, limit)
}

fn configure(config: &mut web::ServiceConfig, limit: usize) {
    config
        .app_data(web::JsonConfig::default().limit(limit).error_handler(|error, _| {
            match &error {
                actix_web::error::JsonPayloadError::Overflow { .. }
                | actix_web::error::JsonPayloadError::OverflowKnownLength { .. } => TOO_LARGE.err(),
                actix_web::error::JsonPayloadError::ContentType => UNSUPPORTED.err(),
                _ => MALFORMED.because(format!("JSON không đọc được: {error}"), error.to_string()),
            }
            .into()
        }))
        .app_data(web::QueryConfig::default().error_handler(|error, _| {
            MALFORMED.because(format!("tham số không đúng: {error}"), error.to_string()).into()
        }))
        .app_data(web::PathConfig::default().error_handler(|_, _| NOT_FOUND.err().into()))
        .app_data(web::FormConfig::default().limit(limit))
        .app_data(web::PayloadConfig::new(limit))
        .default_service(web::to(|| async { Err::<HttpResponse, _>(NOT_FOUND.err()) }));
}
