//! An administrator gives a form another look, for the whole province or for a unit.
//!
//! May: who administers the system, for any unit; who administers an agency, for that agency.
//! What is published was printed before, with everything in it and with as little as its fields
//! allow, within limits. Refusals: 422 `template_broken` with the mistakes and their lines, 422
//! `invalid` for fields that are no schema or a sample that does not fit it.

use actix_web::{HttpResponse, post, web};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::engine::Flaw;
use super::printer::Order;
use super::shipped::{Shipped, shipped};
use super::template::{New, fits, form, insert};
use super::{FormCode, TEMPLATE_BROKEN, TEMPLATE_UNKNOWN, sample};
use crate::app::App;
use crate::auth::Actor;
use crate::clock::day_of;
use crate::db::Tx;
use crate::db::schema::agency;
use crate::error::{FORBIDDEN, FieldProblem, INVALID, Problem, Refused, Result};
use crate::http::{Day, Keyed, Reply, Text, once, parse_json};
use crate::workflow::Role;

/// Characters of a template; the longest shipped one has about 10,000.
const SOURCE_LIMIT: usize = 100_000;
/// Results that one template is made for.
const RESULTS_LIMIT: usize = 50;

/// A template to be published.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishTemplate {
    /// Of a form (01 to 07) or a result.
    #[schema(min_length = 2, max_length = 40, pattern = "^[a-z0-9_]{2,40}$")]
    pub code: String,
    /// Identifier code of the agency, which with all below it gets this look; absent: the whole
    /// province.
    #[serde(default)]
    #[schema(max_length = 40)]
    pub unit: Option<String>,
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    pub name: Text<200>,
    /// First day; not in the past.
    pub from: Day,
    /// Typst. It reads `data.json` with `head`, `body`, `qr` and `bars`.
    #[schema(min_length = 1, max_length = 100000)]
    pub source: String,
    /// JSON Schema of `body`; absent: that of the shipped template of this code. The fields of
    /// the forms 01 to 07 are fixed.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub fields: Option<Value>,
    /// A body with everything in it; absent: that of the shipped template.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub sample: Option<Value>,
    /// Codes of the results (KQ.…) that it is made for; empty: for any.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub results: Vec<String>,
}

/// A template to be looked at.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewTemplate {
    #[schema(min_length = 2, max_length = 40, pattern = "^[a-z0-9_]{2,40}$")]
    pub code: String,
    /// Typst; absent: the shipped template of this code.
    #[serde(default)]
    #[schema(max_length = 100000)]
    pub source: Option<String>,
    /// JSON Schema of `body`; absent: that of the shipped template.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub fields: Option<Value>,
    /// The body; absent: the sample of the shipped template.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub sample: Option<Value>,
}

/// A published template.
#[derive(Debug, Serialize, ToSchema)]
pub struct PublishedTemplate {
    pub id: Uuid,
    pub code: String,
    #[schema(minimum = 1)]
    pub version: i32,
    #[schema(value_type = Object)]
    pub links: Value,
}

/// What is tried: source, fields, sample.
struct Trial {
    source: String,
    fields: Value,
    sample: Value,
}

impl Trial {
    /// Completes what was given by the shipped template of the code, and checks the fields.
    fn of(code: &str, source: Option<String>, fields: Option<Value>, sample: Option<Value>) -> Result<Self> {
        let known: Option<&Shipped> = shipped()?.iter().find(|one| one.code == code);
        if code.parse::<FormCode>().is_ok() && fields.is_some() {
            let (vi, en) = ("các trường của biểu mẫu này là cố định", "the fields of this form are fixed");
            return Err(INVALID.at("/fields", vi, en));
        }
        let unknown = || TEMPLATE_UNKNOWN.err();
        let source = source.or_else(|| known.map(|one| one.source.clone())).ok_or_else(unknown)?;
        if source.is_empty() || source.chars().count() > SOURCE_LIMIT || source.contains('\0') {
            return Err(INVALID.at(
                "/source",
                format!("từ 1 đến {SOURCE_LIMIT} ký tự"),
                format!("1 to {SOURCE_LIMIT} characters"),
            ));
        }
        let own_fields = fields.is_some();
        let fields = fields.or_else(|| known.map(|one| one.fields.clone())).ok_or_else(unknown)?;
        form(&fields)?;
        let shipped_sample = known.filter(|_| !own_fields).map(|one| one.sample.clone());
        let Some(sample) = sample.or(shipped_sample) else {
            return Err(INVALID.at("/sample", "bắt buộc", "is required"));
        };
        fits(&fields, &sample, "/sample")?;
        Ok(Self { source, fields, sample })
    }

    fn order(&self, data: Value, app: &App) -> Order {
        Order { source: self.source.clone(), data, at: app.db.clock.now() }
    }

    /// Prints with everything, and with as little as there may be.
    async fn print(&self, app: &App) -> Result<Vec<u8>> {
        let bare = sample::bare_data(&sample::bare(&self.fields, &self.sample));
        app.printer.print(self.order(bare, app)).await?.map_err(|flaw| broken(&flaw))?;
        let full = sample::data(&self.sample);
        app.printer.print(self.order(full, app)).await?.map_err(|flaw| broken(&flaw))
    }
}

/// The mistakes of a template, as a refusal.
fn broken(flaw: &Flaw) -> crate::error::Error {
    let mut refused = Refused::new(&TEMPLATE_BROKEN);
    let said = flaw.to_string();
    refused.fields.push(FieldProblem::new("/source", "template_broken", said.clone(), said));
    refused.into()
}

impl PublishTemplate {
    fn check(&self) -> Result<()> {
        check_code(&self.code)?;
        let sound = |code: &String| {
            code.len() <= 40
                && !code.is_empty()
                && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.')
        };
        if self.results.len() > RESULTS_LIMIT || !self.results.iter().all(sound) {
            return Err(INVALID.at("/results", "không phải mã kết quả", "not codes of results"));
        }
        Ok(())
    }
}

fn check_code(code: &str) -> Result<()> {
    let sign = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    if (2..=40).contains(&code.len()) && code.bytes().all(sign) {
        return Ok(());
    }
    Err(INVALID.at("/code", "chữ thường, chữ số, gạch dưới", "lower-case letters, digits, underscores"))
}

/// Publishes a template.
#[utoipa::path(
    operation_id = "publish_template",
    tag = "forms",
    params(("Idempotency-Key" = String, Header, description = "A new word for each request")),
    request_body = PublishTemplate,
    responses(
        (status = 201, description = "The template", body = PublishedTemplate),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/templates")]
pub async fn publish_template(
    app: web::Data<App>,
    actor: Actor,
    request: Keyed<PublishTemplate>,
) -> Result<Reply> {
    actor.need_staff()?;
    let (asked, asker) = (request.body.clone(), actor.clone());
    asked.check()?;
    app.db.read(move |conn| may_publish(conn, &asker, asked.unit.as_deref()).map(drop)).await?;
    let Keyed { key, body } = request;
    let trial = Trial::of(&body.code, Some(body.source.clone()), body.fields.clone(), body.sample.clone())?;
    trial.print(&app).await?;
    app.db.write(&actor, move |tx| once(tx, &key, |tx| publish(tx, &body, &trial))).await
}

fn publish(tx: &mut Tx, body: &PublishTemplate, trial: &Trial) -> Result<Reply> {
    let unit_id = may_publish(tx.conn, tx.actor, body.unit.as_deref())?;
    if body.from.date() < day_of(tx.now) {
        return Err(INVALID.at("/from", "không được ở quá khứ", "must not be in the past"));
    }
    let new = New {
        code: &body.code,
        unit_id,
        language: "vi",
        name: body.name.as_str(),
        source: &trial.source,
        fields: &trial.fields,
        sample: &trial.sample,
        results: &body.results,
        from: body.from.date(),
    };
    let (id, version) = insert(tx, &new)?;
    tx.audit("publish_template", Some(id))?;
    let links = json!({ "self": format!("/api/v1/templates/{id}") });
    Reply::created(PublishedTemplate { id, code: body.code.clone(), version, links })
}

/// The unit, if the actor may give it a look of its own.
fn may_publish(conn: &mut PgConnection, actor: &Actor, unit: Option<&str>) -> Result<Option<Uuid>> {
    let staff = actor.need_staff()?;
    let id: Option<Uuid> = match unit {
        None => None,
        Some(code) => {
            agency::table.filter(agency::code.eq(code)).select(agency::id).first(conn).optional()?
        }
    };
    let all = staff.has_role(Role::SystemAdmin);
    let own = id.is_some_and(|id| staff.holds(Role::AgencyAdmin, id));
    if !all && !own {
        return Err(FORBIDDEN.err());
    }
    if unit.is_some() && id.is_none() {
        return Err(INVALID.at("/unit", "không có cơ quan này", "there is no such agency"));
    }
    Ok(id)
}

/// Prints a template over its sample, and changes nothing.
#[utoipa::path(
    operation_id = "preview_template",
    tag = "forms",
    request_body = PreviewTemplate,
    responses(
        (status = 200, description = "The document", content((Vec<u8> = "application/pdf"))),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/templates/preview")]
pub async fn preview_template(app: web::Data<App>, actor: Actor, body: web::Bytes) -> Result<HttpResponse> {
    let staff = actor.need_staff()?;
    if !staff.has_role(Role::SystemAdmin) && !staff.has_role(Role::AgencyAdmin) {
        return Err(FORBIDDEN.err());
    }
    let asked: PreviewTemplate = parse_json(&body)?;
    check_code(&asked.code)?;
    let trial = Trial::of(&asked.code, asked.source, asked.fields, asked.sample)?;
    let bytes = trial.print(&app).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/pdf")
        .insert_header(("Content-Disposition", format!("attachment; filename=\"{}.pdf\"", asked.code)))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .insert_header(("Cache-Control", "private, no-store"))
        .body(bytes))
}
