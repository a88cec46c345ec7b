//! The answer of a write, in a form that can be stored and given again.

use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, LOCATION};
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::Serialize;
use serde_json::Value;

use crate::error::Result;

/// Status and JSON body. `Location` and `ETag` follow from the members `links.self` and
/// `version` of the body, so that a replayed answer has them too.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    pub status: u16,
    pub body: Value,
}

impl Reply {
    pub fn ok(body: impl Serialize) -> Result<Self> {
        Ok(Self { status: 200, body: serde_json::to_value(body)? })
    }

    pub fn created(body: impl Serialize) -> Result<Self> {
        Ok(Self { status: 201, body: serde_json::to_value(body)? })
    }
}

impl Responder for Reply {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        if let Some(version) = self.body.get("version").and_then(Value::as_i64) {
            response.insert_header((ETAG, format!("\"{version}\"")));
        }
        if let Some(link) = self.body.pointer("/links/self").and_then(Value::as_str) {
            response.insert_header((LOCATION, link));
        }
        response.json(self.body)
    }
}
