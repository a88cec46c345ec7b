//! Officials look at templates: which there are, and one of them whole.

use actix_web::{get, web};
use diesel::prelude::*;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::App;
use crate::auth::Actor;
use crate::db::schema::{agency, template};
use crate::error::{NOT_FOUND, Problem, Result};
use crate::http::{Cursor, PageQuery, Params, Reply};

/// Filters of the list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct TemplateFilter {
    /// Of this form or result.
    #[param(max_length = 40)]
    pub code: Option<String>,
    /// Rows a page, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<i64>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// One version of a template.
#[derive(Debug, Serialize, ToSchema, Queryable)]
pub struct TemplateLine {
    pub id: Uuid,
    pub code: String,
    /// Identifier code of the agency; absent: the whole province.
    pub unit: Option<String>,
    pub language: String,
    pub version: i32,
    pub name: String,
    #[diesel(deserialize_as = jiff_diesel::Date)]
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    pub results: Vec<String>,
}

/// A page of templates, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct TemplatePage {
    pub items: Vec<TemplateLine>,
    /// Cursor of the next page; absent on the last.
    pub next: Option<String>,
}

/// A template whole.
#[derive(Debug, Serialize, ToSchema, Queryable)]
pub struct TemplateOut {
    pub id: Uuid,
    pub code: String,
    pub unit: Option<String>,
    pub language: String,
    pub name: String,
    #[diesel(deserialize_as = jiff_diesel::Date)]
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    pub results: Vec<String>,
    /// Typst.
    pub source: String,
    /// JSON Schema of `body`.
    #[schema(value_type = Object)]
    pub fields: Value,
    #[schema(value_type = Object)]
    pub sample: Value,
    pub published_by: String,
}

/// Lists the templates.
#[utoipa::path(
    operation_id = "list_templates",
    tag = "forms",
    params(TemplateFilter),
    responses(
        (status = 200, description = "Templates", body = TemplatePage),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/templates")]
pub async fn list_templates(
    app: web::Data<App>,
    actor: Actor,
    Params(filter): Params<TemplateFilter>,
) -> Result<Reply> {
    actor.need_staff()?;
    let page = PageQuery { limit: filter.limit, cursor: filter.cursor };
    let (limit, after) = (page.limit()?, page.after::<Uuid>()?);
    let found: Vec<TemplateLine> = app
        .db
        .read_planned(move |conn| {
            let mut query = template::table
                .left_join(agency::table.on(template::unit_id.eq(agency::id.nullable())))
                .order(template::id.desc())
                .limit(limit + 1)
                .select((
                    template::id,
                    template::code,
                    agency::code.nullable(),
                    template::language,
                    template::version,
                    template::name,
                    template::valid_from,
                    template::results,
                ))
                .into_boxed();
            if let Some(code) = filter.code.filter(|code| !code.contains('\0')) {
                query = query.filter(template::code.eq(code));
            }
            if let Some(after) = after {
                query = query.filter(template::id.lt(after));
            }
            Ok(query.load(conn)?)
        })
        .await?;
    let mut items = found;
    let more = items.len() as i64 > limit;
    items.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = items.last().filter(|_| more).map(|last| Cursor::encode(&last.id)).transpose()?;
    Reply::ok(TemplatePage { items, next })
}

/// Shows a template with its source, to begin a look of one's own with.
#[utoipa::path(
    operation_id = "get_template",
    tag = "forms",
    params(("id" = Uuid, Path, description = "The template")),
    responses(
        (status = 200, description = "The template", body = TemplateOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/templates/{id}")]
pub async fn show_template(app: web::Data<App>, actor: Actor, id: web::Path<Uuid>) -> Result<Reply> {
    actor.need_staff()?;
    let id = id.into_inner();
    let found: Option<TemplateOut> = app
        .db
        .read(move |conn| {
            Ok(template::table
                .left_join(agency::table.on(template::unit_id.eq(agency::id.nullable())))
                .filter(template::id.eq(id))
                .select((
                    template::id,
                    template::code,
                    agency::code.nullable(),
                    template::language,
                    template::name,
                    template::valid_from,
                    template::results,
                    template::source,
                    template::fields,
                    template::sample,
                    template::published_by,
                ))
                .first(conn)
                .optional()?)
        })
        .await?;
    Reply::ok(found.ok_or_else(|| NOT_FOUND.err())?)
}
