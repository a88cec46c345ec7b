//! A form is asked for, and a job makes its file: once for one template and one content.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

use super::printer::Order;
use super::{FORM_FAILED, FORM_NOT_READY, FormCode, Head, Template};
use crate::db::{Tx, prepared, to_sql};
use crate::error::{NOT_FOUND, Result};
use crate::files::{self, FileRow, Made};
use crate::ids::secret_word;
use crate::jobs::{JobContext, Outcome, enqueue};
use crate::workflow::words;

/// Job: print a form. Payload `Asked`, no subject: forms do not wait for each other.
pub const RENDER_FORM: &str = "render_form";

/// The form of a job.
#[derive(Debug, Serialize, Deserialize)]
struct Asked {
    form_id: Uuid,
}

words! {
    /// Where a form stands.
    FormState {
        /// The job has not run.
        Waiting = "waiting", "Đang tạo", "being made";
        /// The file is there.
        Made = "made", "Đã tạo", "made";
        /// The template could not print it.
        Failed = "failed", "Không tạo được", "failed";
    }
}

/// A form that is wanted.
pub struct Wanted<'a> {
    pub form: FormCode,
    pub template: &'a Template,
    /// In whose name.
    pub unit_id: Uuid,
    pub dossier_id: Option<Uuid>,
    /// The event that needs it; none: somebody asked.
    pub seq: Option<i32>,
    pub head: Head,
    pub body: Value,
}

/// A form as people see it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FormOut {
    pub id: Uuid,
    pub form: FormCode,
    pub name: String,
    /// Number of the event in the history that it is about; absent: somebody asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<i32>,
    pub state: FormState,
    #[schema(value_type = String, format = DateTime)]
    pub asked_at: Timestamp,
    /// Bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<i64>,
    /// SHA-256 of the file, hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 64, max_length = 64)]
    pub sha256: Option<String>,
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// The form with this content: the one that is there, or a new one with its job. Both callers
/// of the same content at the same time get the same.
pub fn ask(tx: &mut Tx, wanted: &Wanted) -> Result<Uuid> {
    let data = json!({ "head": wanted.head, "body": wanted.body });
    wanted.template.takes(&wanted.body, "/body")?;
    let hash = hex::encode(Sha256::digest(serde_json::to_vec(&data)?));
    let inserted: Option<Id> = prepared(
        "INSERT INTO produced_form (id, form, template_id, unit_id, dossier_id, seq, data, data_sha256, token,
                                    asked_at, asked_by)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO NOTHING
         RETURNING id",
    )
    .bind::<SqlUuid, _>(Uuid::now_v7())
    .bind::<Text, _>(wanted.form.word())
    .bind::<SqlUuid, _>(wanted.template.id)
    .bind::<SqlUuid, _>(wanted.unit_id)
    .bind::<Nullable<SqlUuid>, _>(wanted.dossier_id)
    .bind::<Nullable<Integer>, _>(wanted.seq)
    .bind::<Jsonb, _>(&data)
    .bind::<Text, _>(&hash)
    .bind::<Text, _>(secret_word())
    .bind::<Timestamptz, _>(to_sql(tx.now))
    .bind::<Text, _>(tx.actor.key())
    .get_result(tx.conn)
    .optional()?;
    if let Some(Id { id }) = inserted {
        enqueue(tx, RENDER_FORM, None, json!(Asked { form_id: id }), None)?;
        return Ok(id);
    }
    let there: Id = prepared(
        "SELECT id FROM produced_form WHERE template_id = ? AND data_sha256 = ?
         UNION ALL
         SELECT id FROM produced_form WHERE dossier_id = ? AND form = ? AND seq = ?
         LIMIT 1",
    )
    .bind::<SqlUuid, _>(wanted.template.id)
    .bind::<Text, _>(&hash)
    .bind::<Nullable<SqlUuid>, _>(wanted.dossier_id)
    .bind::<Text, _>(wanted.form.word())
    .bind::<Nullable<Integer>, _>(wanted.seq)
    .get_result(tx.conn)?;
    Ok(there.id)
}

/// What a form is printed from.
#[derive(QueryableByName)]
struct Sheet {
    #[diesel(sql_type = Text)]
    source: String,
    #[diesel(sql_type = Jsonb)]
    data: Value,
    #[diesel(sql_type = Text)]
    token: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Timestamptz)]
    asked_at: jiff_diesel::Timestamp,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    file_id: Option<Uuid>,
}

/// Job `render_form`: prints, keeps the bytes, then writes the row that names them.
pub async fn print_form(context: JobContext) -> Result<Outcome> {
    let Asked { form_id } = context.job.payload()?;
    let sheet: Sheet = context
        .db
        .read(move |conn| {
            let found = prepared(
                "SELECT t.source, f.data, f.token, f.form || '-' || left(f.data_sha256, 12) AS name, f.asked_at,
                        f.file_id
                   FROM produced_form f JOIN template t ON t.id = f.template_id WHERE f.id = ?",
            )
            .bind::<SqlUuid, _>(form_id)
            .get_result(conn)?;
            Ok(found)
        })
        .await?;
    if sheet.file_id.is_some() {
        return Ok(Outcome::Done);
    }
    let mut data = sheet.data;
    data["head"]["verify"] = format!("{}/verify/{}", context.app.config.public_url(), sheet.token).into();
    let order = Order { source: sheet.source, data, at: sheet.asked_at.to_jiff() };
    match context.app.printer.print(order).await? {
        Ok(bytes) => {
            let made = context.app.files.keep_made(bytes, &format!("bieu-mau-{}.pdf", sheet.name)).await?;
            context.finish_with(move |tx| keep(tx, form_id, &made)).await
        }
        Err(flaw) => {
            tracing::error!(form = %form_id, %flaw, "a form could not be printed");
            context.finish_with(move |tx| fail(tx, form_id, &flaw.to_string())).await
        }
    }
}

fn keep(tx: &mut Tx, form_id: Uuid, made: &Made) -> Result<()> {
    let file = files::record_made(tx, made)?;
    prepared("UPDATE produced_form SET file_id = ?, made_at = ? WHERE id = ?")
        .bind::<SqlUuid, _>(file.id)
        .bind::<Timestamptz, _>(to_sql(tx.now))
        .bind::<SqlUuid, _>(form_id)
        .execute(tx.conn)?;
    Ok(())
}

fn fail(tx: &mut Tx, form_id: Uuid, why: &str) -> Result<()> {
    let why: String = why.chars().filter(|c| *c != '\0').take(2_000).collect();
    prepared("UPDATE produced_form SET failed = ? WHERE id = ?")
        .bind::<Text, _>(why)
        .bind::<SqlUuid, _>(form_id)
        .execute(tx.conn)?;
    Ok(())
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    form: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<Integer>)]
    seq: Option<i32>,
    #[diesel(sql_type = Text)]
    failed: String,
    #[diesel(sql_type = Timestamptz)]
    asked_at: jiff_diesel::Timestamp,
    #[diesel(sql_type = Nullable<BigInt>)]
    size: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    sha256: Option<String>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    file_id: Option<Uuid>,
}

impl Row {
    fn out(self) -> Result<FormOut> {
        let state = match (self.file_id, self.failed.is_empty()) {
            (Some(_), _) => FormState::Made,
            (None, true) => FormState::Waiting,
            (None, false) => FormState::Failed,
        };
        Ok(FormOut {
            id: self.id,
            form: self.form.parse().map_err(anyhow::Error::from)?,
            name: self.name,
            event: self.seq,
            state,
            asked_at: self.asked_at.to_jiff(),
            size: self.size,
            sha256: self.sha256,
        })
    }
}

/// Columns of a [`Row`]; the condition follows.
macro_rules! forms_where {
    ($condition:literal) => {
        concat!(
            "SELECT f.id, f.form, t.name, f.seq, f.failed, f.asked_at, b.size, b.sha256, f.file_id
               FROM produced_form f
               JOIN template t ON t.id = f.template_id
               LEFT JOIN file b ON b.id = f.file_id
              WHERE ",
            $condition,
            " ORDER BY f.id LIMIT 500"
        )
    };
}

/// The forms of a dossier, oldest first. The caller has checked who may see it.
pub fn of_dossier(conn: &mut PgConnection, dossier_id: Uuid) -> Result<Vec<FormOut>> {
    let rows: Vec<Row> =
        prepared(forms_where!("f.dossier_id = ?")).bind::<SqlUuid, _>(dossier_id).load(conn)?;
    rows.into_iter().map(Row::out).collect()
}

/// A form with the dossier or else the unit that it is about, for whoever may see that.
pub struct Found {
    pub out: FormOut,
    file_id: Option<Uuid>,
}

/// The form of that dossier; of none: of that unit.
pub fn find(conn: &mut PgConnection, id: Uuid, dossier: Option<Uuid>, unit: Option<Uuid>) -> Result<Found> {
    let row: Option<Row> = prepared(forms_where!(
        "f.id = ? AND f.dossier_id IS NOT DISTINCT FROM ? AND (f.dossier_id IS NOT NULL OR f.unit_id = ?)"
    ))
    .bind::<SqlUuid, _>(id)
    .bind::<Nullable<SqlUuid>, _>(dossier)
    .bind::<Nullable<SqlUuid>, _>(unit)
    .get_result(conn)
    .optional()?;
    let row = row.ok_or_else(|| NOT_FOUND.err())?;
    Ok(Found { file_id: row.file_id, out: row.out()? })
}

impl Found {
    /// Its file; 409 while there is none.
    pub fn file(&self, conn: &mut PgConnection) -> Result<FileRow> {
        match (self.file_id, self.out.state) {
            (Some(id), _) => files::find(conn, id),
            (None, FormState::Failed) => Err(FORM_FAILED.err()),
            (None, _) => Err(FORM_NOT_READY.err()),
        }
    }
}
