//! `POST /api/v1/staff/login`: an official logs in with a password.
//!
//! An attempt is counted before the password is looked at, so that guesses sent in parallel
//! are counted too; a right password takes the count back. After `auth.max_failures`
//! attempts within the window the account is locked for `auth.lockout_minutes`. The refusal
//! is the same for an unknown user, a wrong password and a locked account, and takes the
//! same work.

use actix_web::{post, web};
use diesel::prelude::*;
use jiff::SignedDuration;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::actor::{Actor, SessionRef};
use super::attempts;
use super::grant::{TokensOut, session_lifetime};
use super::passwords;
use super::session::{self, Subject};
use crate::app::{App, RequestId};
use crate::db::Tx;
use crate::db::schema::staff;
use crate::error::{Code, Problem, Result};
use crate::http::Text;

pub static LOGIN_FAILED: Code = Code::new(
    401,
    "login_failed",
    "Tên đăng nhập hoặc mật khẩu không đúng, hoặc tài khoản đang tạm khóa",
    "Wrong user name or password, or the account is locked for now",
);

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StaffLogin {
    username: Text<100>,
    #[schema(max_length = 200)]
    password: String,
}

/// Log in as an official
#[utoipa::path(
    operation_id = "log_in_staff", security(()), tag = "auth",
    responses(
        (status = 200, description = "Logged in", body = TokensOut),
        (status = 400, description = "Not JSON of this shape", body = Problem),
        (status = 401, description = "Refused, whatever the reason", body = Problem),
    )
)]
#[post("/api/v1/staff/login")]
pub async fn log_in_staff(
    app: web::Data<App>,
    request_id: web::ReqData<RequestId>,
    body: web::Json<StaffLogin>,
) -> Result<web::Json<TokensOut>> {
    let StaffLogin { username, password } = body.into_inner();
    let actor = Actor::anonymous(request_id.0);
    let limits = app.config.auth.clone();
    let count = move |tx: &mut Tx| {
        attempts::count(tx, Box::new(staff::username.eq(username.as_str().to_owned())), &limits)
    };
    let account = app.db.write(&actor, count).await?;
    let stored = account.as_ref().map(|account| account.password_hash.clone());
    let right = passwords::verify(password, stored).await?;
    let id = account.filter(|_| right).ok_or_else(|| LOGIN_FAILED.err())?.id;
    let lifetime = session_lifetime(&app);
    let session = app.db.write(&actor, move |tx| admit(tx, id, lifetime)).await?;
    Ok(web::Json(TokensOut::of(&app, &session, Subject::Staff(id))?))
}

/// Takes the count back and opens the session.
fn admit(tx: &mut Tx, id: Uuid, lifetime: SignedDuration) -> Result<SessionRef> {
    attempts::forgive(tx, id)?;
    tx.audit("log_in_staff", Some(id))?;
    session::open(tx, Subject::Staff(id), 0, &[], lifetime)
}
