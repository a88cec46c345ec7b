//! An official prepares a result: its number, what it says, and the job that prints it.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DbError};
use diesel::sql_types::{Integer, Jsonb, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use serde_json::{Value, json};
use uuid::Uuid;

use super::history::append;
use super::obligations;
use super::print::{RENDER_RESULT, Render};
use super::register::{self, ResultState};
use super::{RESULT_REPLACED, RESULT_STATE};
use crate::clock::day_of;
use crate::db::{Tx, prepared, to_sql};
use crate::error::{Code, Error, INVALID, Result};
use crate::forms::{Issuer, in_force};
use crate::ids::secret_word;
use crate::jobs::enqueue;

/// Two templates of the agency have the same symbol, and so print the same numbers.
static RESULT_NUMBER_TAKEN: Code = Code::new(
    409,
    "result_number_taken",
    "Số kết quả đã được cấp theo mẫu khác có cùng ký hiệu",
    "The number was given by another template with the same symbol",
);

/// What a result is made from.
#[derive(Debug)]
pub struct Prepared<'a> {
    pub dossier_id: Uuid,
    /// Of the dossier, for the head of the document.
    pub dossier: &'a str,
    /// The agency that decides.
    pub unit_id: Uuid,
    /// Result code and name, as the procedure has them.
    pub code: &'a str,
    pub name: &'a str,
    /// Code of the template.
    pub template: &'a str,
    pub body: Value,
    /// Kind and name.
    pub holder: Value,
    pub person_id: Option<Uuid>,
    pub org_id: Option<Uuid>,
    /// The result in whose stead it shall stand.
    pub replaces: Option<Uuid>,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = Integer)]
    last: i32,
}

/// Takes the next number of the agency, kind and year. Whoever takes it holds the row until the
/// transaction ends: so none is given twice, and none is left out.
fn take_number(tx: &mut Tx, unit: Uuid, kind: &str, year: i16) -> Result<i32> {
    let taken: Number = prepared(
        "INSERT INTO result_series (unit_id, kind, year, last) VALUES (?, ?, ?, 1)
         ON CONFLICT (unit_id, kind, year) DO UPDATE SET last = result_series.last + 1
         RETURNING last",
    )
    .bind::<SqlUuid, _>(unit)
    .bind::<Text, _>(kind)
    .bind::<SmallInt, _>(year)
    .get_result(tx.conn)?;
    Ok(taken.last)
}

/// Writes the result and its job.
pub fn prepare(tx: &mut Tx, new: &Prepared) -> Result<Uuid> {
    obligations::check(tx.conn, new.dossier_id)?;
    let today = day_of(tx.now);
    let template = in_force(tx.conn, new.template, new.unit_id, today)?;
    if !template.results.is_empty() && !template.results.iter().any(|code| code == new.code) {
        return Err(INVALID.at(
            "/template",
            "mẫu không dùng cho kết quả này",
            "not a template of this result",
        ));
    }
    template.takes(&new.body, "/fields")?;
    if let Some(old) = new.replaces {
        may_replace(tx, old, new)?;
    }
    let issuer = Issuer::find(tx.conn, new.unit_id)?;
    let number = take_number(tx, new.unit_id, &template.code, today.year())?;
    let number_text = format!("{number:02}/{}/{}", today.year(), symbol(&template.code));
    let head = issuer.head(number_text.clone(), today, Some(new.dossier.to_owned()));
    let id = Uuid::now_v7();
    prepared(
        "INSERT INTO result (id, unit_id, kind, year, number, number_text, code, name, dossier_id, template_id,
                             holder, holder_person_id, holder_org_id, data, token, prepared_at, prepared_by,
                             replaces_id, state)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'prepared')",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<SqlUuid, _>(new.unit_id)
    .bind::<Text, _>(&template.code)
    .bind::<SmallInt, _>(today.year())
    .bind::<Integer, _>(number)
    .bind::<Text, _>(&number_text)
    .bind::<Text, _>(new.code)
    .bind::<Text, _>(new.name)
    .bind::<SqlUuid, _>(new.dossier_id)
    .bind::<SqlUuid, _>(template.id)
    .bind::<Jsonb, _>(&new.holder)
    .bind::<Nullable<SqlUuid>, _>(new.person_id)
    .bind::<Nullable<SqlUuid>, _>(new.org_id)
    .bind::<Jsonb, _>(json!({ "head": head, "body": new.body }))
    .bind::<Text, _>(secret_word())
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .bind::<Text, _>(tx.actor.key())
    .bind::<Nullable<SqlUuid>, _>(new.replaces)
    .execute(tx.conn)
    .map_err(number_taken)?;
    append(tx, id, ResultState::Prepared, "")?;
    enqueue(tx, RENDER_RESULT, Some(id), json!(Render { result_id: id }), None)?;
    tx.audit("prepare_result", Some(id))?;
    Ok(id)
}

fn number_taken(error: DbError) -> Error {
    match error {
        DbError::DatabaseError(DatabaseErrorKind::UniqueViolation, told)
            if told.constraint_name() == Some("result_number_text") =>
        {
            RESULT_NUMBER_TAKEN.err()
        }
        error => error.into(),
    }
}

/// The one that is replaced holds, is of the same agency and code, and has no successor yet.
fn may_replace(tx: &mut Tx, old: Uuid, new: &Prepared) -> Result<()> {
    super::change::lock(tx, old)?;
    let row = register::find(tx.conn, old)?;
    if row.unit_id != new.unit_id || row.code != new.code {
        return Err(INVALID.at(
            "/replaces",
            "không phải kết quả cùng loại của cơ quan",
            "not of this kind and agency",
        ));
    }
    if !matches!(row.state()?, ResultState::Valid | ResultState::Suspended) {
        return Err(RESULT_STATE.err());
    }
    let waiting: i64 = {
        use crate::db::schema::result;
        let others = result::table.filter(result::replaces_id.eq(old)).filter(result::state.ne("cancelled"));
        others.count().get_result(tx.conn)?
    };
    if waiting > 0 { Err(RESULT_REPLACED.err()) } else { Ok(()) }
}

/// What follows the number (Nghị định 30/2020: number, year and symbol of the kind).
fn symbol(template: &str) -> String {
    match template {
        "decision" => "QĐ".to_owned(),
        "birth_extract" => "TLKS".to_owned(),
        "marital_status" => "XNTTHN".to_owned(),
        "copy_certification" => "CTBS".to_owned(),
        "household_business" => "HKD".to_owned(),
        "land_page" => "GCN".to_owned(),
        other => other.split('_').filter_map(|word| word.chars().next()).collect::<String>().to_uppercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::symbol;

    #[test]
    fn every_kind_has_a_symbol() {
        assert_eq!(["decision", "birth_extract", "giay_phep_xay"].map(symbol), ["QĐ", "TLKS", "GPX"]);
    }
}
