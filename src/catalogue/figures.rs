//! Everybody reads how far the services of each level of administration have come online.
//!
//! Counted is every pair of a procedure and a level that has, on the day asked for, a
//! service level by the version in force that day; procedures closed on that day are not.
//! An online public service (DVCTT) is full or partial (NĐ 42/2022/NĐ-CP Đ.11): these two
//! make the total, of which the percentages are taken; information only is beside it.

use actix_web::{HttpRequest, HttpResponse, get, web};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date as SqlDate, Text};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{entry, revision};
use crate::app::App;
use crate::db::date_to_sql;
use crate::error::{Problem, Result};

const COUNTED: &str = "Mỗi thủ tục ở mỗi cấp tính một lần, theo phiên bản và mức dịch vụ có hiệu lực trong ngày; \
    không tính thủ tục đang đóng. Tổng số = toàn trình + một phần (Nghị định 42/2022/NĐ-CP, Điều 11); \
    mức cung cấp thông tin nêu riêng, không nằm trong tổng số.";

/// The day of the figures.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AsOf {
    /// Day; today in Việt Nam when absent.
    #[param(value_type = Option<String>, format = Date, example = "2026-09-30")]
    as_of: Option<Date>,
}

/// A share, with what it is made of.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct Share {
    #[schema(minimum = 0)]
    pub numerator: i64,
    #[schema(minimum = 0)]
    pub denominator: i64,
    /// Percent, rounded to two decimals; absent when there is nothing to take a share of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 100)]
    pub percent: Option<f64>,
}

/// The figures of one level of administration.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct LevelFigures {
    /// ministry, province, district (until 30/06/2025), commune or other.
    #[schema(example = "commune")]
    pub level: String,
    /// Full-process services ("toàn trình").
    #[schema(minimum = 0)]
    pub full: i64,
    /// Partial services ("một phần").
    #[schema(minimum = 0)]
    pub partial: i64,
    /// Online public services: full and partial.
    #[schema(minimum = 0)]
    pub total: i64,
    /// Procedures of which only information is given, beside the total.
    #[schema(minimum = 0)]
    pub information: i64,
    pub full_share: Share,
    pub partial_share: Share,
}

/// The figures of all levels on one day.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServiceFigures {
    #[schema(value_type = String, format = Date)]
    pub as_of: Date,
    /// What is counted, in Vietnamese.
    pub definition: &'static str,
    /// From the highest level down.
    pub levels: Vec<LevelFigures>,
}

/// Read the figures of service levels
#[utoipa::path(
    operation_id = "read_service_level_figures", security(()), tag = "catalogue", params(AsOf),
    responses(
        (status = 200, description = "Full, partial and total per level on the day", body = ServiceFigures),
        (status = 304, description = "Nothing changed since the page with that ETag"),
        (status = 400, description = "The day is malformed", body = Problem),
        (status = 422, description = "The day is out of range", body = Problem),
    )
)]
#[get("/api/v1/figures/service-levels")]
pub async fn read_service_level_figures(
    app: web::Data<App>,
    query: web::Query<AsOf>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let asked = query.as_of.map(|day| entry::sane_day("as_of", day)).transpose()?;
    revision::page(&app, &request, move |conn, today| count(conn, asked.unwrap_or(today))).await
}

#[derive(QueryableByName)]
struct Counts {
    #[diesel(sql_type = Text)]
    level: String,
    #[diesel(sql_type = BigInt)]
    full: i64,
    #[diesel(sql_type = BigInt)]
    partial: i64,
    #[diesel(sql_type = BigInt)]
    information: i64,
}

fn count(conn: &mut PgConnection, as_of: Date) -> Result<ServiceFigures> {
    let counts: Vec<Counts> = diesel::sql_query(
        "WITH in_force AS (
             SELECT DISTINCT ON (v.procedure_code) v.id
             FROM procedure_version v JOIN procedure p ON p.code = v.procedure_code
             WHERE v.effective_from <= $1
               AND NOT coalesce(p.closed_since <= $1 AND coalesce(p.closed_until, $1) >= $1, false)
             ORDER BY v.procedure_code, v.effective_from DESC, v.version DESC
         )
         SELECT s.level,
                count(*) FILTER (WHERE s.service = 'full') AS \"full\",
                count(*) FILTER (WHERE s.service = 'partial') AS partial,
                count(*) FILTER (WHERE s.service = 'information') AS information
         FROM in_force JOIN service_level s ON s.version_id = in_force.id
         WHERE s.valid_from <= $1 AND coalesce(s.valid_to, $1) >= $1
         GROUP BY s.level
         ORDER BY array_position(ARRAY['ministry', 'province', 'district', 'commune', 'other'], s.level)",
    )
    .bind::<SqlDate, _>(date_to_sql(as_of))
    .load(conn)?;
    Ok(ServiceFigures { as_of, definition: COUNTED, levels: counts.into_iter().map(figures).collect() })
}

fn figures(counts: Counts) -> LevelFigures {
    let Counts { level, full, partial, information } = counts;
    let total = full + partial;
    LevelFigures {
        level,
        full,
        partial,
        total,
        information,
        full_share: share(full, total),
        partial_share: share(partial, total),
    }
}

/// Rounded half up in whole hundredths of a percent, so that no binary fraction shows.
fn share(numerator: i64, denominator: i64) -> Share {
    let hundredths = (numerator * 20_000 + denominator).checked_div(denominator * 2);
    Share { numerator, denominator, percent: hundredths.map(|h| h as f64 / 100.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_half_up_and_absent_of_nothing() {
        let percent = |n, d| share(n, d).percent;
        assert_eq!(percent(628, 1000), Some(62.8));
        assert_eq!(percent(47, 78), Some(60.26));
        assert_eq!(percent(1, 800), Some(0.13));
        assert_eq!(percent(5, 5), Some(100.0));
        assert_eq!(percent(0, 0), None);
    }
}
