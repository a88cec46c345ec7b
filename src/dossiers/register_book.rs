//! The register of a unit (Sổ theo dõi hồ sơ, form 07): what it received in a period.
//!
//! May: officials whose reach has the unit. Refusals: 404 another unit, 422 a period that is
//! too long or has too many dossiers.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use diesel::prelude::*;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::form_data::short_day;
use super::row::DossierRow;
use crate::app::App;
use crate::auth::Actor;
use crate::clock::{day_of, vietnam};
use crate::db::schema::{agency, dossier, procedure};
use crate::db::{Tx, to_sql};
use crate::error::{Code, INVALID, NOT_FOUND, Problem, Refused, Result};
use crate::forms::{self, FormCode, FormOut, Issuer, Wanted, in_force};
use crate::http::{Day, Keyed, Reply, once};
use crate::workflow::{Channel, DossierStatus};

pub static REGISTER_TOO_LONG: Code = Code::new(
    422,
    "register_too_long",
    "Có quá nhiều hồ sơ trong thời gian này",
    "There are too many dossiers in this period",
);

/// Days of a register at most: a quarter.
const DAYS: i32 = 92;
/// Dossiers of a register at most.
const ROWS: i64 = 2_000;

/// A period.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskRegister {
    pub from: Day,
    /// Included; at most 92 days in all.
    pub to: Day,
}

/// Asks for the register of a unit. The same content is the same file.
#[utoipa::path(
    operation_id = "ask_register",
    tag = "forms",
    request_body = AskRegister,
    params(
        ("code" = String, Path, description = "Identifier code of the unit"),
        ("Idempotency-Key" = String, Header, description = "A new word for each request"),
    ),
    responses(
        (status = 200, description = "The register, made or being made", body = FormOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/agencies/{code}/registers")]
pub async fn ask_register(
    app: web::Data<App>,
    actor: Actor,
    code: web::Path<String>,
    request: Keyed<AskRegister>,
) -> Result<Reply> {
    actor.need_staff()?;
    let (from, to) = (request.body.from.date(), request.body.to.date());
    if from > to || (to - from).get_days() >= DAYS {
        return Err(INVALID.at("/to", "từ 1 đến 92 ngày", "1 to 92 days"));
    }
    let code = code.into_inner();
    app.db.write(&actor, move |tx| once(tx, &request.key, |tx| ask(tx, &code, from, to))).await
}

/// Shows where a register stands.
#[utoipa::path(
    operation_id = "get_register",
    tag = "forms",
    params(
        ("code" = String, Path, description = "Identifier code of the unit"),
        ("form" = Uuid, Path, description = "The register"),
    ),
    responses(
        (status = 200, description = "The register", body = FormOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/agencies/{code}/registers/{form}")]
pub async fn show_register(
    app: web::Data<App>,
    actor: Actor,
    path: web::Path<(String, Uuid)>,
) -> Result<Reply> {
    actor.need_staff()?;
    let (code, id) = path.into_inner();
    let found = app.db.read(move |conn| {
        let unit = seen(conn, &actor, &code)?;
        Ok(forms::find(conn, id, None, Some(unit))?.out)
    });
    Reply::ok(found.await?)
}

/// Downloads a register.
#[utoipa::path(
    operation_id = "download_register",
    tag = "forms",
    params(
        ("code" = String, Path, description = "Identifier code of the unit"),
        ("form" = Uuid, Path, description = "The register"),
    ),
    responses(
        (status = 200, description = "The bytes", content((Vec<u8> = "application/pdf"))),
        (status = 206, description = "A range", content((Vec<u8> = "application/pdf"))),
        (status = 304, description = "The caller has it"),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/agencies/{code}/registers/{form}/file")]
pub async fn download_register(
    app: web::Data<App>,
    actor: Actor,
    path: web::Path<(String, Uuid)>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    actor.need_staff()?;
    let (code, id) = path.into_inner();
    let row = app.db.read(move |conn| {
        let unit = seen(conn, &actor, &code)?;
        forms::find(conn, id, None, Some(unit))?.file(conn)
    });
    app.files.download(&row.await?, &request).await
}

/// The unit of that code, if the official's reach has it.
fn seen(conn: &mut PgConnection, actor: &Actor, code: &str) -> Result<Uuid> {
    let unit: Option<Uuid> =
        agency::table.filter(agency::code.eq(code)).select(agency::id).first(conn).optional()?;
    let reach = actor.need_staff()?.sees();
    unit.filter(|unit| reach.contains(unit)).ok_or_else(|| NOT_FOUND.err())
}

fn ask(tx: &mut Tx, code: &str, from: Date, to: Date) -> Result<Reply> {
    let unit = seen(tx.conn, tx.actor, code)?;
    let issuer = Issuer::find(tx.conn, unit)?;
    let today = day_of(tx.now);
    let written = |day: Date| day.strftime("%d/%m/%Y").to_string();
    let body = json!({ "from": written(from), "to": written(to), "rows": rows(tx.conn, unit, from, to)? });
    let number = format!("{}/{}", from.strftime("%y%m%d"), FormCode::Register.symbol());
    let template = in_force(tx.conn, FormCode::Register.word(), unit, today)?;
    let wanted = Wanted {
        form: FormCode::Register,
        template: &template,
        unit_id: unit,
        dossier_id: None,
        seq: None,
        head: issuer.head(number, today, None),
        body,
    };
    let id = forms::ask(tx, &wanted)?;
    tx.audit("ask_register", Some(unit))?;
    Reply::ok(forms::find(tx.conn, id, None, Some(unit))?.out)
}

/// What the unit received, in the order of receipt.
fn rows(conn: &mut PgConnection, unit: Uuid, from: Date, to: Date) -> Result<Vec<Value>> {
    let start = |day: Date| day.to_zoned(vietnam()).map(|zoned| to_sql(zoned.timestamp()));
    let (first, end) = (start(from), to.tomorrow().and_then(start));
    let (first, end) = (first.map_err(anyhow::Error::from)?, end.map_err(anyhow::Error::from)?);
    let found: Vec<(DossierRow, String, String)> = dossier::table
        .inner_join(procedure::table.on(procedure::code.eq(dossier::procedure_code)))
        .inner_join(agency::table.on(agency::id.eq(dossier::handling_unit_id)))
        .filter(dossier::receiving_unit_id.eq(unit))
        .filter(dossier::submitted_at.ge(first))
        .filter(dossier::submitted_at.lt(end))
        .order((dossier::submitted_at, dossier::id))
        .limit(ROWS + 1)
        .select((DossierRow::as_select(), procedure::name, agency::name))
        .load(conn)?;
    if found.len() as i64 > ROWS {
        return Err(Refused::new(&REGISTER_TOO_LONG).with("max_rows", ROWS).into());
    }
    found.iter().map(|(row, procedure, handling)| line(row, procedure, handling)).collect()
}

fn line(row: &DossierRow, procedure: &str, handling: &str) -> Result<Value> {
    let state = row.state()?;
    let mut line = json!({
        "code": row.code,
        "procedure": procedure,
        "applicant": row.applicant["name"].as_str().unwrap_or_default(),
        "handling_unit": handling,
        "received": short_day(row.submitted_at.to_jiff()),
        "due": short_day(state.due_at),
        "return_by": row.return_by.parse().map_or("-", Channel::vi),
        "status": DossierStatus::vi(state.status),
    });
    if let Some(returned) = &state.progress.returned {
        line["returned"] = short_day(returned.at).into();
    }
    Ok(line)
}
