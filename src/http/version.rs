//! `If-Match`: two people on one version, one wins.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::IF_MATCH;
use actix_web::{FromRequest, HttpRequest};

use crate::error::{Code, Error, Refused, Result, STALE};

pub static VERSION_REQUIRED: Code = Code::new(
    428,
    "version_required",
    "Thiếu phiên bản (If-Match) của dữ liệu cần sửa",
    "The version (If-Match) of what is to be changed is missing",
);

/// The version that the caller saw, from `If-Match: "7"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch(pub i32);

impl IfMatch {
    /// Refuses with 409 and the present version when somebody was faster.
    pub fn check(self, current: i32) -> Result<()> {
        if self.0 == current {
            return Ok(());
        }
        Err(Refused::new(&STALE).with("current_version", current).into())
    }
}

impl FromRequest for IfMatch {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let header = request.headers().get(IF_MATCH).and_then(|h| h.to_str().ok());
        ready(match header {
            None => Err(VERSION_REQUIRED.at("If-Match", "thiếu tiêu đề If-Match", "the header is missing")),
            Some(text) => {
                text.trim().trim_start_matches("W/").trim_matches('"').parse().map(IfMatch).map_err(|_| {
                    VERSION_REQUIRED.at("If-Match", "phải là số phiên bản", "must be a version number")
                })
            }
        })
    }
}
