//! `POST /api/v1/staff/login`: an official logs in with a password.
//!
//! An attempt is counted before the password is looked at, so that guesses sent in parallel
//! are counted too; a right password takes the count back. After `auth.max_failures`
//! attempts within the window the account is locked for `auth.lockout_minutes`. The refusal
//! is the same for an unknown user, a wrong password and a locked account, and takes the
//! same work.

use actix_web::{post, web};
use diesel::prelude::*;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::actor::{Actor, SessionRef};
use super::grant::{TokensOut, session_lifetime};
use super::passwords;
use super::session::{self, Subject};
use crate::app::{App, RequestId};
use crate::config::Auth;
use crate::db::schema::staff;
use crate::db::{Tx, to_sql};
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

/// Longest password that is hashed, in bytes.
const PASSWORD_LIMIT: usize = 1024;

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
    let account = app.db.write(&actor, move |tx| count_attempt(tx, &username, &limits)).await?;
    let stored = account.as_ref().map(|account| account.password_hash.clone());
    let right = password.len() <= PASSWORD_LIMIT && passwords::verify(password, stored).await?;
    let id = account.filter(|_| right).ok_or_else(|| LOGIN_FAILED.err())?.id;
    let lifetime = session_lifetime(&app);
    let session = app.db.write(&actor, move |tx| admit(tx, id, lifetime)).await?;
    Ok(web::Json(TokensOut::of(&app, &session, Subject::Staff(id))?))
}

#[derive(Queryable)]
struct Account {
    id: Uuid,
    password_hash: String,
    failed_logins: i32,
    failed_since: Option<jiff_diesel::Timestamp>,
    locked_until: Option<jiff_diesel::Timestamp>,
}

/// Counts an attempt; gives the account if it may be tried at all.
fn count_attempt(tx: &mut Tx, username: &Text<100>, limits: &Auth) -> Result<Option<Account>> {
    let account: Option<Account> = staff::table
        .filter(staff::username.eq(username.as_str()).and(staff::active))
        .select((
            staff::id,
            staff::password_hash,
            staff::failed_logins,
            staff::failed_since,
            staff::locked_until,
        ))
        .for_update()
        .first(tx.conn)
        .optional()?;
    let Some(account) = account.filter(|account| !after(account.locked_until, tx.now)) else {
        return Ok(None);
    };
    let window = SignedDuration::from_mins(limits.failure_window_minutes.into());
    let counts_on = account.locked_until.is_none() && after(account.failed_since, tx.now - window);
    let count = if counts_on { account.failed_logins + 1 } else { 1 };
    let since = account.failed_since.filter(|_| counts_on).unwrap_or(to_sql(tx.now));
    let locked = i64::from(count) >= i64::from(limits.max_failures);
    let until = locked.then(|| to_sql(tx.now + SignedDuration::from_mins(limits.lockout_minutes.into())));
    diesel::update(staff::table.find(account.id))
        .set((
            staff::failed_logins.eq(count),
            staff::failed_since.eq(Some(since)),
            staff::locked_until.eq(until),
        ))
        .execute(tx.conn)?;
    Ok(Some(account))
}

fn after(time: Option<jiff_diesel::Timestamp>, than: Timestamp) -> bool {
    time.is_some_and(|time| time.to_jiff() > than)
}

/// Takes the count back and opens the session.
fn admit(tx: &mut Tx, id: Uuid, lifetime: SignedDuration) -> Result<SessionRef> {
    diesel::update(staff::table.find(id))
        .set((
            staff::failed_logins.eq(0),
            staff::failed_since.eq(None::<jiff_diesel::Timestamp>),
            staff::locked_until.eq(None::<jiff_diesel::Timestamp>),
        ))
        .execute(tx.conn)?;
    tx.audit("log_in_staff", Some(id))?;
    session::open(tx, Subject::Staff(id), 0, &[], lifetime)
}
