//! `GET /api/v1/messages`: a citizen or an official reads the own messages, newest first.

use actix_web::{get, web};
use diesel::prelude::*;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::auth::{Actor, Who};
use crate::db::schema::{dossier, message};
use crate::error::{FORBIDDEN, Problem, Result, UNAUTHENTICATED};
use crate::http::{Cursor, PageQuery, Reply};

/// A message.
#[derive(Debug, Serialize, Queryable, ToSchema)]
pub struct MessageOut {
    pub id: Uuid,
    /// Code of the dossier it is about.
    pub dossier: String,
    /// Which text it was made from, e.g. `received`.
    pub kind: String,
    pub title: String,
    pub body: String,
    #[diesel(deserialize_as = jiff_diesel::Timestamp)]
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it left by VNeID, SMS and e-mail; null when it has not, or is read here only.
    #[diesel(deserialize_as = jiff_diesel::NullableTimestamp)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub sent_at: Option<Timestamp>,
}

/// A page of messages, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessagePage {
    pub items: Vec<MessageOut>,
    /// `cursor` of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// List the own messages
#[utoipa::path(
    operation_id = "list_messages", tag = "messages", params(PageQuery),
    responses(
        (status = 200, description = "A page", body = MessagePage),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/messages")]
pub async fn list_messages(app: web::Data<App>, actor: Actor, page: web::Query<PageQuery>) -> Result<Reply> {
    match actor.who {
        Who::Citizen(_) | Who::Staff(_) => {}
        Who::Anonymous => return Err(UNAUTHENTICATED.err()),
        Who::Machine(_) | Who::System(_) => return Err(FORBIDDEN.err()),
    }
    let (limit, before) = (page.limit()?, page.after::<Uuid>()?);
    Reply::ok(app.db.read(move |conn| load(conn, &actor.key(), before, limit)).await?)
}

fn load(conn: &mut PgConnection, reader: &str, before: Option<Uuid>, limit: i64) -> Result<MessagePage> {
    let mut own = message::table
        .inner_join(dossier::table.on(dossier::id.eq(message::dossier_id)))
        .filter(message::recipient.eq(reader))
        .order(message::id.desc())
        .limit(limit + 1)
        .select((
            message::id,
            dossier::code,
            message::kind,
            message::title,
            message::body,
            message::created_at,
            message::sent_at,
        ))
        .into_boxed();
    if let Some(before) = before {
        own = own.filter(message::id.lt(before));
    }
    let mut items: Vec<MessageOut> = own.load(conn)?;
    let full = items.len() as i64 > limit;
    items.truncate(limit as usize);
    let last = items.last().filter(|_| full);
    let next = last.map(|message| Cursor::encode(&message.id)).transpose()?;
    Ok(MessagePage { items, next })
}
