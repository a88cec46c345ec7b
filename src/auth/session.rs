//! Sessions: one login each. Access tokens only name them; here they are opened, ended, and
//! turned into the actor of a request, with everything about the actor read fresh.

use std::collections::HashMap;

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
use crate::db::{Batcher, Db, Tx, date_to_sql, prepared, to_sql};
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SubjectKind {
    Citizen,
    Staff,
    Machine,
}

/// The door through which the sessions of requests are looked up.
pub type Actors = Batcher<Named, Who>;

/// Opens that door.
pub fn start(db: &Db) -> Actors {
    let clock = db.clock.clone();
    Batcher::reading(db, "actors", move |conn, sessions| actors_of(conn, sessions, clock.now()))
}

/// A session as a token names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

/// Who sessions act as at a moment; 401 for one that has ended or whose subject is shut out.
pub fn actors_of(conn: &mut PgConnection, sessions: &[Named], now: Timestamp) -> Result<Vec<Result<Who>>> {
    let of = |kind: SubjectKind| -> Vec<Uuid> {
        sessions.iter().filter(|session| session.kind == kind).map(|session| session.id).collect()
    };
    let mut living = HashMap::new();
    for kind in SubjectKind::ALL {
        let ids = of(kind);
        match kind {
            _ if ids.is_empty() => {}
            SubjectKind::Citizen => load_citizens(conn, &ids, now, &mut living)?,
            SubjectKind::Staff => load_staff(conn, &ids, now, &mut living)?,
            SubjectKind::Machine => load_machines(conn, &ids, now, &mut living)?,
        }
    }
    let who = |session: &Named| living.get(session).cloned().ok_or_else(|| SESSION_ENDED.err());
    Ok(sessions.iter().map(who).collect())
}

/// Who one session acts as.
pub fn actor_of(conn: &mut PgConnection, session: Named, now: Timestamp) -> Result<Who> {
    actors_of(conn, &[session], now)?.pop().unwrap_or_else(|| Err(SESSION_ENDED.err()))
}

fn load_citizens(
    conn: &mut PgConnection,
    sessions: &[Uuid],
    now: Timestamp,
    living: &mut HashMap<Named, Who>,
) -> Result<()> {
    let today = date_to_sql(day_of(now));
    let rows: Vec<CitizenRow> = prepared(include_str!("load_citizen.sql"))
        .bind::<SqlDate, _>(today)
        .bind::<SqlDate, _>(today)
        .bind::<Array<SqlUuid>, _>(sessions)
        .bind::<Timestamptz, _>(to_sql(now))
        .load(conn)?;
    for row in rows {
        let mandates: Vec<MandateRow> = serde_json::from_value(row.mandates)?;
        let citizen = CitizenActor {
            person_id: row.id,
            name: row.name,
            identity_no: row.identity_no,
            identity_level: row.identity_level,
            mandates: mandates.into_iter().map(Mandate::from).collect(),
        };
        living.insert(Named { id: row.session, kind: SubjectKind::Citizen }, Who::Citizen(citizen));
    }
    Ok(())
}

fn load_staff(
    conn: &mut PgConnection,
    sessions: &[Uuid],
    now: Timestamp,
    living: &mut HashMap<Named, Who>,
) -> Result<()> {
    let (today, now) = (date_to_sql(day_of(now)), to_sql(now));
    let rows: Vec<StaffRow> = prepared(include_str!("load_staff.sql"))
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(now)
        .bind::<SqlDate, _>(today)
        .bind::<SqlDate, _>(today)
        .bind::<Array<SqlUuid>, _>(sessions)
        .bind::<Timestamptz, _>(now)
        .load(conn)?;
    for row in rows {
        let positions: Vec<PositionRow> = serde_json::from_value(row.positions)?;
        let positions = positions.into_iter().map(Position::from).collect();
        let staff = StaffActor { staff_id: row.id, name: row.name, positions };
        living.insert(Named { id: row.session, kind: SubjectKind::Staff }, Who::Staff(staff));
    }
    Ok(())
}

fn load_machines(
    conn: &mut PgConnection,
    sessions: &[Uuid],
    now: Timestamp,
    living: &mut HashMap<Named, Who>,
) -> Result<()> {
    let rows: Vec<MachineRow> = prepared(include_str!("load_machine.sql"))
        .bind::<Array<SqlUuid>, _>(sessions)
        .bind::<Timestamptz, _>(to_sql(now))
        .load(conn)?;
    for row in rows {
        let machine = MachineActor { id: row.id, client_id: row.name, scopes: row.scopes };
        living.insert(Named { id: row.session, kind: SubjectKind::Machine }, Who::Machine(machine));
    }
    Ok(())
}

#[derive(QueryableByName)]
struct CitizenRow {
    #[diesel(sql_type = SqlUuid)]
    session: Uuid,
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
    session: Uuid,
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
    session: Uuid,
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
