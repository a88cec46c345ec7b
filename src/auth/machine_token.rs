//! `POST /api/v1/oauth/token`: a machine client gets an access token (RFC 6749 4.4).
//!
//! The form is OAuth's; the refusals have the shape of all others here. A client gets the
//! scopes it asks for, at most those it holds. There is no refresh: it asks again.

use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL};
use actix_web::{HttpRequest, HttpResponse, post, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use diesel::prelude::*;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::actor::Actor;
use super::passwords;
use super::session::{self, Subject};
use super::tokens::Kind;
use crate::app::{App, RequestId};
use crate::db::schema::machine_client;
use crate::error::{Code, Problem, Result};

pub static INVALID_CLIENT: Code =
    Code::new(401, "invalid_client", "Định danh hệ thống không đúng", "Wrong client or secret");
pub static INVALID_SCOPE: Code = Code::new(
    400,
    "invalid_scope",
    "Phạm vi yêu cầu vượt quá phạm vi được cấp",
    "The scope goes beyond what the client holds",
);
pub static UNSUPPORTED_GRANT: Code = Code::new(
    400,
    "unsupported_grant_type",
    "Chỉ hỗ trợ grant_type=client_credentials",
    "Only grant_type=client_credentials is supported",
);

/// The form of the token endpoint; client and secret may come by HTTP Basic instead.
#[derive(Debug, Deserialize, ToSchema)]
pub struct TokenRequest {
    #[schema(example = "client_credentials", max_length = 100)]
    grant_type: String,
    #[schema(max_length = 100)]
    client_id: Option<String>,
    #[schema(max_length = 200)]
    client_secret: Option<String>,
    /// Words with a blank between; all that the client holds when absent.
    #[schema(max_length = 2000)]
    scope: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MachineTokenOut {
    access_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// Seconds.
    #[schema(minimum = 0)]
    expires_in: i64,
    /// The scopes granted, with a blank between.
    scope: String,
}

/// Get a token for a machine client
#[utoipa::path(
    operation_id = "issue_machine_token", security(()), tag = "auth",
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "A token", body = MachineTokenOut),
        (status = 400, description = "Not this form, another grant, or too wide a scope", body = Problem),
        (status = 401, description = "Wrong client or secret", body = Problem),
    )
)]
#[post("/api/v1/oauth/token")]
pub async fn issue_machine_token(
    app: web::Data<App>,
    request_id: web::ReqData<RequestId>,
    request: HttpRequest,
    form: web::Form<TokenRequest>,
) -> Result<HttpResponse> {
    if form.grant_type != "client_credentials" {
        return Err(UNSUPPORTED_GRANT.err());
    }
    let (client_id, secret) = credentials(&request, &form).ok_or_else(|| INVALID_CLIENT.err())?;
    let client = app.db.read(move |conn| find(conn, &client_id)).await?;
    let stored = client.as_ref().map(|client| client.secret_hash.clone());
    let right = passwords::verify(secret, stored).await?;
    let client = client.filter(|_| right).ok_or_else(|| INVALID_CLIENT.err())?;
    let scopes = granted(&client.scopes, form.scope.as_deref())?;
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(open(&app, &Actor::anonymous(request_id.0), client.id, scopes).await?))
}

async fn open(app: &App, actor: &Actor, id: Uuid, scopes: Vec<String>) -> Result<MachineTokenOut> {
    let subject = Subject::Machine(id);
    let scope = scopes.join(" ");
    let lifetime = SignedDuration::from_mins(app.config.auth.access_token_minutes.into());
    let session = app
        .db
        .write(actor, move |tx| {
            tx.audit("issue_machine_token", Some(id))?;
            session::open(tx, subject, 0, &scopes, lifetime)
        })
        .await?;
    let now = app.db.clock.now();
    let token = app.tokens.issue(Kind::Access, &session, &subject.key(), now)?;
    let expires_in = token.expires_at.duration_since(now).as_secs();
    Ok(MachineTokenOut { access_token: token.text, token_type: "Bearer", expires_in, scope })
}

#[derive(Queryable)]
struct Client {
    id: Uuid,
    secret_hash: String,
    scopes: Vec<String>,
}

fn find(conn: &mut PgConnection, client_id: &str) -> Result<Option<Client>> {
    if client_id.contains('\0') {
        return Ok(None);
    }
    let client = machine_client::table
        .filter(machine_client::client_id.eq(client_id).and(machine_client::active))
        .select((machine_client::id, machine_client::secret_hash, machine_client::scopes))
        .first(conn)
        .optional()?;
    Ok(client)
}

/// The scopes asked for, all of which the client must hold.
fn granted(held: &[String], asked: Option<&str>) -> Result<Vec<String>> {
    let Some(asked) = asked else { return Ok(held.to_vec()) };
    let mut asked: Vec<String> = asked.split_ascii_whitespace().map(str::to_owned).collect();
    asked.sort_unstable();
    asked.dedup();
    if asked.iter().all(|scope| held.contains(scope)) { Ok(asked) } else { Err(INVALID_SCOPE.err()) }
}

/// Client and secret, from HTTP Basic or from the form, but not from both.
fn credentials(request: &HttpRequest, form: &TokenRequest) -> Option<(String, String)> {
    let Some(header) = request.headers().get(AUTHORIZATION) else {
        return Some((form.client_id.clone()?, form.client_secret.clone()?));
    };
    if form.client_secret.is_some() {
        return None;
    }
    let text = STANDARD.decode(header.to_str().ok()?.strip_prefix("Basic ")?).ok()?;
    let text = String::from_utf8(text).ok()?;
    text.split_once(':').map(|(id, secret)| (id.to_owned(), secret.to_owned()))
}
