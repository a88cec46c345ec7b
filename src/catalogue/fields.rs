//! Everybody reads the fields of law ("lĩnh vực") and how many procedures each has.

use actix_web::{HttpRequest, HttpResponse, get, web};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde::Serialize;
use utoipa::ToSchema;

use super::revision;
use crate::app::App;
use crate::error::Result;

/// A field with its procedures counted.
#[derive(Debug, PartialEq, Eq, Serialize, QueryableByName, ToSchema)]
pub struct FieldCount {
    /// Empty where no published procedure gives the field a code.
    #[diesel(sql_type = Text)]
    pub code: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    /// Procedures with a published version.
    #[diesel(sql_type = BigInt)]
    #[schema(minimum = 0)]
    pub published: i64,
    /// All procedures, those of the national list included.
    #[diesel(sql_type = BigInt)]
    #[schema(minimum = 0)]
    pub total: i64,
}

/// All fields, by name.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldList {
    pub items: Vec<FieldCount>,
}

/// List the fields of law
#[utoipa::path(
    operation_id = "list_fields", security(()), tag = "catalogue",
    responses(
        (status = 200, description = "All fields with the number of procedures", body = FieldList),
        (status = 304, description = "Nothing changed since the page with that ETag"),
    )
)]
#[get("/api/v1/fields")]
pub async fn list_fields(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    revision::page(&app, &request, |conn, _| load(conn)).await
}

/// There are some 140; the limit only keeps a wild import from a page without end.
fn load(conn: &mut PgConnection) -> Result<FieldList> {
    let sql = "SELECT max(field_code) AS code, field_name AS name, count(current_version_id) AS published,
                      count(*) AS total
               FROM procedure GROUP BY field_name ORDER BY field_name LIMIT 2000";
    Ok(FieldList { items: diesel::sql_query(sql).load(conn)? })
}
