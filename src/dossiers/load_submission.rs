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
use crate::http::{Answered, Key, Once, Reply, answered};

/// A draft as it stands, with what its submission needs.
pub struct Submitted {
    pub row: DraftRow,
    pub unit: ReceivingUnit,
    pub files: Vec<FiledFile>,
    /// The version of the procedure that is in force on the day, and when the procedure is closed.
    in_force_id: Option<Uuid>,
    closure: Option<Closure>,
}

impl Submitted {
    /// The version that takes filings on the day.
    pub fn version_id(&self, day: Date) -> Result<Uuid> {
        takes_filings(self.in_force_id, self.closure.as_ref(), day)
    }
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
    let Some(mut row) = load(conn, actor, Some(&once.key), id, day)? else {
        // The draft of an answered request may be gone; its answer is not.
        let before = answered(conn, once)?.unwrap_or_else(|| Err(NOT_FOUND.err()));
        return before.map(Looked::Answered);
    };
    match row.answered() {
        Some(answer) => answer.to(once).map(Looked::Answered),
        None => row.open().map(|found| Looked::Found(Box::new(found))),
    }
}

/// A draft of the actor's own that is not submitted.
pub fn find(conn: &mut PgConnection, actor: &Actor, id: Uuid, day: Date) -> Result<Submitted> {
    load(conn, actor, None, id, day)?.ok_or_else(|| NOT_FOUND.err())?.open()
}

fn load(
    conn: &mut PgConnection,
    actor: &Actor,
    key: Option<&Key>,
    id: Uuid,
    day: Date,
) -> Result<Option<Row>> {
    if matches!(actor.who, Who::Anonymous) {
        return Err(UNAUTHENTICATED.err());
    }
    let owner = actor.key();
    Ok(prepared(include_str!("sql/load_submission.sql"))
        .bind::<SqlDate, _>(date_to_sql(day))
        .bind::<Text, _>(&owner)
        .bind::<Nullable<Text>, _>(key.map(|key| &key.key))
        .bind::<SqlUuid, _>(id)
        .bind::<Text, _>(&owner)
        .get_result(conn)
        .optional()?)
}

impl Row {
    /// What was answered under the key.
    fn answered(&mut self) -> Option<Answered> {
        let (request_hash, body) = (self.request_hash.take()?, self.body.take()?);
        Some(Answered { request_hash, status: self.status?, body })
    }

    fn open(self) -> Result<Submitted> {
        if self.draft.dossier_id.is_some() {
            return Err(draft::DRAFT_SUBMITTED.err());
        }
        Ok(Submitted {
            unit: ReceivingUnit {
                id: self.draft.unit_id,
                code: self.unit_code,
                name: self.unit_name,
                level: self.unit_level,
                parent_id: self.unit_parent_id,
            },
            files: serde_json::from_value(self.files)?,
            in_force_id: self.in_force_id,
            closure: Closure::of(self.closed_since, self.closed_until, self.closed_reason),
            row: self.draft,
        })
    }
}
