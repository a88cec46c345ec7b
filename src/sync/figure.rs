//! Officials read how far the national portal is in step.
//!
//! Counted is every dossier. In step is one whose newest status the portal has acknowledged:
//! no event after the acknowledged one changed the status.

use actix_web::{get, web};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Actor;
use crate::error::{Problem, Result};
use crate::http::Reply;

const COUNTED: &str = "Tử số: hồ sơ mà trạng thái mới nhất đã được Cổng Dịch vụ công quốc gia xác nhận. \
    Mẫu số: tất cả hồ sơ đã nộp.";

/// The share of dossiers in step with the national portal.
#[derive(Debug, Serialize, ToSchema)]
pub struct SyncFigures {
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Timestamp,
    /// What is counted, in Vietnamese.
    pub definition: &'static str,
    /// Dossiers whose newest status is acknowledged.
    #[schema(minimum = 0)]
    pub numerator: i64,
    /// All dossiers.
    #[schema(minimum = 0)]
    pub denominator: i64,
    /// Percent, cut after two decimals, so that 100 means all; absent when there is no dossier.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 100)]
    pub percent: Option<f64>,
}

/// Read the figures of the synchronisation with the national portal
#[utoipa::path(
    operation_id = "read_sync_figures", tag = "figures",
    responses(
        (status = 200, description = "The figures now", body = SyncFigures),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/figures/sync")]
pub async fn read_sync_figures(app: web::Data<App>, actor: Actor) -> Result<Reply> {
    actor.need_staff()?;
    let as_of = app.db.clock.now();
    Reply::ok(app.db.read(move |conn| count(conn, as_of)).await?)
}

#[derive(QueryableByName)]
struct Counts {
    #[diesel(sql_type = BigInt)]
    numerator: i64,
    #[diesel(sql_type = BigInt)]
    denominator: i64,
}

fn count(conn: &mut PgConnection, as_of: Timestamp) -> Result<SyncFigures> {
    let Counts { numerator, denominator } = diesel::sql_query(
        "SELECT count(*) FILTER (WHERE s.seq_sent IS NOT NULL AND NOT EXISTS (
                    SELECT 1 FROM dossier_event e
                     WHERE e.dossier_id = d.id AND e.seq > s.seq_sent AND jsonb_exists(e.changes, 'status')
                )) AS numerator,
                count(*) AS denominator
           FROM dossier d LEFT JOIN dossier_sync s ON s.dossier_id = d.id",
    )
    .get_result(conn)?;
    let percent = (numerator * 10_000).checked_div(denominator).map(|hundredths| hundredths as f64 / 100.0);
    Ok(SyncFigures { as_of, definition: COUNTED, numerator, denominator, percent })
}
