//! What is known of a draft when it is submitted, read by one statement at one moment.

use diesel::prelude::*;
use diesel::sql_types::{Binary, Date as SqlDate, Jsonb, Nullable, SmallInt, Text, Uuid as SqlUuid};
use jiff::civil::Date;
use serde_json::Value;
use uuid::Uuid;

use super::draft::{self, DraftRow};
use super::filing::ReceivingUnit;
use super::judge::FiledFile;
use crate::auth::{Actor, Who};
use crate::catalogue::{Closure, takes_filings};
use crate::db::{date_to_sql, prepared};
use crate::error::{NOT_FOUND, Result, UNAUTHENTICATED};
use crate::http::{Answered, Once, Reply, answered};

/// A draft as it stands, with what its submission needs.
pub struct Submitted {
    pub row: DraftRow,
    pub unit: ReceivingUnit,
    /// The version of the procedure that takes filings on the day.
    pub version_id: Uuid,
    pub files: Vec<FiledFile>,
}

/// What came of looking.
pub enum Looked {
    /// The request was answered before, under this key.
    Answered(Reply),
    Found(Box<Submitted>),
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(embed)]
    draft: DraftRow,
    #[diesel(sql_type = Nullable<Binary>)]
    request_hash: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<SmallInt>)]
    status: Option<i16>,
    #[diesel(sql_type = Nullable<Jsonb>)]
    body: Option<Value>,
    #[diesel(sql_type = Text)]
    unit_code: String,
    #[diesel(sql_type = Text)]
    unit_name: String,
    #[diesel(sql_type = Text)]
    unit_level: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    unit_parent_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlDate>)]
    closed_since: Option<jiff_diesel::Date>,
    #[diesel(sql_type = Nullable<SqlDate>)]
    closed_until: Option<jiff_diesel::Date>,
    #[diesel(sql_type = Text)]
    closed_reason: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    in_force_id: Option<Uuid>,
    #[diesel(sql_type = Jsonb)]
    files: Value,
}

/// Looks at a draft of the actor's own, and whether this very request was answered.
pub fn look(conn: &mut PgConnection, actor: &Actor, once: &Once, id: Uuid, day: Date) -> Result<Looked> {
    if matches!(actor.who, Who::Anonymous) {
        return Err(UNAUTHENTICATED.err());
    }
    let found: Option<Row> = prepared(include_str!("sql/load_submission.sql"))
        .bind::<SqlDate, _>(date_to_sql(day))
        .bind::<Text, _>(&once.actor)
        .bind::<Text, _>(&once.key.key)
        .bind::<SqlUuid, _>(id)
        .bind::<Text, _>(&once.actor)
        .get_result(conn)
        .optional()?;
    let Some(row) = found else {
        // The draft of an answered request may be gone; its answer is not.
        let before = answered(conn, once)?.unwrap_or_else(|| Err(NOT_FOUND.err()));
        return before.map(Looked::Answered);
    };
    if let (Some(request_hash), Some(status), Some(body)) = (row.request_hash, row.status, row.body) {
        return Answered { request_hash, status, body }.to(once).map(Looked::Answered);
    }
    if row.draft.dossier_id.is_some() {
        return Err(draft::DRAFT_SUBMITTED.err());
    }
    let closure = Closure::of(row.closed_since, row.closed_until, row.closed_reason);
    Ok(Looked::Found(Box::new(Submitted {
        unit: ReceivingUnit {
            id: row.draft.unit_id,
            code: row.unit_code,
            name: row.unit_name,
            level: row.unit_level,
            parent_id: row.unit_parent_id,
        },
        version_id: takes_filings(row.in_force_id, closure, day)?,
        files: serde_json::from_value(row.files)?,
        row: row.draft,
    })))
}
