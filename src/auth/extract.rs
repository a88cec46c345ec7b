//! From a request to its actor.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use uuid::Uuid;

use super::actor::{Actor, MachineActor, Who};
use crate::app::RequestId;
use crate::error::{Error, FORBIDDEN, Result, UNAUTHENTICATED};

impl FromRequest for Actor {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request_id = request.extensions().get::<RequestId>().map_or_else(Uuid::now_v7, |id| id.0);
        ready(Ok(Self { who: Who::Anonymous, request_id }))
    }
}

impl Actor {
    /// The machine client whose token has the scope.
    pub fn need_scope(&self, scope: &str) -> Result<&MachineActor> {
        match &self.who {
            Who::Machine(machine) if machine.scopes.iter().any(|granted| granted == scope) => Ok(machine),
            Who::Anonymous => Err(UNAUTHENTICATED.err()),
            _ => Err(FORBIDDEN.err()),
        }
    }
}
