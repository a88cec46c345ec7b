//! From a request to its actor: verify the token, load the session, and nothing else.
//!
//! A request without `Authorization` is anonymous. One with a token that does not hold is
//! refused with 401, never quietly taken as anonymous.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use uuid::Uuid;

use super::actor::{Actor, CitizenActor, MachineActor, StaffActor, Who};
use super::tokens::{Kind, TOKEN_INVALID};
use crate::app::{App, RequestId};
use crate::error::{Error, FORBIDDEN, Result, UNAUTHENTICATED};
use crate::workflow::Role;

impl FromRequest for Actor {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            if let Some(session) = known(&request) {
                return Ok(session.actor);
            }
            let request_id = RequestId::of(&request);
            let who = match bearer(&request)? {
                None => Who::Anonymous,
                Some(token) => who(&request, &token).await?.1,
            };
            Ok(Self { who, request_id })
        })
    }
}

/// The living session that a request carries; 401 without one. For what is about the
/// session itself, such as ending it.
#[derive(Debug, Clone)]
pub struct LiveSession {
    pub id: Uuid,
    pub actor: Actor,
}

impl FromRequest for LiveSession {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            if let Some(session) = known(&request) {
                return Ok(session);
            }
            let request_id = RequestId::of(&request);
            let token = bearer(&request)?.ok_or_else(|| UNAUTHENTICATED.err())?;
            let (id, who) = who(&request, &token).await?;
            Ok(Self { id, actor: Actor { who, request_id } })
        })
    }
}

/// The session, where it was asked for before: once a request is enough.
fn known(request: &HttpRequest) -> Option<LiveSession> {
    request.extensions().get::<LiveSession>().cloned()
}

/// The session of a token, and who it acts as now.
async fn who(request: &HttpRequest, token: &str) -> Result<(Uuid, Who)> {
    let app = request
        .app_data::<web::Data<App>>()
        .ok_or_else(|| Error::Internal(anyhow::anyhow!("the application is not in the request")))?;
    let named = app.tokens.verify(Kind::Access, token, app.db.clock.now())?;
    Ok((named.id, app.actors.submit(named).await?))
}

/// The token of `Authorization: Bearer …`; another scheme is refused.
fn bearer(request: &HttpRequest) -> Result<Option<String>> {
    let Some(header) = request.headers().get(AUTHORIZATION) else { return Ok(None) };
    let text = header.to_str().map_err(|_| TOKEN_INVALID.err())?;
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(token.trim().to_owned())),
        _ => Err(TOKEN_INVALID.err()),
    }
}

impl Actor {
    /// The official, or 401 without a login, 403 for others.
    pub fn need_staff(&self) -> Result<&StaffActor> {
        match &self.who {
            Who::Staff(staff) => Ok(staff),
            _ => Err(self.refusal()),
        }
    }

    /// The citizen, or 401 without a login, 403 for others.
    pub fn need_citizen(&self) -> Result<&CitizenActor> {
        match &self.who {
            Who::Citizen(citizen) => Ok(citizen),
            _ => Err(self.refusal()),
        }
    }

    /// The official who holds the role somewhere.
    pub fn need_role(&self, role: Role) -> Result<&StaffActor> {
        let staff = self.need_staff()?;
        if staff.has_role(role) { Ok(staff) } else { Err(FORBIDDEN.err()) }
    }

    /// The machine client whose token has the scope.
    pub fn need_scope(&self, scope: &str) -> Result<&MachineActor> {
        match &self.who {
            Who::Machine(machine) if machine.scopes.iter().any(|granted| granted == scope) => Ok(machine),
            _ => Err(self.refusal()),
        }
    }

    /// 401 for nobody, 403 for somebody else.
    fn refusal(&self) -> Error {
        match self.who {
            Who::Anonymous => UNAUTHENTICATED.err(),
            _ => FORBIDDEN.err(),
        }
    }
}
