//! Headers that keep a browser from guessing, framing and remembering.

use actix_web::dev::ServiceResponse;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};

/// Nothing that the API answers is a page.
const NO_PAGE: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
/// The pages about the API run their own scripts and set styles inline.
const OWN_PAGE: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                        script-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";

/// Sets what the handler did not set itself. Answers are not kept by caches unless the
/// handler says so: most of them name people.
pub fn harden<B>(response: &mut ServiceResponse<B>) {
    let is_page = !response.request().path().starts_with("/api/");
    let defaults: [(HeaderName, &'static str); 5] = [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (CONTENT_SECURITY_POLICY, if is_page { OWN_PAGE } else { NO_PAGE }),
        (CACHE_CONTROL, "no-store"),
    ];
    let headers = response.headers_mut();
    for (name, value) in defaults {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}
