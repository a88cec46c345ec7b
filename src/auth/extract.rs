//! From a request to its actor. Until sessions exist, whom a test names, or nobody.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use uuid::Uuid;

use super::actor::{Actor, StaffActor, Who};
use crate::app::RequestId;
use crate::error::{Error, FORBIDDEN, Result, UNAUTHENTICATED};
use crate::workflow::Role;

impl FromRequest for Actor {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request_id = request.extensions().get::<RequestId>().map_or_else(Uuid::now_v7, |id| id.0);
        let who = request.extensions().get::<Who>().cloned().unwrap_or(Who::Anonymous);
        ready(Ok(Self { who, request_id }))
    }
}

impl Actor {
    /// The official, or 401 without a login, 403 for others.
    pub fn need_staff(&self) -> Result<&StaffActor> {
        match &self.who {
            Who::Staff(staff) => Ok(staff),
            Who::Anonymous => Err(UNAUTHENTICATED.err()),
            _ => Err(FORBIDDEN.err()),
        }
    }

    /// The official who holds the role somewhere.
    pub fn need_role(&self, role: Role) -> Result<&StaffActor> {
        let staff = self.need_staff()?;
        if staff.has_role(role) { Ok(staff) } else { Err(FORBIDDEN.err()) }
    }
}
