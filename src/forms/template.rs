//! The rows of templates. They are never changed: a new look is the next version.

use diesel::prelude::*;
use diesel::sql_types::{
    Array, Date as SqlDate, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use jiff::civil::Date;
use serde_json::Value;
use uuid::Uuid;

use super::TEMPLATE_UNKNOWN;
use crate::catalogue::form::Form;
use crate::db::{Tx, date_to_sql, prepared, to_sql};
use crate::error::{FieldProblem, INVALID, Refused, Result};

/// A template in force.
#[derive(Debug, Clone, QueryableByName)]
pub struct Template {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = Text)]
    pub code: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub source: String,
    /// JSON Schema of `body`.
    #[diesel(sql_type = Jsonb)]
    pub fields: Value,
    #[diesel(sql_type = Jsonb)]
    pub sample: Value,
    /// Codes of the results (KQ.…) that it is made for.
    #[diesel(sql_type = Array<Text>)]
    pub results: Vec<String>,
}

/// A template to be published.
pub(super) struct New<'a> {
    pub code: &'a str,
    /// None: the whole province.
    pub unit_id: Option<Uuid>,
    pub language: &'a str,
    pub name: &'a str,
    pub source: &'a str,
    pub fields: &'a Value,
    pub sample: &'a Value,
    pub results: &'a [String],
    pub from: Date,
}

/// The template in force for a unit on a day: that of the nearest unit upward, else that of the
/// whole province.
pub fn in_force(conn: &mut PgConnection, code: &str, unit: Uuid, on: Date) -> Result<Template> {
    let found: Option<Template> = prepared(
        "SELECT t.id, t.code, t.name, t.source, t.fields, t.sample, t.results
           FROM template t
           LEFT JOIN agency_closure c ON c.ancestor_id = t.unit_id AND c.descendant_id = ?
          WHERE t.code = ? AND t.valid_from <= ? AND (t.unit_id IS NULL OR c.descendant_id IS NOT NULL)
          ORDER BY c.depth NULLS LAST, t.valid_from DESC, t.version DESC
          LIMIT 1",
    )
    .bind::<SqlUuid, _>(unit)
    .bind::<Text, _>(code)
    .bind::<SqlDate, _>(date_to_sql(on))
    .get_result(conn)
    .optional()?;
    found.ok_or_else(|| TEMPLATE_UNKNOWN.err())
}

impl Template {
    /// Refuses a body with other fields than the template declares, each at its place.
    pub fn takes(&self, body: &Value, at: &str) -> Result<()> {
        fits(&self.fields, body, at)
    }
}

/// Refuses what does not fit a schema; `at`: where it stands in the request.
pub(super) fn fits(fields: &Value, body: &Value, at: &str) -> Result<()> {
    let form = form(fields)?;
    let mut refused = Refused::new(&INVALID);
    refused.fields = form
        .mistakes(body)
        .into_iter()
        .take(50)
        .map(|mistake| {
            let text = mistake.text;
            FieldProblem::new(&format!("{at}{}", mistake.path), &mistake.keyword, text.clone(), text)
        })
        .collect();
    if refused.fields.is_empty() { Ok(()) } else { Err(refused.into()) }
}

/// The declared fields, ready to judge.
pub(super) fn form(fields: &Value) -> Result<Form> {
    Form::compile(fields).map_err(|defects| {
        let mut refused = Refused::new(&INVALID);
        refused.fields = defects
            .into_iter()
            .take(50)
            .map(|d| FieldProblem::new(&format!("/fields{}", d.path), d.code.word(), d.vi, d.en))
            .collect();
        refused.into()
    })
}

#[derive(QueryableByName)]
struct Inserted {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Integer)]
    version: i32,
}

/// Writes the next version; its identifier and number.
pub(super) fn insert(tx: &mut Tx, new: &New) -> Result<(Uuid, i32)> {
    // Two who publish at once get two numbers.
    prepared("SELECT pg_advisory_xact_lock(hashtext(?))").bind::<Text, _>(new.code).execute(tx.conn)?;
    let done: Inserted = prepared(
        "INSERT INTO template (id, code, unit_id, language, version, name, source, fields, sample, results,
                               valid_from, published_at, published_by)
         SELECT ?, one.code, one.unit_id, one.language, coalesce(max(t.version), 0) + 1, ?, ?, ?, ?, ?, ?, ?, ?
           FROM (SELECT ?::text AS code, ?::uuid AS unit_id, ?::text AS language) one
           LEFT JOIN template t ON t.code = one.code AND t.language = one.language
                               AND t.unit_id IS NOT DISTINCT FROM one.unit_id
          GROUP BY one.code, one.unit_id, one.language
         RETURNING id, version",
    )
    .bind::<SqlUuid, _>(Uuid::now_v7())
    .bind::<Text, _>(new.name)
    .bind::<Text, _>(new.source)
    .bind::<Jsonb, _>(new.fields)
    .bind::<Jsonb, _>(new.sample)
    .bind::<Array<Text>, _>(new.results)
    .bind::<SqlDate, _>(date_to_sql(new.from))
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .bind::<Text, _>(tx.actor.key())
    .bind::<Text, _>(new.code)
    .bind::<Nullable<SqlUuid>, _>(new.unit_id)
    .bind::<Text, _>(new.language)
    .get_result(tx.conn)?;
    Ok((done.id, done.version))
}
