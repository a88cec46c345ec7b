//! `GET /api/v1/login` and its callback: a citizen or business logs in by VNeID.
//!
//! The first writes what must be kept until the person comes back (state, nonce, PKCE
//! verifier) and says where to go. The callback takes that away, so that an answer counts
//! once; asks VNeID outside any transaction; then writes person, organisation and session in
//! one.
//!
//! A login ends in the browser where it began: the first sets a cookie that the callback asks
//! for. Otherwise somebody could begin a login, approve it as himself, and send the way back to
//! another person, who would then file under a foreign name (RFC 6749 10.12).

use actix_web::http::header::{COOKIE, LOCATION, SET_COOKIE};
use actix_web::{HttpRequest, HttpResponse, get, web};
use diesel::prelude::*;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};

use super::register::{self, Verified};
use super::vneid::{Begun, VneidClient};
use crate::app::{App, RequestId};
use crate::auth::session::{self, Subject};
use crate::auth::{Actor, TokensOut, session_lifetime};
use crate::db::schema::login_flow;
use crate::db::{Tx, to_sql};
use crate::error::{Code, Problem, Result};

pub static LOGIN_UNKNOWN: Code = Code::new(
    400,
    "login_unknown",
    "Lượt đăng nhập không tồn tại hoặc đã hết hạn; hãy bắt đầu lại",
    "No such login is under way, or it took too long; begin again",
);
pub static LOGIN_DENIED: Code = Code::new(
    401,
    "login_denied",
    "VNeID không xác nhận lượt đăng nhập này",
    "VNeID does not confirm this login",
);

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BeginQuery {
    /// Answer with a redirection for a browser instead of JSON.
    #[serde(default)]
    #[param(required = false)]
    redirect: bool,
}

/// Where to go to log in.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoginBegun {
    /// VNeID's page.
    authorization_url: String,
    /// Comes back at the callback; a client may compare it.
    state: String,
    /// The callback must come before.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// Begin a login of a citizen or business
#[utoipa::path(
    operation_id = "begin_login", security(()), tag = "auth", params(BeginQuery),
    responses(
        (status = 200, description = "Where to go; the callback asks for the cookie that comes with it", body = LoginBegun,
         headers(("Set-Cookie" = String, description = "Ties the login to this browser"))),
        (status = 303, description = "Off to VNeID",
         headers(("Set-Cookie" = String, description = "Ties the login to this browser"))),
        (status = 400, description = "A parameter is malformed", body = Problem),
        (status = 503, description = "VNeID does not answer", body = Problem),
    )
)]
#[get("/api/v1/login")]
pub async fn begin_login(
    app: web::Data<App>,
    vneid: web::Data<VneidClient>,
    request_id: web::ReqData<RequestId>,
    query: web::Query<BeginQuery>,
) -> Result<HttpResponse> {
    let begun = vneid.begin().await?;
    let (url, state) = (begun.url.clone(), begun.state.clone());
    let life = SignedDuration::from_mins(app.config.vneid.login_minutes.into());
    let browser = hex::encode(rand::random::<[u8; 32]>());
    let cookie = (SET_COOKIE, cookie(&app.config.public_url(), &state, &browser, life));
    let keep = move |tx: &mut Tx| keep(tx, &begun, &browser, life);
    let expires_at = app.db.write(&Actor::anonymous(request_id.0), keep).await?;
    Ok(match query.redirect {
        true => HttpResponse::SeeOther().insert_header(cookie).insert_header((LOCATION, url)).finish(),
        false => HttpResponse::Ok().insert_header(cookie).json(LoginBegun {
            authorization_url: url,
            state,
            expires_at,
        }),
    })
}

/// Each login has a cookie of its own, so that two tabs do not disturb each other.
fn cookie_name(state: &str) -> String {
    format!("motcua_login_{state}")
}

/// `Lax`, since the person comes back by a link of VNeID's page; no script reads it.
fn cookie(public_url: &str, state: &str, value: &str, life: SignedDuration) -> String {
    let secure = if public_url.starts_with("https:") { "; Secure" } else { "" };
    let (name, seconds) = (cookie_name(state), life.as_secs());
    format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

/// What the browser that comes back got when the login began.
fn cookie_of(request: &HttpRequest, state: &str) -> Option<String> {
    let name = cookie_name(state);
    let headers = request.headers().get_all(COOKIE).filter_map(|header| header.to_str().ok());
    let mut pairs =
        headers.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value.to_owned())
}

/// What is kept of a cookie's value: who reads the database cannot come back with it.
fn hash(browser: &str) -> Vec<u8> {
    Sha256::digest(browser).to_vec()
}

/// What VNeID sends the person back with.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CallbackQuery {
    /// The authorization code.
    #[param(max_length = 2000)]
    code: Option<String>,
    /// The state of the login.
    #[param(max_length = 200)]
    state: String,
    /// Why there is no code.
    #[param(max_length = 200)]
    error: Option<String>,
}

/// Finish a login of a citizen or business
#[utoipa::path(
    operation_id = "finish_login", security(()), tag = "auth", params(CallbackQuery),
    responses(
        (status = 200, description = "Logged in", body = TokensOut),
        (status = 400, description = "No such login is under way in this browser", body = Problem),
        (status = 401, description = "VNeID does not confirm it", body = Problem),
        (status = 503, description = "VNeID does not answer", body = Problem),
    )
)]
#[get("/api/v1/login/callback")]
pub async fn finish_login(
    app: web::Data<App>,
    vneid: web::Data<VneidClient>,
    request_id: web::ReqData<RequestId>,
    query: web::Query<CallbackQuery>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let CallbackQuery { code, state, error } = query.into_inner();
    let actor = Actor::anonymous(request_id.0);
    let browser = cookie_of(&request, &state).ok_or_else(|| LOGIN_UNKNOWN.err())?;
    let forget = (SET_COOKIE, cookie(&app.config.public_url(), &state, "", SignedDuration::ZERO));
    let (nonce, verifier) = app.db.write(&actor, move |tx| take(tx, &state, &browser)).await?;
    let code = code.filter(|_| error.is_none()).ok_or_else(|| LOGIN_DENIED.err())?;
    let proven = vneid.finish(code, nonce, verifier).await?.and_then(|wire| Verified::try_from(&wire));
    let verified = proven.map_err(|reason| {
        tracing::warn!(reason = format!("{reason:#}"), "a VNeID login was refused");
        LOGIN_DENIED.err()
    })?;
    let lifetime = session_lifetime(&app);
    let (session, subject) = app.db.write(&actor, move |tx| admit(tx, &verified, lifetime)).await?;
    Ok(HttpResponse::Ok().insert_header(forget).json(TokensOut::of(&app, &session, subject)?))
}

/// Keeps a login until the person comes back, and forgets those who never did.
fn keep(tx: &mut Tx, begun: &Begun, browser: &str, life: SignedDuration) -> Result<Timestamp> {
    let expires_at = tx.now + life;
    diesel::delete(login_flow::table.filter(login_flow::expires_at.lt(to_sql(tx.now)))).execute(tx.conn)?;
    diesel::insert_into(login_flow::table)
        .values((
            login_flow::state.eq(&begun.state),
            login_flow::nonce.eq(&begun.nonce),
            login_flow::pkce_verifier.eq(&begun.pkce_verifier),
            login_flow::created_at.eq(to_sql(tx.now)),
            login_flow::expires_at.eq(to_sql(expires_at)),
            login_flow::browser_hash.eq(hash(browser)),
        ))
        .execute(tx.conn)?;
    Ok(expires_at)
}

/// Takes a login away, if it began in this browser: nonce and PKCE verifier.
fn take(tx: &mut Tx, state: &str, browser: &str) -> Result<(String, String)> {
    if state.contains('\0') {
        return Err(LOGIN_UNKNOWN.err());
    }
    let living = login_flow::table.find(state).filter(login_flow::expires_at.gt(to_sql(tx.now)));
    let kept = diesel::delete(living.filter(login_flow::browser_hash.eq(hash(browser))))
        .returning((login_flow::nonce, login_flow::pkce_verifier))
        .get_result(tx.conn)
        .optional()?;
    kept.ok_or_else(|| LOGIN_UNKNOWN.err())
}

/// Writes who it is and opens the session.
fn admit(
    tx: &mut Tx,
    verified: &Verified,
    lifetime: SignedDuration,
) -> Result<(crate::auth::actor::SessionRef, Subject)> {
    let person = register::after_login(tx, verified)?;
    tx.audit("finish_login", Some(person))?;
    let subject = Subject::Citizen(person);
    Ok((session::open(tx, subject, verified.level, &[], lifetime)?, subject))
}

/// Forgets logins that nobody finished in time. Gives how many.
pub fn forget(tx: &mut Tx) -> Result<usize> {
    Ok(diesel::delete(login_flow::table.filter(login_flow::expires_at.lt(to_sql(tx.now))))
        .execute(tx.conn)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_stays_in_the_browser_and_off_plain_http_where_there_is_tls() {
        let life = SignedDuration::from_mins(10);
        let plain = cookie("http://127.0.0.1:8080", "s", "v", life);
        assert_eq!(plain, "motcua_login_s=v; Path=/; Max-Age=600; HttpOnly; SameSite=Lax");
        assert_eq!(cookie("https://portal.example", "s", "v", life), format!("{plain}; Secure"));
    }

    #[test]
    fn a_cookie_is_found_among_others_by_its_whole_name() {
        let request = actix_web::test::TestRequest::default()
            .append_header((COOKIE, "a=1; motcua_login_s=v; b=2"))
            .append_header((COOKIE, "motcua_login_t=w"))
            .to_http_request();
        assert_eq!(cookie_of(&request, "s").as_deref(), Some("v"));
        assert_eq!(cookie_of(&request, "t").as_deref(), Some("w"));
        assert_eq!(cookie_of(&request, ""), None);
    }
}
