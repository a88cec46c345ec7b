//! The catalogue's revision: what orders its writers and tells its readers that nothing is new.

use actix_web::http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use actix_web::{HttpRequest, HttpResponse};
use diesel::prelude::*;
use jiff::civil::Date;
use serde::Serialize;

use crate::app::App;
use crate::clock::day_of;
use crate::db::Tx;
use crate::db::schema::catalogue_revision::dsl;
use crate::error::Result;

/// Begins a change of the catalogue. Until the transaction ends, other writers wait, so
/// version numbers have no gap and a revision that is seen includes all smaller ones.
pub fn advance(tx: &mut Tx) -> Result<i64> {
    let raised = diesel::update(dsl::catalogue_revision)
        .set(dsl::revision.eq(dsl::revision + 1))
        .returning(dsl::revision);
    Ok(raised.get_result(tx.conn)?)
}

/// Answers a public page of the catalogue, or 304 when the caller has it already.
///
/// `load` gets the day in Việt Nam, since service levels, versions and closures begin and
/// end with days. The tag is read before the page: at worst a page is newer than its tag
/// and is loaded once more, never the other way round.
pub async fn page<T, F>(app: &App, request: &HttpRequest, load: F) -> Result<HttpResponse>
where
    T: Serialize + Send + 'static,
    F: FnOnce(&mut PgConnection, Date) -> Result<T> + Send + 'static,
{
    let today = day_of(app.db.clock.now());
    let known =
        request.headers().get(IF_NONE_MATCH).and_then(|h| h.to_str().ok()).unwrap_or_default().to_owned();
    let (tag, page) = app
        .db
        .read(move |conn| {
            let revision: i64 = dsl::catalogue_revision.select(dsl::revision).first(conn)?;
            let tag = format!("W/\"{}-{revision}-{today}\"", env!("CARGO_PKG_VERSION"));
            if known.split(',').any(|one| one.trim() == tag || one.trim() == "*") {
                return Ok((tag, None));
            }
            Ok((tag, Some(load(conn, today)?)))
        })
        .await?;
    let mut response = match page {
        Some(_) => HttpResponse::Ok(),
        None => HttpResponse::NotModified(),
    };
    response.insert_header((ETAG, tag)).insert_header((CACHE_CONTROL, "no-cache"));
    Ok(match page {
        Some(page) => response.json(page),
        None => response.finish(),
    })
}
