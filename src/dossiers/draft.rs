//! Server-side drafts: a citizen prepares a filing on any device, a clerk one for a person
//! present or for what came by post. Effects: the draft row. Refusals: a procedure that is
//! not offered on the channel, a unit that does not take it, a mandate that does not cover it.

use actix_web::{HttpResponse, delete, get, post, put, web};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::filing::{ActingFor, Applicant, Contact, Parties, handling_unit, parties_of_citizen, receiving_unit};
use crate::app::App;
use crate::auth::{Actor, Who};
use crate::catalogue::Version;
use crate::clock::day_of;
use crate::db::schema::{agency, draft};
use crate::db::{Tx, to_sql};
use crate::error::{Code, FORBIDDEN, INVALID, NOT_FOUND, Problem, Result, UNAUTHENTICATED};
use crate::http::{Cursor, IfMatch, Keyed, PageQuery, Reply, once};
use crate::people;
use crate::workflow::{Channel, Role};

pub static NOT_OFFERED: Code = Code::new(
    422,
    "not_offered",
    "Thủ tục không tiếp nhận theo cách này",
    "The procedure is not offered in this way",
);
pub static IDENTITY_LEVEL: Code = Code::new(
    403,
    "identity_level_too_low",
    "Thủ tục yêu cầu tài khoản định danh điện tử mức cao hơn",
    "The procedure demands a higher level of electronic identity",
);
pub static DRAFT_SUBMITTED: Code =
    Code::new(409, "draft_submitted", "Hồ sơ nháp này đã được nộp", "This draft was submitted already");

/// Answers of one draft at most, in bytes of JSON.
const ANSWERS_LIMIT: usize = 256 * 1024;
const PAPERS_LIMIT: usize = 60;

/// A draft to begin.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftIn {
    /// Code of the procedure.
    #[schema(pattern = "^[0-9]\\.[0-9]{6}$")]
    pub procedure: String,
    /// Case, where the owner chooses; else the first that applies.
    #[serde(default)]
    #[schema(max_length = 60)]
    pub case: Option<String>,
    /// Citizens: online. Clerks: counter or post.
    pub channel: Channel,
    /// Identifier code of the receiving unit.
    #[schema(max_length = 40)]
    pub unit: String,
    /// Citizens: own matter or by a mandate.
    #[serde(default)]
    pub acting_for: Option<ActingFor>,
    /// Citizens: contact and groups of the applicant.
    #[serde(default)]
    pub contact: Contact,
    /// Clerks: whose matter it is.
    #[serde(default)]
    pub applicant: Option<Applicant>,
    /// Answers to the form so far; checked when submitted.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub answers: Map<String, Value>,
    /// Clerks: codes of the components received or seen on paper.
    #[serde(default)]
    #[schema(max_items = 60)]
    pub papers: Vec<String>,
    /// How the result shall be returned; the procedure's first way when absent.
    #[serde(default)]
    pub return_by: Option<Channel>,
}

/// What can be changed as long as it is a draft.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftContent {
    /// Answers to the form so far; checked when submitted.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub answers: Map<String, Value>,
    /// Clerks: codes of the components received or seen on paper.
    #[serde(default)]
    #[schema(max_items = 60)]
    pub papers: Vec<String>,
    /// How the result shall be returned.
    #[serde(default)]
    pub return_by: Option<Channel>,
}

/// A draft.
#[derive(Debug, Serialize, ToSchema)]
pub struct DraftOut {
    pub id: Uuid,
    pub procedure: String,
    pub case: Option<String>,
    pub channel: String,
    /// Identifier code of the receiving unit.
    pub unit: String,
    #[schema(value_type = Object)]
    pub acting_for: Value,
    #[schema(value_type = Object)]
    pub applicant: Value,
    #[schema(value_type = Object)]
    pub answers: Value,
    pub papers: Vec<String>,
    pub return_by: String,
    /// For `If-Match`.
    pub version: i32,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: jiff::Timestamp,
    /// The dossier it became.
    pub dossier_id: Option<Uuid>,
    #[schema(value_type = Object)]
    pub links: Value,
}

/// A page of drafts.
#[derive(Debug, Serialize, ToSchema)]
pub struct DraftPage {
    pub items: Vec<DraftOut>,
    /// Cursor of the next page; absent on the last.
    pub next: Option<String>,
}

/// A draft as stored.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = draft)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct DraftRow {
    pub id: Uuid,
    pub owner: String,
    pub procedure_code: String,
    pub version_id: Uuid,
    pub case_code: Option<String>,
    pub channel: String,
    pub unit_id: Uuid,
    pub acting_for: Value,
    pub applicant: Value,
    pub person_id: Option<Uuid>,
    pub org_id: Option<Uuid>,
    pub answers: Value,
    pub papers: Vec<String>,
    pub return_by: String,
    pub version: i32,
    pub created_at: jiff_diesel::Timestamp,
    pub updated_at: jiff_diesel::Timestamp,
    pub dossier_id: Option<Uuid>,
}

impl DraftRow {
    fn out(self, unit: String) -> DraftOut {
        DraftOut {
            links: json!({ "self": format!("/api/v1/drafts/{}", self.id) }),
            id: self.id,
            procedure: self.procedure_code,
            case: self.case_code,
            channel: self.channel,
            unit,
            acting_for: self.acting_for,
            applicant: self.applicant,
            answers: self.answers,
            papers: self.papers,
            return_by: self.return_by,
            version: self.version,
            updated_at: self.updated_at.to_jiff(),
            dossier_id: self.dossier_id,
        }
    }

    pub fn channel(&self) -> Result<Channel> {
        Ok(self.channel.parse().map_err(anyhow::Error::from)?)
    }
}

impl DraftContent {
    fn check(&self) -> Result<()> {
        let size = serde_json::to_vec(&self.answers)?.len();
        if size > ANSWERS_LIMIT {
            return Err(INVALID.at("/answers", "quá dài", "too long"));
        }
        if contains_nul(&Value::Object(self.answers.clone())) {
            return Err(INVALID.at("/answers", "có ký tự rỗng", "contains a NUL character"));
        }
        let too_long = self.papers.iter().any(|p| p.len() > 100 || p.contains('\0'));
        if self.papers.len() > PAPERS_LIMIT || too_long {
            return Err(INVALID.at("/papers", "danh sách quá dài", "the list is too long"));
        }
        Ok(())
    }
}

/// PostgreSQL's jsonb cannot hold NUL.
pub fn contains_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(contains_nul),
        Value::Object(members) => members.iter().any(|(k, v)| k.contains('\0') || contains_nul(v)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The drafts of an actor, not those of others.
pub fn owned(
    conn: &mut PgConnection,
    actor: &Actor,
    id: Uuid,
) -> Result<DraftRow> {
    if matches!(actor.who, Who::Anonymous) {
        return Err(UNAUTHENTICATED.err());
    }
    draft::table
        .find(id)
        .filter(draft::owner.eq(actor.key()))
        .select(DraftRow::as_select())
        .first(conn)
        .optional()?
        .ok_or_else(|| NOT_FOUND.err())
}

/// Begins a draft.
#[utoipa::path(
    operation_id = "create_draft",
    tag = "dossiers",
    request_body = DraftIn,
    params(("Idempotency-Key" = String, Header, description = "A new word for each request")),
    responses(
        (status = 201, description = "The draft", body = DraftOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/drafts")]
pub async fn create(app: web::Data<App>, actor: Actor, request: Keyed<DraftIn>) -> Result<Reply> {
    let state = app.clone();
    app.db
        .write(&actor, move |tx| once(tx, &request.key, |tx| begin(&state, tx, request.body.clone())))
        .await
}

fn begin(app: &App, tx: &mut Tx, input: DraftIn) -> Result<Reply> {
    let content = DraftContent { answers: input.answers.clone(), papers: input.papers.clone(), return_by: input.return_by };
    content.check()?;
    let day = day_of(tx.now);
    let version = app.catalogue.current(tx.conn, &input.procedure, day)?;
    let parties = parties(tx, &version, &input)?;
    offered(&version, tx.actor, &input, &parties)?;
    let unit = receiving_unit(tx.conn, &input.unit, day)?;
    handling_unit(tx.conn, &version.procedure.def, &unit, day)?;
    let acting_for = match input.channel {
        Channel::Online => input.acting_for.clone().unwrap_or(ActingFor::Own {}),
        Channel::Counter | Channel::Post => ActingFor::Counter {},
    };
    let now = to_sql(tx.now);
    let row = DraftRow {
        id: Uuid::now_v7(),
        owner: tx.actor.key(),
        procedure_code: version.procedure.def.code.clone(),
        version_id: version.id,
        case_code: input.case.clone(),
        channel: input.channel.word().to_owned(),
        unit_id: unit.id,
        acting_for: serde_json::to_value(acting_for)?,
        applicant: serde_json::to_value(&parties.applicant)?,
        person_id: parties.person_id,
        org_id: parties.org_id,
        answers: Value::Object(content.answers),
        papers: content.papers,
        return_by: return_by(&version, content.return_by)?.word().to_owned(),
        version: 1,
        created_at: now,
        updated_at: now,
        dossier_id: None,
    };
    diesel::insert_into(draft::table).values(&row).execute(tx.conn)?;
    tx.audit("create_draft", Some(row.id))?;
    Reply::created(row.out(unit.code))
}

/// Who the filing is for: known people for citizens, a person at the counter for clerks.
fn parties(tx: &mut Tx, version: &Version, input: &DraftIn) -> Result<Parties> {
    match &tx.actor.who {
        Who::Anonymous => Err(UNAUTHENTICATED.err()),
        Who::Citizen(citizen) => {
            let acting_for = input.acting_for.clone().unwrap_or(ActingFor::Own {});
            let citizen = citizen.clone();
            parties_of_citizen(tx.conn, &citizen, &acting_for, &input.contact, &version.procedure.def.code)
        }
        Who::Staff(staff) if staff.has_role(Role::OneStopClerk) => {
            let Some(applicant) = input.applicant.clone() else {
                return Err(INVALID.at("/applicant", "bắt buộc khi nộp tại quầy", "required at the counter"));
            };
            applicant.check()?;
            let (person_id, org_id) = people::known(tx, &applicant.identity_no, &applicant.tax_no, &applicant.name)?;
            Ok(Parties { applicant, person_id, org_id })
        }
        Who::Staff(_) | Who::Machine(_) | Who::System(_) => Err(FORBIDDEN.err()),
    }
}

/// Is the procedure offered to this applicant, on this channel, with this login?
fn offered(version: &Version, actor: &Actor, input: &DraftIn, parties: &Parties) -> Result<()> {
    let definition = &version.procedure.def;
    if !definition.channels.contains(&input.channel) {
        return Err(NOT_OFFERED.at("/channel", "thủ tục không nhận qua kênh này", "not taken on this channel"));
    }
    if !definition.applicants.contains(&parties.applicant.kind) {
        return Err(NOT_OFFERED.at("/applicant/kind", "đối tượng không phù hợp", "not open to this kind of applicant"));
    }
    match (&actor.who, input.channel) {
        (Who::Citizen(citizen), Channel::Online) => check_level(definition.identity_level, citizen.identity_level),
        (Who::Staff(_), Channel::Counter | Channel::Post) => Ok(()),
        _ => Err(NOT_OFFERED.at("/channel", "kênh không phù hợp với người nộp", "this channel is not for you")),
    }
}

/// Does the login reach the VNeID level that the procedure demands?
pub fn check_level(demanded: u8, level: i16) -> Result<()> {
    if level >= i16::from(demanded) {
        return Ok(());
    }
    Err(IDENTITY_LEVEL.because(
        format!("thủ tục yêu cầu định danh mức {demanded}, phiên đăng nhập ở mức {level}"),
        format!("level {demanded} is demanded, this login has level {level}"),
    ))
}

fn return_by(version: &Version, wanted: Option<Channel>) -> Result<Channel> {
    let offered = &version.procedure.def.return_channels;
    match wanted.or_else(|| offered.first().copied()) {
        Some(channel) if offered.contains(&channel) => Ok(channel),
        _ => Err(INVALID.at("/return_by", "không có cách trả kết quả này", "the result is not returned this way")),
    }
}

/// Shows a draft of one's own.
#[utoipa::path(
    operation_id = "get_draft",
    tag = "dossiers",
    params(("id" = Uuid, Path, description = "The draft")),
    responses(
        (status = 200, description = "The draft", body = DraftOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/drafts/{id}")]
pub async fn show(app: web::Data<App>, actor: Actor, id: web::Path<Uuid>) -> Result<Reply> {
    let id = id.into_inner();
    let out = app.db.read(move |conn| {
        let row = owned(conn, &actor, id)?;
        let unit = unit_code(conn, row.unit_id)?;
        Ok(row.out(unit))
    });
    Reply::ok(out.await?)
}

fn unit_code(conn: &mut PgConnection, id: Uuid) -> Result<String> {
    Ok(agency::table.find(id).select(agency::code).first(conn)?)
}

/// Lists one's own drafts, latest first.
#[utoipa::path(
    operation_id = "list_drafts",
    tag = "dossiers",
    params(PageQuery),
    responses(
        (status = 200, description = "A page of drafts", body = DraftPage),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/drafts")]
pub async fn list(app: web::Data<App>, actor: Actor, page: web::Query<PageQuery>) -> Result<Reply> {
    if matches!(actor.who, Who::Anonymous) {
        return Err(UNAUTHENTICATED.err());
    }
    let (limit, after) = (page.limit()?, page.after::<Uuid>()?);
    let rows: Vec<(DraftRow, String)> = app
        .db
        .read(move |conn| {
            let mut query = draft::table
                .inner_join(agency::table.on(agency::id.eq(draft::unit_id)))
                .filter(draft::owner.eq(actor.key()))
                .filter(draft::dossier_id.is_null())
                .select((DraftRow::as_select(), agency::code))
                .order(draft::id.desc())
                .limit(limit + 1)
                .into_boxed();
            if let Some(after) = after {
                query = query.filter(draft::id.lt(after));
            }
            Ok(query.load(conn)?)
        })
        .await?;
    let page_size = usize::try_from(limit).unwrap_or(usize::MAX);
    let next = match rows.get(page_size) {
        Some(_) => rows.get(page_size - 1).map(|(row, _)| Cursor::encode(&row.id)).transpose()?,
        None => None,
    };
    let items = rows.into_iter().take(page_size).map(|(row, unit)| row.out(unit)).collect();
    Reply::ok(DraftPage { items, next })
}

/// Replaces the answers of a draft.
#[utoipa::path(
    operation_id = "update_draft",
    tag = "dossiers",
    request_body = DraftContent,
    params(
        ("id" = Uuid, Path, description = "The draft"),
        ("If-Match" = String, Header, description = "The version that was seen"),
    ),
    responses(
        (status = 200, description = "The draft", body = DraftOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[put("/api/v1/drafts/{id}")]
pub async fn update(
    app: web::Data<App>,
    actor: Actor,
    id: web::Path<Uuid>,
    seen: IfMatch,
    body: web::Bytes,
) -> Result<Reply> {
    if matches!(actor.who, Who::Anonymous) {
        return Err(UNAUTHENTICATED.err());
    }
    let (id, state) = (id.into_inner(), app.clone());
    let content: DraftContent = crate::http::parse_json(&body)?;
    content.check()?;
    app.db.write(&actor, move |tx| replace(&state, tx, id, seen, content.clone())).await
}

fn replace(app: &App, tx: &mut Tx, id: Uuid, seen: IfMatch, content: DraftContent) -> Result<Reply> {
    let mut row = locked(tx, id)?;
    seen.check(row.version)?;
    let version = app.catalogue.version(tx.conn, row.version_id)?;
    row.answers = Value::Object(content.answers);
    row.papers = content.papers;
    if content.return_by.is_some() {
        row.return_by = return_by(&version, content.return_by)?.word().to_owned();
    }
    row.version += 1;
    row.updated_at = to_sql(tx.now);
    diesel::update(draft::table.find(id))
        .set((
            draft::answers.eq(&row.answers),
            draft::papers.eq(&row.papers),
            draft::return_by.eq(&row.return_by),
            draft::version.eq(row.version),
            draft::updated_at.eq(row.updated_at),
        ))
        .execute(tx.conn)?;
    tx.audit("update_draft", Some(id))?;
    let unit = unit_code(tx.conn, row.unit_id)?;
    Reply::ok(row.out(unit))
}

/// A draft of the actor, locked, and not submitted yet.
pub fn locked(tx: &mut Tx, id: Uuid) -> Result<DraftRow> {
    let row: DraftRow = draft::table
        .find(id)
        .filter(draft::owner.eq(tx.actor.key()))
        .select(DraftRow::as_select())
        .for_update()
        .first(tx.conn)
        .optional()?
        .ok_or_else(|| NOT_FOUND.err())?;
    if row.dossier_id.is_some() {
        return Err(DRAFT_SUBMITTED.err());
    }
    Ok(row)
}

/// Counts a change of the draft's files as a change of the draft.
pub fn touch(tx: &mut Tx, id: Uuid) -> Result<()> {
    diesel::update(draft::table.find(id))
        .set((draft::version.eq(draft::version + 1), draft::updated_at.eq(to_sql(tx.now))))
        .execute(tx.conn)?;
    Ok(())
}

/// Throws a draft away.
#[utoipa::path(
    operation_id = "delete_draft",
    tag = "dossiers",
    params(("id" = Uuid, Path, description = "The draft")),
    responses(
        (status = 204, description = "Gone"),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[delete("/api/v1/drafts/{id}")]
pub async fn discard(app: web::Data<App>, actor: Actor, id: web::Path<Uuid>) -> Result<HttpResponse> {
    if matches!(actor.who, Who::Anonymous) {
        return Err(UNAUTHENTICATED.err());
    }
    let id = id.into_inner();
    app.db
        .write(&actor, move |tx| {
            let row = locked(tx, id)?;
            crate::files::forget_draft(tx, row.id)?;
            diesel::delete(draft::table.find(id)).execute(tx.conn)?;
            tx.audit("delete_draft", Some(id))
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The kind of applicant of a draft, for rules that ask.
pub fn applicant_of(row: &DraftRow) -> Result<Applicant> {
    Ok(serde_json::from_value(row.applicant.clone())?)
}
