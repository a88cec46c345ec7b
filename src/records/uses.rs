//! Who looked at a document of somebody else, and why; and the holder who sees it.

use actix_web::{get, web};
use diesel::prelude::*;
use diesel::sql_types::{Array, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::reach::{holders_own, own};
use crate::app::App;
use crate::auth::Actor;
use crate::db::schema::{agency, dossier, record_use};
use crate::db::{Tx, prepared, to_sql};
use crate::error::{NOT_FOUND, Problem, Result};
use crate::http::{Cursor, PageQuery, Reply};
use crate::workflow::words;

words! {
    /// What was done with a document.
    #[schema(as = RecordAct)]
    Act {
        /// Its data stood in a list.
        Listed = "listed", "Có trong danh sách", "listed";
        /// Its data was read.
        Read = "read", "Đã xem", "read";
        /// Its file was given out.
        Downloaded = "downloaded", "Đã tải tệp", "downloaded";
        /// Shown to who prepares a filing for the holder.
        Offered = "offered", "Được gợi ý khi lập hồ sơ", "offered";
        /// Took the place of a paper.
        Reused = "reused", "Đã dùng thay giấy tờ", "reused";
    }
}

/// One look at a document.
#[derive(Debug, Clone)]
pub struct Look {
    pub document: Uuid,
    pub act: Act,
    pub unit: Option<Uuid>,
    pub dossier: Option<Uuid>,
    pub share: Option<Uuid>,
    /// Why, in words.
    pub purpose: String,
}

/// Writes who looked, in the transaction that permits it.
pub fn note(tx: &mut Tx, looks: &[Look]) -> Result<()> {
    if looks.is_empty() {
        return Ok(());
    }
    prepared(
        "INSERT INTO record_use (id, document_id, at, act, actor, actor_name, unit_id, dossier_id, share_id, purpose)
         SELECT look.id, look.document_id, ?, look.act, ?, ?, look.unit_id, look.dossier_id, look.share_id, look.purpose
           FROM unnest(?, ?, ?, ?, ?, ?, ?)
             AS look (id, document_id, act, unit_id, dossier_id, share_id, purpose)",
    )
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .bind::<Text, _>(tx.actor.key())
    .bind::<Text, _>(tx.actor.name())
    .bind::<Array<SqlUuid>, _>(looks.iter().map(|_| Uuid::now_v7()).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(looks.iter().map(|look| look.document).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(looks.iter().map(|look| look.act.word()).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(looks.iter().map(|look| look.unit).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(looks.iter().map(|look| look.dossier).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(looks.iter().map(|look| look.share).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(looks.iter().map(|look| look.purpose.as_str()).collect::<Vec<_>>())
    .execute(tx.conn)?;
    Ok(())
}

/// A page of uses, latest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsePage {
    pub items: Vec<UseOut>,
    /// Cursor of the next page; absent on the last.
    pub next: Option<String>,
}

/// Somebody who is not the holder looked at a document.
#[derive(Debug, Serialize, ToSchema)]
pub struct UseOut {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub act: String,
    /// Who, by name; empty = whoever had the token of a share.
    pub who: String,
    /// For which unit.
    pub unit: Option<String>,
    /// For which dossier, by its code.
    pub dossier: Option<String>,
    /// By which share.
    pub share: Option<Uuid>,
    /// Why.
    pub purpose: String,
}

/// See who looked at a document of one's own
#[utoipa::path(
    operation_id = "list_record_uses", tag = "records", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The document"), PageQuery),
    responses(
        (status = 200, description = "A page of uses, latest first", body = UsePage),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/records/{id}/uses")]
pub async fn list_record_uses(
    app: web::Data<App>,
    actor: Actor,
    id: web::Path<Uuid>,
    page: web::Query<PageQuery>,
) -> Result<Reply> {
    actor.need_citizen()?;
    let (id, limit, after) = (id.into_inner(), page.limit()?, page.after::<Uuid>()?);
    let found = app.db.read_planned(move |conn| {
        own(conn, &holders_own(&actor)?, id)?.ok_or_else(|| NOT_FOUND.err())?;
        uses(conn, id, limit, after)
    });
    Reply::ok(found.await?)
}

type Row =
    (Uuid, jiff_diesel::Timestamp, String, String, Option<String>, Option<String>, Option<Uuid>, String);

fn uses(conn: &mut PgConnection, id: Uuid, limit: i64, after: Option<Uuid>) -> Result<UsePage> {
    let mut query = record_use::table
        .left_join(agency::table.on(record_use::unit_id.eq(agency::id.nullable())))
        .left_join(dossier::table.on(record_use::dossier_id.eq(dossier::id.nullable())))
        .filter(record_use::document_id.eq(id))
        .order(record_use::id.desc())
        .limit(limit + 1)
        .select((
            record_use::id,
            record_use::at,
            record_use::act,
            record_use::actor_name,
            agency::name.nullable(),
            dossier::code.nullable(),
            record_use::share_id,
            record_use::purpose,
        ))
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(record_use::id.lt(after));
    }
    let rows: Vec<Row> = query.load(conn)?;
    let size = usize::try_from(limit).unwrap_or(usize::MAX);
    let next = match rows.get(size) {
        Some(_) => rows.get(size - 1).map(|row| Cursor::encode(&row.0)).transpose()?,
        None => None,
    };
    let out = |(_, at, act, who, unit, dossier, share, purpose): Row| UseOut {
        at: at.to_jiff(),
        act,
        who,
        unit,
        dossier,
        share,
        purpose,
    };
    Ok(UsePage { items: rows.into_iter().take(size).map(out).collect(), next })
}
