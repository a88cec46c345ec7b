//! Sessions: one login each. Access tokens only name them; here they are opened, ended, and
//! turned into the actor of a request, with everything about the actor read fresh.

use diesel::prelude::*;
use diesel::sql_types::{
    Array, Date as SqlDate, Jsonb, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::actor::{CitizenActor, MachineActor, Mandate, Position, SessionRef, StaffActor, Who};
use crate::clock::day_of;
use crate::db::schema::session;
use crate::db::{Tx, date_to_sql, prepared, to_sql};
use crate::error::{Code, Result};
use crate::workflow::Role;

pub static SESSION_ENDED: Code = Code::new(
    401,
    "session_ended",
    "Phiên đăng nhập đã kết thúc; hãy đăng nhập lại",
    "The session has ended; log in again",
);

/// Whose login it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    Citizen(Uuid),
    Staff(Uuid),
    Machine(Uuid),
}

/// The kinds of those who log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectKind {
    Citizen,
    Staff,
    Machine,
}

/// A session as a token names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    pub id: Uuid,
    /// Whose it is; says where to look, never that it lives.
    pub kind: SubjectKind,
}

impl SubjectKind {
    const ALL: [Self; 3] = [Self::Citizen, Self::Staff, Self::Machine];

    fn word(self) -> &'static str {
        match self {
            Self::Citizen => "citizen",
            Self::Staff => "staff",
            Self::Machine => "machine",
        }
    }

    /// The kind in `kind:id`.
    pub fn of_key(key: &str) -> Option<Self> {
        let (word, _) = key.split_once(':')?;
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

impl Subject {
    fn kind(self) -> SubjectKind {
        match self {
            Self::Citizen(_) => SubjectKind::Citizen,
            Self::Staff(_) => SubjectKind::Staff,
            Self::Machine(_) => SubjectKind::Machine,
        }
    }

    fn id(self) -> Uuid {
        match self {
            Self::Citizen(id) | Self::Staff(id) | Self::Machine(id) => id,
        }
    }

    /// `kind:id`, the `sub` of the session's tokens.
    pub fn key(self) -> String {
        format!("{}:{}", self.kind().word(), self.id())
    }
}

/// Opens a session. `identity_level` is the VNeID level of this very login, 0 for others.
pub fn open(
    tx: &mut Tx,
    subject: Subject,
    identity_level: i16,
    scopes: &[String],
    lifetime: SignedDuration,
) -> Result<SessionRef> {
    let opened = SessionRef { id: Uuid::now_v7(), expires_at: tx.now + lifetime };
    diesel::insert_into(session::table)
        .values((
            session::id.eq(opened.id),
            session::kind.eq(subject.kind().word()),
            session::subject_id.eq(subject.id()),
            session::identity_level.eq(identity_level),
            session::scopes.eq(scopes),
            session::created_at.eq(to_sql(tx.now)),
            session::expires_at.eq(to_sql(opened.expires_at)),
        ))
        .execute(tx.conn)?;
    Ok(opened)
}

/// Ends a session: its tokens are refused from the next request on.
pub fn revoke(tx: &mut Tx, id: Uuid) -> Result<()> {
    diesel::update(session::table.find(id).filter(session::revoked_at.is_null()))
        .set(session::revoked_at.eq(to_sql(tx.now)))
        .execute(tx.conn)?;
    Ok(())
}

/// Ends every session of somebody, e.g. when the account is closed.
pub fn revoke_all(tx: &mut Tx, subject: Subject) -> Result<()> {
    let live = session::table
        .filter(session::subject_id.eq(subject.id()))
        .filter(session::kind.eq(subject.kind().word()))
        .filter(session::revoked_at.is_null());
    diesel::update(live).set(session::revoked_at.eq(to_sql(tx.now))).execute(tx.conn)?;
    Ok(())
}

/// Moves the end of a living session, as its holder is active.
pub fn prolong(tx: &mut Tx, id: Uuid, lifetime: SignedDuration) -> Result<(SessionRef, Subject)> {
    let now = to_sql(tx.now);
    let expires_at = tx.now + lifetime;
    let living =
        session::table.find(id).filter(session::revoked_at.is_null()).filter(session::expires_at.gt(now));
    let (kind, subject): (String, Uuid) = diesel::update(living)
        .set(session::expires_at.eq(to_sql(expires_at)))
        .returning((session::kind, session::subject_id))
        .get_result(tx.conn)
        .optional()?
        .ok_or_else(|| SESSION_ENDED.err())?;
    let subject = match kind.as_str() {
        "citizen" => Subject::Citizen(subject),
        "staff" => Subject::Staff(subject),
        _ => Subject::Machine(subject),
    };
    Ok((SessionRef { id, expires_at }, subject))
}

/// Who a session acts as at a moment; 401 when it has ended or its subject is shut out.
pub fn actor_of(conn: &mut PgConnection, session: Named, now: Timestamp) -> Result<Who> {
    let found = match session.kind {
        SubjectKind::Citizen => citizen_of(conn, session.id, now)?.map(Who::Citizen),
        SubjectKind::Staff => staff_of(conn, session.id, now)?.map(Who::Staff),
        SubjectKind::Machine => machine_of(conn, session.id, now)?.map(Who::Machine),
    };
    found.ok_or_else(|| SESSION_ENDED.err())
}

fn citizen_of(conn: &mut PgConnection, session: Uuid, now: Timestamp) -> Result<Option<CitizenActor>> {
    let today = date_to_sql(day_of(now));
    let row: Option<CitizenRow> = prepared(include_str!("load_citizen.sql"))
        .bind::<SqlDate, _>(today)
        .bind::<SqlDate, _>(today)
        .bind::<SqlUuid, _>(session)
        .bind::<Timestamptz, _>(to_sql(now))
        .get_result(conn)
        .optional()?;
    let Some(row) = row else { return Ok(None) };
    let mandates: Vec<MandateRow> = serde_json::from_value(row.mandates)?;
    Ok(Some(CitizenActor {
        person_id: row.id,
        name: row.name,
        identity_no: row.identity_no,
        identity_level: row.identity_level,
        mandates: mandates.into_iter().map(Mandate::from).collect(),
    }))
}

fn staff_of(conn: &mut PgConnection, session: Uuid, now: Timestamp) -> Result<Option<StaffActor>> {
    let (today, now) = (date_to_sql(day_of(now)), to_sql(now));
    let row: Option<StaffRow> = prepared(include_str!("load_staff.sql"))
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(now)
        .bind::<SqlDate, _>(today)
        .bind::<SqlDate, _>(today)
        .bind::<SqlUuid, _>(session)
        .bind::<Timestamptz, _>(now)
        .get_result(conn)
        .optional()?;
    let Some(row) = row else { return Ok(None) };
    let positions: Vec<PositionRow> = serde_json::from_value(row.positions)?;
    let positions = positions.into_iter().map(Position::from).collect();
    Ok(Some(StaffActor { staff_id: row.id, name: row.name, positions }))
}

fn machine_of(conn: &mut PgConnection, session: Uuid, now: Timestamp) -> Result<Option<MachineActor>> {
    let row: Option<MachineRow> = prepared(include_str!("load_machine.sql"))
        .bind::<SqlUuid, _>(session)
        .bind::<Timestamptz, _>(to_sql(now))
        .get_result(conn)
        .optional()?;
    Ok(row.map(|row| MachineActor { id: row.id, client_id: row.name, scopes: row.scopes }))
}

#[derive(QueryableByName)]
struct CitizenRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<Text>)]
    identity_no: Option<String>,
    #[diesel(sql_type = SmallInt)]
    identity_level: i16,
    #[diesel(sql_type = Jsonb)]
    mandates: Value,
}

#[derive(QueryableByName)]
struct StaffRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Jsonb)]
    positions: Value,
}

#[derive(QueryableByName)]
struct MachineRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Array<Text>)]
    scopes: Vec<String>,
}

#[derive(Deserialize)]
struct PositionRow {
    agency_id: Uuid,
    role: Role,
    substitutes: Option<Uuid>,
    sees: Vec<Uuid>,
}

impl From<PositionRow> for Position {
    fn from(row: PositionRow) -> Self {
        Self { agency_id: row.agency_id, role: row.role, substitutes: row.substitutes, sees: row.sees }
    }
}

#[derive(Deserialize)]
struct MandateRow {
    id: Uuid,
    principal_person: Option<Uuid>,
    principal_org: Option<Uuid>,
    legal_representative: bool,
    scope: Vec<String>,
}

impl From<MandateRow> for Mandate {
    fn from(row: MandateRow) -> Self {
        Self {
            id: row.id,
            principal_person: row.principal_person,
            principal_org: row.principal_org,
            legal_representative: row.legal_representative,
            scope: row.scope,
        }
    }
}

/// Forgets sessions that ended longer ago than `keep`. Gives how many.
pub fn forget(tx: &mut Tx, keep: SignedDuration) -> Result<usize> {
    let oldest = to_sql(tx.now.checked_sub(keep).map_err(anyhow::Error::from)?);
    Ok(diesel::delete(session::table.filter(session::expires_at.lt(oldest))).execute(tx.conn)?)
}
