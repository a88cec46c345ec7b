//! Mandates (ủy quyền, đại diện): who may act for whom, for which procedures, until when.
//!
//! A principal authorises somebody by a login of their own, or a clerk records the paper that
//! shows it. An organisation's principal is whoever represents it by law. That somebody
//! represents by law (a parent a child) is recorded by a clerk only. A mandate of an
//! authorised person ends on a day; it can be taken back before, which counts at once.

use actix_web::{get, post, web};
use diesel::prelude::*;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{IdentityNo, TaxNo};
use crate::app::App;
use crate::auth::{Actor, CitizenActor, Who};
use crate::db::schema::{mandate, organisation, person};
use crate::db::{Tx, date_to_sql, to_sql};
use crate::error::{Code, FORBIDDEN, INVALID, NOT_FOUND, Problem, Result};
use crate::http::{Cursor, Day, Keyed, PageQuery, Reply, Text, once};
use crate::workflow::Role;

pub static TOO_MANY_MANDATES: Code = Code::new(
    409,
    "too_many_mandates",
    "Người này đã có quá nhiều giấy ủy quyền còn hiệu lực",
    "This person holds too many mandates already",
);

/// Mandates that one agent may hold.
const HELD: i64 = 100;
/// Procedures that one mandate may name.
const SCOPE: usize = 100;

/// Why somebody may act for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MandateKind {
    /// By law (người đại diện theo pháp luật).
    LegalRepresentative,
    /// By authorisation (người được ủy quyền).
    Authorised,
}

impl MandateKind {
    fn word(self) -> &'static str {
        match self {
            Self::LegalRepresentative => "legal_representative",
            Self::Authorised => "authorised",
        }
    }
}

/// A mandate to record. Exactly one principal, or none when I am it myself.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMandate {
    /// Who shall act: somebody registered.
    agent_identity_no: IdentityNo,
    /// For this person …
    principal_identity_no: Option<IdentityNo>,
    /// … or for this organisation.
    principal_tax_no: Option<TaxNo>,
    kind: MandateKind,
    /// Codes of the procedures it covers; empty = all.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 100)]
    scope: Vec<Text<20>>,
    valid_from: Day,
    /// Last day; may be absent for a representative by law only.
    valid_to: Option<Day>,
    /// The paper or register that shows it.
    evidence: Text<500>,
}

/// A mandate.
#[derive(Debug, Serialize, ToSchema)]
pub struct MandateOut {
    id: Uuid,
    agent_id: Uuid,
    principal_person_id: Option<Uuid>,
    principal_org_id: Option<Uuid>,
    /// `legal_representative` or `authorised`.
    kind: String,
    /// Codes of the procedures it covers; empty = all.
    scope: Vec<String>,
    #[schema(value_type = String, format = Date)]
    valid_from: Date,
    #[schema(value_type = Option<String>, format = Date)]
    valid_to: Option<Date>,
    evidence: String,
    revoked: bool,
}

/// Record a mandate
#[utoipa::path(
    operation_id = "record_mandate", tag = "people", security(("bearer" = [])),
    params(("Idempotency-Key" = String, Header, description = "A new one for each request", max_length = 200)),
    request_body = NewMandate,
    responses(
        (status = 201, description = "Recorded", body = MandateOut),
        (status = 400, description = "Not JSON, or no Idempotency-Key", body = Problem),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Neither the principal nor a one-stop clerk", body = Problem),
        (status = 409, description = "The same key is under way", body = Problem),
        (status = 422, description = "Not valid, or the key was used for something else", body = Problem),
    )
)]
#[post("/api/v1/mandates")]
pub async fn record_mandate(app: web::Data<App>, actor: Actor, request: Keyed<NewMandate>) -> Result<Reply> {
    may_record(&actor)?;
    let Keyed { key, body } = request;
    app.db.write(&actor, move |tx| once(tx, &key, |tx| record(tx, &body))).await
}

/// Citizens and one-stop clerks.
fn may_record(actor: &Actor) -> Result<()> {
    match &actor.who {
        Who::Citizen(_) => Ok(()),
        _ => actor.need_role(Role::OneStopClerk).map(|_| ()),
    }
}

/// For whom a mandate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Principal {
    Person(Uuid),
    Organisation(Uuid),
}

fn record(tx: &mut Tx, new: &NewMandate) -> Result<Reply> {
    new.check()?;
    let principal = principal(tx, new)?;
    if let Who::Citizen(me) = &tx.actor.who {
        may_give(me, principal, new)?;
    }
    let agent = person_id(tx, &new.agent_identity_no, "/agent_identity_no")?;
    if principal == Principal::Person(agent) {
        return Err(INVALID.at("/agent_identity_no", "phải là người khác", "must be somebody else"));
    }
    has_room(tx, agent)?;
    let (for_person, for_org) = match principal {
        Principal::Person(id) => (Some(id), None),
        Principal::Organisation(id) => (None, Some(id)),
    };
    let id = Uuid::now_v7();
    diesel::insert_into(mandate::table)
        .values((
            mandate::id.eq(id),
            mandate::agent_id.eq(agent),
            mandate::principal_person_id.eq(for_person),
            mandate::principal_org_id.eq(for_org),
            mandate::kind.eq(new.kind.word()),
            mandate::scope.eq(new.scope.iter().map(Text::as_str).collect::<Vec<_>>()),
            mandate::valid_from.eq(date_to_sql(new.valid_from.date())),
            mandate::valid_to.eq(new.valid_to.map(|day| date_to_sql(day.date()))),
            mandate::evidence.eq(new.evidence.as_str()),
            mandate::created_at.eq(to_sql(tx.now)),
        ))
        .execute(tx.conn)?;
    tx.audit("record_mandate", Some(id))?;
    Reply::created(find(tx.conn, id)?)
}

impl NewMandate {
    fn check(&self) -> Result<()> {
        match self.valid_to {
            None if self.kind == MandateKind::Authorised => {
                return Err(INVALID.at("/valid_to", "ủy quyền phải có ngày hết hạn", "must have a last day"));
            }
            Some(last) if last < self.valid_from => {
                return Err(INVALID.at(
                    "/valid_to",
                    "phải từ ngày bắt đầu trở đi",
                    "must not be before valid_from",
                ));
            }
            _ => {}
        }
        if self.scope.len() > SCOPE {
            return Err(INVALID.at("/scope", "tối đa 100 thủ tục", "at most 100 procedures"));
        }
        if self.principal_identity_no.is_some() && self.principal_tax_no.is_some() {
            return Err(INVALID.at("/principal_tax_no", "chỉ một người ủy quyền", "one principal only"));
        }
        Ok(())
    }
}

/// Everything an agent asks is judged by the agent's mandates, so their number is bounded.
fn has_room(tx: &mut Tx, agent: Uuid) -> Result<()> {
    let held: i64 = mandate::table
        .filter(mandate::agent_id.eq(agent).and(mandate::revoked_at.is_null()))
        .count()
        .get_result(tx.conn)?;
    if held < HELD { Ok(()) } else { Err(TOO_MANY_MANDATES.err()) }
}

/// A citizen gives for oneself, or for an organisation that one represents by law; that
/// somebody represents by law is not for a citizen to say.
fn may_give(me: &CitizenActor, principal: Principal, new: &NewMandate) -> Result<()> {
    let own = match principal {
        Principal::Person(id) => id == me.person_id,
        Principal::Organisation(id) => {
            // Nobody passes on more than one has.
            me.mandates
                .iter()
                .any(|m| m.legal_representative && m.scope.is_empty() && m.principal_org == Some(id))
        }
    };
    if own && new.kind == MandateKind::Authorised { Ok(()) } else { Err(FORBIDDEN.err()) }
}

fn principal(tx: &mut Tx, new: &NewMandate) -> Result<Principal> {
    if let Some(number) = &new.principal_identity_no {
        return Ok(Principal::Person(person_id(tx, number, "/principal_identity_no")?));
    }
    if let Some(number) = &new.principal_tax_no {
        let found = organisation::table
            .filter(organisation::tax_no.eq(number.as_str()))
            .select(organisation::id)
            .first(tx.conn)
            .optional()?;
        let unknown =
            || INVALID.at("/principal_tax_no", "chưa có tổ chức này", "no such organisation is known");
        return found.map(Principal::Organisation).ok_or_else(unknown);
    }
    let me = tx.actor.citizen().map(|me| Principal::Person(me.person_id));
    me.ok_or_else(|| INVALID.at("/principal_identity_no", "thiếu người ủy quyền", "the principal is missing"))
}

fn person_id(tx: &mut Tx, number: &IdentityNo, field: &str) -> Result<Uuid> {
    let found = person::table
        .filter(person::identity_no.eq(number.as_str()))
        .select(person::id)
        .first(tx.conn)
        .optional()?;
    found.ok_or_else(|| INVALID.at(field, "chưa có người này", "no such person is known"))
}

/// A page of mandates, the oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct MandatePage {
    items: Vec<MandateOut>,
    /// `cursor` of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// List the mandates that I gave or hold, ended ones too
#[utoipa::path(
    operation_id = "list_mandates", tag = "people", security(("bearer" = [])), params(PageQuery),
    responses(
        (status = 200, description = "A page", body = MandatePage),
        (status = 400, description = "A parameter is malformed", body = Problem),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Not a citizen", body = Problem),
        (status = 422, description = "A parameter is out of range", body = Problem),
    )
)]
#[get("/api/v1/mandates")]
pub async fn list_mandates(
    app: web::Data<App>,
    actor: Actor,
    page: web::Query<PageQuery>,
) -> Result<web::Json<MandatePage>> {
    let me = actor.need_citizen()?.clone();
    let (limit, after) = (page.limit()?, page.after::<Uuid>()?);
    Ok(web::Json(app.db.read(move |conn| list(conn, &me, limit, after)).await?))
}

fn list(conn: &mut PgConnection, me: &CitizenActor, limit: i64, after: Option<Uuid>) -> Result<MandatePage> {
    let mine = mandate::agent_id
        .eq(me.person_id)
        .or(mandate::principal_person_id.assume_not_null().eq(me.person_id))
        .or(mandate::principal_org_id.assume_not_null().eq_any(represented(me)));
    let rows: Vec<Row> = mandate::table
        .filter(mandate::id.gt(after.unwrap_or(Uuid::nil())))
        .filter(mine)
        .order(mandate::id)
        .limit(limit + 1)
        .select(Row::as_select())
        .load(conn)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let next = rows.get(limit).and_then(|_| rows.get(limit - 1)).map(|last| Cursor::encode(&last.id));
    let items = rows.into_iter().take(limit).map(MandateOut::from).collect();
    Ok(MandatePage { items, next: next.transpose()? })
}

/// Organisations that a citizen represents by law.
fn represented(me: &CitizenActor) -> Vec<Uuid> {
    me.mandates.iter().filter(|m| m.legal_representative).filter_map(|m| m.principal_org).collect()
}

/// Take a mandate back
#[utoipa::path(
    operation_id = "revoke_mandate", tag = "people", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The mandate"),
        ("Idempotency-Key" = String, Header, description = "A new one for each request", max_length = 200),
    ),
    responses(
        (status = 200, description = "Taken back, now or before", body = MandateOut),
        (status = 400, description = "No Idempotency-Key", body = Problem),
        (status = 401, description = "No login", body = Problem),
        (status = 403, description = "Neither a citizen nor a one-stop clerk", body = Problem),
        (status = 404, description = "No such mandate that concerns me", body = Problem),
        (status = 409, description = "The same key is under way", body = Problem),
        (status = 422, description = "The key was used for something else", body = Problem),
    )
)]
#[post("/api/v1/mandates/{id}/revoke")]
pub async fn revoke_mandate(
    app: web::Data<App>,
    actor: Actor,
    id: web::Path<Uuid>,
    request: Keyed<Nothing>,
) -> Result<Reply> {
    may_record(&actor)?;
    let id = id.into_inner();
    app.db.write(&actor, move |tx| once(tx, &request.key, |tx| revoke(tx, id))).await
}

/// A body without members.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// The principal takes it back, the agent lays it down, a clerk records either.
fn revoke(tx: &mut Tx, id: Uuid) -> Result<Reply> {
    let row: Option<Row> =
        mandate::table.find(id).select(Row::as_select()).for_update().first(tx.conn).optional()?;
    let row = row.filter(|row| row.concerns(tx.actor)).ok_or_else(|| NOT_FOUND.err())?;
    if row.revoked_at.is_none() {
        diesel::update(mandate::table.find(id))
            .set(mandate::revoked_at.eq(Some(to_sql(tx.now))))
            .execute(tx.conn)?;
    }
    tx.audit("revoke_mandate", Some(id))?;
    Reply::ok(find(tx.conn, id)?)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = mandate)]
struct Row {
    id: Uuid,
    agent_id: Uuid,
    principal_person_id: Option<Uuid>,
    principal_org_id: Option<Uuid>,
    kind: String,
    scope: Vec<String>,
    valid_from: jiff_diesel::Date,
    valid_to: Option<jiff_diesel::Date>,
    evidence: String,
    revoked_at: Option<jiff_diesel::Timestamp>,
}

impl Row {
    fn concerns(&self, actor: &Actor) -> bool {
        let Some(me) = actor.citizen() else { return true };
        self.agent_id == me.person_id
            || self.principal_person_id == Some(me.person_id)
            || self.principal_org_id.is_some_and(|org| represented(me).contains(&org))
    }
}

impl From<Row> for MandateOut {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            agent_id: row.agent_id,
            principal_person_id: row.principal_person_id,
            principal_org_id: row.principal_org_id,
            kind: row.kind,
            scope: row.scope,
            valid_from: row.valid_from.to_jiff(),
            valid_to: row.valid_to.map(|day| day.to_jiff()),
            evidence: row.evidence,
            revoked: row.revoked_at.is_some(),
        }
    }
}

fn find(conn: &mut PgConnection, id: Uuid) -> Result<MandateOut> {
    let row: Row = mandate::table.find(id).select(Row::as_select()).first(conn)?;
    Ok(row.into())
}
