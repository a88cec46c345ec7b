//! The page where a person says yes.

use std::fmt::Write;

use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, web};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::accounts::random;
use super::{CODE_SECONDS, Grant, Provider};

/// Query of the authorization endpoint (OpenID Connect Core 3.1.2.1, RFC 7636).
#[derive(Debug, Deserialize)]
pub(super) struct Query {
    response_type: String,
    client_id: String,
    redirect_uri: String,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    state: String,
    nonce: Option<String>,
    #[serde(default)]
    code_challenge: String,
    #[serde(default)]
    code_challenge_method: String,
    login_hint: Option<String>,
}

pub(super) async fn authorize(provider: web::Data<Provider>, query: web::Query<Query>) -> HttpResponse {
    if let Some(wrong) = provider.objection(&query) {
        return HttpResponse::BadRequest().content_type("text/plain; charset=utf-8").body(wrong);
    }
    let Some(hint) = &query.login_hint else {
        return HttpResponse::Ok().content_type("text/html; charset=utf-8").body(provider.page(&query));
    };
    match provider.accounts.iter().position(|account| account.login() == hint) {
        Some(account) => {
            let code = provider.grant(account, &query);
            redirect(&format!("{}?code={code}&state={}", query.redirect_uri, escaped(&query.state)))
        }
        None => {
            redirect(&format!("{}?error=access_denied&state={}", query.redirect_uri, escaped(&query.state)))
        }
    }
}

impl Provider {
    /// Why the request is not answered, if it is not. Such a request is never sent back to
    /// its `redirect_uri`, which may be an attacker's.
    fn objection(&self, query: &Query) -> Option<&'static str> {
        if query.client_id != self.client_id {
            return Some("unknown client_id");
        }
        if query.redirect_uri != self.redirect_uri {
            return Some("this redirect_uri is not registered");
        }
        if query.response_type != "code" || !query.scope.split(' ').any(|scope| scope == "openid") {
            return Some("only response_type=code with scope=openid is supported");
        }
        if query.code_challenge_method != "S256" || query.code_challenge.len() != 43 {
            return Some("PKCE with S256 is required");
        }
        None
    }

    fn grant(&self, account: usize, query: &Query) -> String {
        let now = Timestamp::now();
        let grant = Grant {
            account,
            nonce: query.nonce.clone(),
            code_challenge: query.code_challenge.clone(),
            expires_at: now + SignedDuration::from_secs(CODE_SECONDS),
        };
        let code = random();
        let mut open = self.open();
        open.codes.retain(|_, grant| now < grant.expires_at);
        open.codes.insert(code.clone(), grant);
        code
    }

    /// The list of accounts to click on.
    fn page(&self, query: &Query) -> String {
        let mut page = String::from(
            "<!doctype html><html lang=\"vi\"><meta charset=\"utf-8\"><title>VNeID (mô phỏng)</title>\
             <h1>VNeID (mô phỏng)</h1><p>Mọi người ở đây đều là hư cấu. Chọn một tài khoản để đăng nhập:</p><ul>",
        );
        for account in &self.accounts {
            let link = format!(
                "authorize?response_type=code&client_id={}&redirect_uri={}&scope=openid&state={}&nonce={}\
                 &code_challenge={}&code_challenge_method=S256&login_hint={}",
                escaped(&query.client_id),
                escaped(&query.redirect_uri),
                escaped(&query.state),
                escaped(query.nonce.as_deref().unwrap_or_default()),
                escaped(&query.code_challenge),
                escaped(account.login()),
            );
            // Writing to a String cannot fail.
            let _ = write!(
                page,
                "<li><a href=\"{}\">{}</a> ({}, mức {})",
                link.replace('&', "&amp;"),
                account.name(),
                account.login(),
                account.level(),
            );
        }
        page + "</ul>"
    }
}

fn redirect(to: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, to)).finish()
}

/// A value as it stands in a query: everything but letters, digits and `-._~` as `%XX`.
fn escaped(value: &str) -> String {
    value.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}
