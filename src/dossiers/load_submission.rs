//! What is known of drafts when they are submitted, read by one statement at one moment.

use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Binary, Date as SqlDate, Jsonb, Nullable, SmallInt, Text, Uuid as SqlUuid,
};
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
use crate::records::HeldDocument;

/// A draft as it stands, with what its submission needs.
pub struct Submitted {
    pub row: DraftRow,
    pub unit: ReceivingUnit,
    pub files: Vec<FiledFile>,
    /// What the applicant holds of the kinds that can take the place of a document.
    pub held: Vec<HeldDocument>,
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

/// A draft that is looked for: the actor's own.
pub struct Wanted<'a> {
    pub actor: &'a Actor,
    /// The key that it is submitted under.
    pub key: Option<&'a Key>,
    pub draft_id: Uuid,
}

/// What came of looking.
pub enum Looked {
    /// The request was answered before, under this key.
    Answered(Reply),
    Open(Box<Submitted>),
}

/// A draft of the actor's own, submitted or not.
#[derive(QueryableByName)]
pub struct Found {
    /// Which of the wanted it is, from 1.
    #[diesel(sql_type = BigInt)]
    nth: i64,
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
    #[diesel(sql_type = Jsonb)]
    held: Value,
}

/// What came of looking for a draft that is to be submitted.
pub fn looked(conn: &mut PgConnection, actor: &Actor, once: &Once, found: Option<Found>) -> Result<Looked> {
    known(actor)?;
    let Some(mut found) = found else {
        // The draft of an answered request may be gone; its answer is not.
        let before = answered(conn, once)?.unwrap_or_else(|| Err(NOT_FOUND.err()));
        return before.map(Looked::Answered);
    };
    match found.answered() {
        Some(answer) => answer.to(once).map(Looked::Answered),
        None => found.open().map(|open| Looked::Open(Box::new(open))),
    }
}

/// A draft of the actor's own that is not submitted.
pub fn find(conn: &mut PgConnection, actor: &Actor, id: Uuid, day: Date) -> Result<Submitted> {
    known(actor)?;
    let found = load(conn, &[Wanted { actor, key: None, draft_id: id }], day)?.pop().flatten();
    found.ok_or_else(|| NOT_FOUND.err())?.open()
}

/// Nobody has no drafts, and gets no answer about any.
fn known(actor: &Actor) -> Result<()> {
    match actor.who {
        Who::Anonymous => Err(UNAUTHENTICATED.err()),
        _ => Ok(()),
    }
}

/// The drafts that are wanted, in this order; none for one that the actor does not have.
pub fn load(conn: &mut PgConnection, wanted: &[Wanted], day: Date) -> Result<Vec<Option<Found>>> {
    let rows: Vec<Found> = prepared(include_str!("sql/load_submission.sql"))
        .bind::<Array<SqlUuid>, _>(wanted.iter().map(|w| w.draft_id).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(wanted.iter().map(|w| w.actor.key()).collect::<Vec<_>>())
        .bind::<Array<Nullable<Text>>, _>(wanted.iter().map(|w| w.key.map(|k| &k.key)).collect::<Vec<_>>())
        .bind::<SqlDate, _>(date_to_sql(day))
        .load(conn)?;
    let mut found: Vec<Option<Found>> = wanted.iter().map(|_| None).collect();
    for row in rows {
        let nth = usize::try_from(row.nth - 1).unwrap_or(usize::MAX);
        *found.get_mut(nth).ok_or_else(|| anyhow::anyhow!("no draft was wanted at {nth}"))? = Some(row);
    }
    Ok(found)
}

impl Found {
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
            held: serde_json::from_value(self.held)?,
            in_force_id: self.in_force_id,
            closure: Closure::of(self.closed_since, self.closed_until, self.closed_reason),
            row: self.draft,
        })
    }
}
