//! When settlement files are fetched: for each day of Việt Nam that has ended, and when a
//! cashier or leader of the province asks for it again, because a gateway corrected its file.

use std::time::Duration;

use actix_web::{post, web};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Date as SqlDate, Text};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::RECONCILE;
use super::files::{FETCH_SETTLEMENT, FetchJob};
use crate::app::App;
use crate::auth::Actor;
use crate::clock::day_of;
use crate::db::{Db, Tx, date_to_sql, prepared};
use crate::error::{FORBIDDEN, INVALID, Problem, Result};
use crate::http::{Day, Keyed, Reply, once};
use crate::jobs;
use crate::payments::gateway::has_settlement_files;
use crate::payments::{Gateways, Till};

/// How often to look for days that have ended.
pub const LOOK_FOR_FILES_EVERY: Duration = Duration::from_secs(600);

#[derive(QueryableByName)]
struct DayRow {
    #[diesel(sql_type = SqlDate)]
    day: jiff_diesel::Date,
}

/// Writes a job for each gateway and ended day of the last two weeks whose file is not there,
/// from the day on which the gateway was first used.
pub async fn look_for_files(db: &Db, gateways: &Gateways) -> Result<usize> {
    let today = day_of(db.clock.now());
    let with_files = gateways.all().filter(|gateway| gateway.settlement().is_some());
    let mut wanted = Vec::new();
    for name in with_files.map(|gateway| gateway.words().gateway()) {
        let days = db.read(move |conn| without_file(conn, name, today)).await?;
        wanted.extend(days.into_iter().map(|day| FetchJob { gateway: name.to_owned(), day }));
    }
    let count = wanted.len();
    let enqueue = move |tx: &mut Tx| {
        for job in &wanted {
            let dedup = format!("{FETCH_SETTLEMENT}:{}:{}", job.gateway, job.day);
            jobs::enqueue(tx, FETCH_SETTLEMENT, None, serde_json::to_value(job)?, Some(dedup))?;
        }
        Ok(())
    };
    db.write(&Actor::system(RECONCILE), enqueue).await?;
    Ok(count)
}

fn without_file(conn: &mut PgConnection, gateway: &str, today: Date) -> Result<Vec<Date>> {
    let days: Vec<DayRow> = prepared(
        "SELECT day::date AS day
           FROM (SELECT ?::text AS gateway, ?::date AS today) AS asked
          CROSS JOIN LATERAL (SELECT min(opened_at) AS first FROM payment_attempt a
                               WHERE a.gateway = asked.gateway) AS used
          CROSS JOIN LATERAL generate_series(
                greatest((used.first AT TIME ZONE 'Asia/Ho_Chi_Minh')::date, today - 14), today - 1,
                interval '1 day') AS day
          WHERE NOT EXISTS (SELECT FROM settlement_file f
                             WHERE f.gateway = asked.gateway AND f.day = day::date AND f.compared_at IS NOT NULL)
            AND used.first IS NOT NULL
          ORDER BY 1",
    )
    .bind::<Text, _>(gateway)
    .bind::<SqlDate, _>(date_to_sql(today))
    .load(conn)?;
    Ok(days.into_iter().map(|row| row.day.to_jiff()).collect())
}

/// Which file.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FetchIn {
    /// Name of a gateway that has settlement files.
    #[schema(max_length = 30)]
    pub gateway: String,
    /// A day in Việt Nam that has ended.
    #[schema(value_type = String, format = Date)]
    pub day: Day,
}

/// What will be fetched.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FetchOut {
    pub gateway: String,
    #[schema(value_type = String, format = Date)]
    pub day: Date,
}

/// Fetch a gateway's settlement file of a day again
#[utoipa::path(
    operation_id = "fetch_settlement", tag = "reconciliation", security(("bearer" = [])),
    params(("Idempotency-Key" = String, Header, description = "A new one for each request", max_length = 200)),
    request_body = FetchIn,
    responses(
        (status = 202, description = "It will be fetched and compared", body = FetchOut),
        (status = 400, description = "Not JSON, or no Idempotency-Key", body = Problem),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Neither a cashier nor a leader of the province", body = Problem),
        (status = 409, description = "The same key is under way", body = Problem),
        (status = 413, description = "Too large", body = Problem),
        (status = 422, description = "No such gateway, a day that has not ended, or the key was used for something else", body = Problem),
        (status = 503, description = "Busy", body = Problem),
    )
)]
#[post("/api/v1/reconciliation/settlement-fetches")]
pub async fn fetch_settlement(
    app: web::Data<App>,
    actor: Actor,
    Keyed { key, body }: Keyed<FetchIn>,
) -> Result<Reply> {
    actor.need_staff()?;
    let files = has_settlement_files(&body.gateway);
    app.db.write(&actor, move |tx| once(tx, &key, |tx| order(tx, &body, files))).await
}

fn order(tx: &mut Tx, wanted: &FetchIn, has_files: bool) -> Result<Reply> {
    if !Till::of(tx.conn, tx.actor)?.province {
        return Err(FORBIDDEN.err());
    }
    if !has_files {
        return Err(INVALID.at("/gateway", "không có tệp đối soát", "has no settlement files"));
    }
    let day = wanted.day.date();
    if day >= day_of(tx.now) {
        return Err(INVALID.at("/day", "ngày này chưa kết thúc", "this day has not ended"));
    }
    let job = FetchJob { gateway: wanted.gateway.clone(), day };
    jobs::enqueue(tx, FETCH_SETTLEMENT, None, serde_json::to_value(&job)?, None)?;
    tx.audit("fetch_settlement", None)?;
    let body = serde_json::to_value(FetchOut { gateway: job.gateway, day })?;
    Ok(Reply { status: 202, body })
}
