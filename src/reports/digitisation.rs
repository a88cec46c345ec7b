//! For leaders and auditors: how much of what must be digitised is, by level and unit, of the
//! dossiers that the caller sees; and the rows behind each number, by the same conditions.
//!
//! Definitions (TT 01/2023/TT-VPCP; QĐ 766/QĐ-TTg, group 3). A dossier that was withdrawn is not
//! counted: its papers went back.
//! - **components**: of the components that must be digitised, of dossiers filed in the days and
//!   received, those that came in digital form or have a digitisation in force;
//! - **dossiers**: of the dossiers filed in the days and received, those of which nothing that
//!   must be digitised lacks it ("hồ sơ có số hóa hoặc là hồ sơ điện tử");
//! - **results**: of the dossiers whose work was finished in the days
//!   (HoSoDaXuLyXong), those with a result whose file is there (HoSoDaXuLyXongCoKetQuaDienTu).
//!
//! What came in counts for the unit that received it, results for the agency that decided.

use actix_web::{get, web};
use diesel::dsl::sql;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Timestamptz};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::cashless::leads;
use super::intake::day;
use crate::app::App;
use crate::auth::Actor;
use crate::clock::day_of;
use crate::db::schema::{agency, component, dossier};
use crate::db::{Condition, condition, to_sql};
use crate::dossiers::visible;
use crate::error::{INVALID, Problem, Result};
use crate::http::{Day, Params, Reply};

/// A component that is there in digital form.
macro_rules! digital {
    () => {
        "(component.origin IN ('electronic', 'reused') OR component.digitisation_id IS NOT NULL)"
    };
}
/// A dossier of which nothing that must be digitised lacks it.
macro_rules! complete {
    () => {
        "NOT EXISTS (SELECT 1 FROM component c WHERE c.dossier_id = dossier.id AND c.must IS NOT NULL
                        AND c.origin NOT IN ('electronic', 'reused') AND c.digitisation_id IS NULL)"
    };
}
/// A dossier with a result whose file is there.
macro_rules! electronic_result {
    () => {
        "EXISTS (SELECT 1 FROM file f WHERE f.dossier_id = dossier.id AND f.purpose = 'result'
                    AND f.deleted_at IS NULL AND f.id = (dossier.progress #>> '{result,file_id}')::uuid)"
    };
}
/// When the work on a dossier was finished.
macro_rules! finished_at {
    () => {
        "coalesce((dossier.progress ->> 'stopped_at')::timestamptz, dossier.closed_at)"
    };
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DigitisationMeasure)]
pub enum Measure {
    Components,
    Dossiers,
    Results,
}

/// Which days.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DigitisationQuery {
    /// First day in Việt Nam; the first of this month when absent.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Day>,
    /// Last day; today when absent.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Day>,
}

/// How much is digitised.
#[derive(Debug, Serialize, ToSchema)]
pub struct DigitisationFigures {
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    #[schema(value_type = String, format = Date)]
    pub to: Date,
    /// When it was read.
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Timestamp,
    /// What is counted, in Vietnamese.
    pub definition: &'static str,
    /// By level of administration, from the highest down.
    pub levels: Vec<DigitisationLine>,
    /// By unit, in the order of their codes.
    pub units: Vec<DigitisationLine>,
}

/// The figures of a level, or of a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DigitisationLine {
    /// ministry, province, district, commune or other.
    pub level: String,
    /// Absent in the line of a level.
    pub unit_code: Option<String>,
    pub unit_name: Option<String>,
    pub components: Ratio,
    pub dossiers: Ratio,
    pub results: Ratio,
}

/// A part of a whole; the share follows from both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = DigitisationRatio)]
pub struct Ratio {
    #[schema(minimum = 0)]
    pub numerator: i64,
    #[schema(minimum = 0)]
    pub denominator: i64,
}

const COUNTED: &str = "Thành phần: thành phần phải số hóa của hồ sơ nộp trong kỳ và đã tiếp nhận; tử số là thành phần \
    có bản điện tử hoặc đã được cán bộ quét, đối chiếu, xác nhận. Hồ sơ: hồ sơ nộp trong kỳ và đã tiếp nhận; tử số là \
    hồ sơ không còn thành phần phải số hóa mà chưa số hóa. Kết quả: hồ sơ xử lý xong trong kỳ; tử số là hồ sơ có tệp \
    kết quả điện tử. Không tính hồ sơ công dân rút.";

/// Reads how much of what must be digitised is, by level and unit.
#[utoipa::path(
    operation_id = "read_digitisation_figures", tag = "reports", params(DigitisationQuery),
    responses(
        (status = 200, description = "The figures", body = DigitisationFigures),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/reports/digitisation")]
pub async fn read_digitisation_figures(
    app: web::Data<App>,
    actor: Actor,
    query: Params<DigitisationQuery>,
) -> Result<Reply> {
    leads(&actor)?;
    let as_of = app.db.clock.now();
    let (from, to) = days(query.0.from, query.0.to, as_of)?;
    let counts = app.db.read_planned(move |conn| {
        // The three counts tell of one moment.
        conn.build_transaction().repeatable_read().read_only().run(|conn| counts(conn, &actor, from, to))
    });
    let units = by_unit(counts.await?);
    let levels = by_level(&units);
    Reply::ok(DigitisationFigures { from, to, as_of, definition: COUNTED, levels, units })
}

/// The days asked for.
pub(super) fn days(from: Option<Day>, to: Option<Day>, now: Timestamp) -> Result<(Date, Date)> {
    let to = to.map_or_else(|| day_of(now), Day::date);
    let from = from.map_or_else(|| to.first_of_month(), Day::date);
    match from <= to {
        true => Ok((from, to)),
        false => Err(INVALID.at("to", "phải từ ngày đầu trở đi", "must not be before the first day")),
    }
}

/// Level, code and name of a unit, numerator and denominator.
type Count = (String, String, String, i64, i64);

fn counts(conn: &mut PgConnection, actor: &Actor, from: Date, to: Date) -> Result<Vec<(Measure, Count)>> {
    let mut all = Vec::new();
    for measure in [Measure::Components, Measure::Dossiers, Measure::Results] {
        let unit = (sql::<Text>("agency.level"), sql::<Text>("agency.code"), sql::<Text>("agency.name"));
        let counts = (sql::<BigInt>(measure.counted()), sql::<BigInt>("count(*)"));
        let columns = (unit.0, unit.1, unit.2, counts.0, counts.1);
        let grouped = sql::<Text>("agency.level, agency.code, agency.name");
        let found: Vec<Count> = match measure {
            Measure::Components => component::table
                .inner_join(dossier::table.on(dossier::id.eq(component::dossier_id)))
                .inner_join(agency::table.on(agency::id.eq(dossier::receiving_unit_id)))
                .filter(visible(actor))
                .filter(measure.counts(from, to)?)
                .group_by(grouped)
                .select(columns)
                .load(conn)?,
            Measure::Dossiers => dossier::table
                .inner_join(agency::table.on(agency::id.eq(dossier::receiving_unit_id)))
                .filter(visible(actor))
                .filter(measure.counts(from, to)?)
                .group_by(grouped)
                .select(columns)
                .load(conn)?,
            Measure::Results => dossier::table
                .inner_join(agency::table.on(agency::id.eq(dossier::handling_unit_id)))
                .filter(visible(actor))
                .filter(measure.counts(from, to)?)
                .group_by(grouped)
                .select(columns)
                .load(conn)?,
        };
        all.extend(found.into_iter().map(|count| (measure, count)));
    }
    Ok(all)
}

impl Measure {
    /// What is in the denominator.
    pub(super) fn counts(self, from: Date, to: Date) -> Result<Condition> {
        let whole = match self {
            Self::Components => {
                "component.must IS NOT NULL AND dossier.status <> 7 AND dossier.clock_started_at IS NOT NULL
                 AND dossier.submitted_at >= ? AND dossier.submitted_at < ?"
            }
            Self::Dossiers => {
                "dossier.status <> 7 AND dossier.clock_started_at IS NOT NULL
                 AND dossier.submitted_at >= ? AND dossier.submitted_at < ?"
            }
            Self::Results => concat!(
                "dossier.status IN (9, 10) AND ",
                finished_at!(),
                " >= ? AND ",
                finished_at!(),
                " < ?"
            ),
        };
        let (first, end) = (day(from)?.0, day(to)?.1);
        Ok(condition(whole).bind::<Timestamptz, _>(to_sql(first)).bind::<Timestamptz, _>(to_sql(end)))
    }

    /// What of it is in the numerator.
    pub(super) fn digital(self) -> &'static str {
        match self {
            Self::Components => digital!(),
            Self::Dossiers => complete!(),
            Self::Results => electronic_result!(),
        }
    }

    /// What of it is not.
    pub(super) fn lacking(self) -> &'static str {
        match self {
            Self::Components => concat!("NOT ", digital!()),
            Self::Dossiers => concat!("NOT (", complete!(), ")"),
            Self::Results => concat!("NOT ", electronic_result!()),
        }
    }

    /// Counts the numerator.
    fn counted(self) -> &'static str {
        match self {
            Self::Components => concat!("count(*) FILTER (WHERE ", digital!(), ")"),
            Self::Dossiers => concat!("count(*) FILTER (WHERE ", complete!(), ")"),
            Self::Results => concat!("count(*) FILTER (WHERE ", electronic_result!(), ")"),
        }
    }
}

impl DigitisationLine {
    fn empty(level: String) -> Self {
        let none = Ratio::default();
        Self { level, unit_code: None, unit_name: None, components: none, dossiers: none, results: none }
    }

    fn of(&mut self, measure: Measure) -> &mut Ratio {
        match measure {
            Measure::Components => &mut self.components,
            Measure::Dossiers => &mut self.dossiers,
            Measure::Results => &mut self.results,
        }
    }
}

/// A line for each unit, in the order of their codes.
fn by_unit(counts: Vec<(Measure, Count)>) -> Vec<DigitisationLine> {
    let mut lines = std::collections::BTreeMap::<String, DigitisationLine>::new();
    for (measure, (level, code, name, numerator, denominator)) in counts {
        let line = lines.entry(code.clone()).or_insert_with(|| DigitisationLine {
            unit_code: Some(code),
            unit_name: Some(name),
            ..DigitisationLine::empty(level)
        });
        *line.of(measure) = Ratio { numerator, denominator };
    }
    lines.into_values().collect()
}

/// The sums of the levels, from the highest down.
fn by_level(units: &[DigitisationLine]) -> Vec<DigitisationLine> {
    const LEVELS: [&str; 5] = ["ministry", "province", "district", "commune", "other"];
    let sum = |level: &str| {
        let mut line = DigitisationLine::empty(level.to_owned());
        for unit in units.iter().filter(|unit| unit.level == level) {
            for measure in [Measure::Components, Measure::Dossiers, Measure::Results] {
                let part = *unit.clone().of(measure);
                let whole = line.of(measure);
                whole.numerator += part.numerator;
                whole.denominator += part.denominator;
            }
        }
        line
    };
    LEVELS
        .iter()
        .filter(|level| units.iter().any(|unit| unit.level == **level))
        .map(|level| sum(level))
        .collect()
}
