//! `POST /api/v1/token/refresh` and `POST /api/v1/logout`: a session goes on, or ends.
//!
//! Neither takes an `Idempotency-Key`: the answer of the first must not be stored, the
//! second may be repeated as it is.

use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use utoipa::ToSchema;

use super::actor::Actor;
use super::extract::LiveSession;
use super::grant::{TokensOut, session_lifetime};
use super::rotation::{REFRESH_TOKEN_REUSED, take_turn};
use super::session;
use super::tokens::Kind;
use crate::app::{App, RequestId};
use crate::error::{Problem, Result};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshRequest {
    #[schema(max_length = 2048)]
    refresh_token: String,
}

/// Get the next tokens of a living session; each refresh token is good for once
#[utoipa::path(
    operation_id = "refresh_token", security(()), tag = "auth",
    responses(
        (status = 200, description = "New tokens; the session ends later", body = TokensOut),
        (status = 400, description = "Not JSON of this shape", body = Problem),
        (status = 401, description = "No refresh token of a living session, or one that was used before, which ends the session", body = Problem),
    )
)]
#[post("/api/v1/token/refresh")]
pub async fn refresh_token(
    app: web::Data<App>,
    request_id: web::ReqData<RequestId>,
    body: web::Json<RefreshRequest>,
) -> Result<web::Json<TokensOut>> {
    let named = app.tokens.verify(Kind::Refresh, &body.refresh_token, app.db.clock.now())?;
    let lifetime = session_lifetime(&app);
    let turn = app.tokens.turn(&body.refresh_token, app.db.clock.now())?;
    let prolong = move |tx: &mut crate::db::Tx| {
        if !take_turn(tx, named.id, turn)? {
            return Ok(None);
        }
        let (session, subject) = session::prolong(tx, named.id, lifetime)?;
        session::actor_of(tx.conn, named, tx.now)?;
        Ok(Some((session, subject)))
    };
    let prolonged = app.db.write(&Actor::anonymous(request_id.0), prolong).await?;
    let (session, subject) = prolonged.ok_or_else(|| REFRESH_TOKEN_REUSED.err())?;
    Ok(web::Json(TokensOut::of_turn(&app, &session, turn.wrapping_add(1), subject)?))
}

/// End the session of the token
#[utoipa::path(
    operation_id = "log_out", tag = "auth", security(("bearer" = [])),
    responses(
        (status = 204, description = "Ended; its tokens are refused from now on"),
        (status = 401, description = "No living session", body = Problem),
    )
)]
#[post("/api/v1/logout")]
pub async fn log_out(app: web::Data<App>, session: LiveSession) -> Result<HttpResponse> {
    let id = session.id;
    let end = move |tx: &mut crate::db::Tx| {
        tx.audit("log_out", Some(id))?;
        session::revoke(tx, id)
    };
    app.db.write(&session.actor, end).await?;
    Ok(HttpResponse::NoContent().finish())
}
