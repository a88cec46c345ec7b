//! Sessions: one login each. Access tokens only name them; here they are opened, ended, and
//! turned into the actor of a request, with everything about the actor read fresh.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::actor::{CitizenActor, MachineActor, Mandate, Position, SessionRef, StaffActor, Who};
use crate::clock::day_of;
use crate::db::schema::session;
use crate::db::{Tx, date_to_sql, to_sql};
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

impl Subject {
    fn kind(self) -> &'static str {
        match self {
            Self::Citizen(_) => "citizen",
            Self::Staff(_) => "staff",
            Self::Machine(_) => "machine",
        }
    }

    fn id(self) -> Uuid {
        match self {
            Self::Citizen(id) | Self::Staff(id) | Self::Machine(id) => id,
        }
    }

    /// `kind:id`, the `sub` of the session's tokens.
    pub fn key(self) -> String {
        format!("{}:{}", self.kind(), self.id())
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
            session::kind.eq(subject.kind()),
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
        .filter(session::kind.eq(subject.kind()))
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
pub fn actor_of(conn: &mut PgConnection, session: Uuid, now: Timestamp) -> Result<Who> {
    let row: Option<Row> = LoadActor::new(session, now).get_result(conn).optional()?;
    let row = row.filter(|row| row.live).ok_or_else(|| SESSION_ENDED.err())?;
    Ok(match row.kind.as_str() {
        "staff" => Who::Staff(StaffActor {
            staff_id: row.subject_id,
            name: row.name,
            positions: serde_json::from_value::<Vec<PositionRow>>(row.positions)?
                .into_iter()
                .map(Position::from)
                .collect(),
        }),
        "citizen" => Who::Citizen(CitizenActor {
            person_id: row.subject_id,
            name: row.name,
            identity_no: row.identity_no,
            identity_level: row.identity_level,
            mandates: serde_json::from_value::<Vec<MandateRow>>(row.mandates)?
                .into_iter()
                .map(Mandate::from)
                .collect(),
        }),
        _ => Who::Machine(MachineActor { id: row.subject_id, client_id: row.name, scopes: row.scopes }),
    })
}

#[derive(Queryable)]
struct Row {
    kind: String,
    subject_id: Uuid,
    identity_level: i16,
    scopes: Vec<String>,
    /// Not ended, not over, its subject still admitted.
    live: bool,
    name: String,
    identity_no: Option<String>,
    positions: Value,
    mandates: Value,
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

/// The one query of every request with a token. It has a type of its own so that the
/// connection keeps it as a prepared statement, which `sql_query` would not.
#[derive(QueryId)]
struct LoadActor {
    session: Uuid,
    now: jiff_diesel::Timestamp,
    today: jiff_diesel::Date,
}

impl LoadActor {
    fn new(session: Uuid, now: Timestamp) -> Self {
        Self { session, now: to_sql(now), today: date_to_sql(day_of(now)) }
    }
}

impl Query for LoadActor {
    type SqlType = (
        sql_types::Text,
        sql_types::Uuid,
        sql_types::SmallInt,
        sql_types::Array<sql_types::Text>,
        sql_types::Bool,
        sql_types::Text,
        sql_types::Nullable<sql_types::Text>,
        sql_types::Jsonb,
        sql_types::Jsonb,
    );
}

impl RunQueryDsl<PgConnection> for LoadActor {}

impl QueryFragment<Pg> for LoadActor {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("WITH given (session, now, today) AS (SELECT ");
        out.push_bind_param::<sql_types::Uuid, _>(&self.session)?;
        out.push_sql(", ");
        out.push_bind_param::<sql_types::Timestamptz, _>(&self.now)?;
        out.push_sql(", ");
        out.push_bind_param::<sql_types::Date, _>(&self.today)?;
        out.push_sql(")\n");
        out.push_sql(include_str!("load_actor.sql"));
        Ok(())
    }
}

/// Forgets sessions that ended longer ago than `keep`. Gives how many.
pub fn forget(tx: &mut Tx, keep: SignedDuration) -> Result<usize> {
    let oldest = to_sql(tx.now.checked_sub(keep).map_err(anyhow::Error::from)?);
    Ok(diesel::delete(session::table.filter(session::expires_at.lt(oldest))).execute(tx.conn)?)
}
