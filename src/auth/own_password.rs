//! `POST /api/v1/me/password`: an official chooses another password.
//!
//! The present one is asked for, and a wrong one counts towards the lock of the account just
//! as at a login: a token that somebody left behind opens no way around it. The change ends
//! every other session of this official. What is sent here is not written down anywhere: the
//! new password is kept as a hash, the request's own hash sealed.

use actix_web::{post, web};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::actor::Actor;
use super::attempts;
use super::extract::LiveSession;
use super::passwords;
use crate::app::App;
use crate::db::schema::{session, staff};
use crate::db::{Tx, to_sql};
use crate::error::{Code, Error, INVALID, Problem, Result};
use crate::http::{Keyed, Once, Reply, answered, once};

pub static PASSWORD_WRONG: Code = Code::new(
    422,
    "current_password_wrong",
    "Mật khẩu hiện tại không đúng, hoặc tài khoản đang tạm khóa",
    "The present password is wrong, or the account is locked for now",
);

/// The present password and the one to come. No `Debug`: it shall not get into a log.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    #[schema(max_length = 200)]
    current_password: String,
    /// At least as long as `auth.min_password_length` demands, and another one.
    #[schema(min_length = 12, max_length = 200)]
    new_password: String,
}

/// The password was changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct PasswordChanged {
    /// Other sessions of this official that ended by it; the present one goes on.
    #[schema(minimum = 0)]
    ended_sessions: usize,
}

/// Change my password
#[utoipa::path(
    operation_id = "change_own_password", tag = "auth", security(("bearer" = [])),
    params(("Idempotency-Key" = String, Header, description = "A new one for each request", max_length = 200)),
    request_body = PasswordChange,
    responses(
        (status = 200, description = "Changed; the other sessions have ended", body = PasswordChanged),
        (status = 400, description = "Not JSON, or no Idempotency-Key", body = Problem),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Not an official", body = Problem),
        (status = 409, description = "The same key is under way", body = Problem),
        (status = 422, description = "The present one is wrong, the new one not valid, or the key was used for something else", body = Problem),
    )
)]
#[post("/api/v1/me/password")]
pub async fn change_own_password(
    app: web::Data<App>,
    session: LiveSession,
    request: Keyed<PasswordChange>,
) -> Result<Reply> {
    let id = session.actor.need_staff()?.staff_id;
    let Keyed { mut key, body } = request;
    key.hash = app.tokens.seal(&key.hash);
    // Sent again, the request still has the old password, which is wrong by now.
    let claim = Once { actor: session.actor.key(), key: key.clone() };
    if let Some(done) = app.db.read(move |conn| answered(conn, &claim)).await? {
        return done;
    }
    body.check(app.config.auth.min_password_length)?;
    let old = prove(&app, &session.actor, id, body.current_password).await?;
    let new = passwords::hash_in_turn(body.new_password).await?;
    let keep = session.id;
    let change = move |tx: &mut Tx| once(tx, &key, |tx| change(tx, id, &old, &new, keep));
    app.db.write(&session.actor, change).await
}

impl PasswordChange {
    fn check(&self, shortest: usize) -> Result<()> {
        passwords::check_length("/new_password", &self.new_password, shortest)?;
        if self.new_password == self.current_password {
            return Err(INVALID.at(
                "/new_password",
                "phải khác mật khẩu hiện tại",
                "must be another one than the present",
            ));
        }
        Ok(())
    }
}

/// The stored hash of the present password, if this is it.
async fn prove(app: &App, actor: &Actor, id: Uuid, password: String) -> Result<String> {
    let limits = app.config.auth.clone();
    let count = move |tx: &mut Tx| attempts::count(tx, Box::new(staff::id.eq(id)), &limits);
    let stored = app.db.write(actor, count).await?.map(|account| account.password_hash);
    let right = passwords::verify(password, stored.clone()).await?;
    stored.filter(|_| right).ok_or_else(wrong)
}

fn wrong() -> Error {
    PASSWORD_WRONG.at("/current_password", "không đúng, hoặc tài khoản đang tạm khóa", "wrong, or locked")
}

/// Sets the password, unless another request was faster, and ends the sessions but one.
fn change(tx: &mut Tx, id: Uuid, old: &str, new: &str, keep: Uuid) -> Result<Reply> {
    let unchanged = staff::table.find(id).filter(staff::active).filter(staff::password_hash.eq(old));
    if diesel::update(unchanged).set(staff::password_hash.eq(new)).execute(tx.conn)? == 0 {
        return Err(wrong());
    }
    attempts::forgive(tx, id)?;
    let others = session::table
        .filter(session::kind.eq("staff").and(session::subject_id.eq(id)))
        .filter(session::id.ne(keep).and(session::revoked_at.is_null()))
        .filter(session::expires_at.gt(to_sql(tx.now)));
    let ended_sessions =
        diesel::update(others).set(session::revoked_at.eq(to_sql(tx.now))).execute(tx.conn)?;
    tx.audit("change_own_password", Some(id))?;
    Reply::ok(PasswordChanged { ended_sessions })
}
