//! Beginning a draft: a citizen online, a clerk for a person present or for what came by
//! post. Effects: the draft row. Refusals: a procedure that is not offered on the channel, a
//! unit that does not take it or is not the clerk's, a mandate that does not cover it.

use actix_web::{post, web};
use diesel::prelude::*;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::draft::{DraftContent, DraftOut, DraftRow, return_by};
use super::filing::{
    ActingFor, Applicant, Contact, Parties, ReceivingUnit, handling_unit, parties_of_citizen, receiving_unit,
};
use crate::app::App;
use crate::auth::{Actor, Who};
use crate::catalogue::Version;
use crate::catalogue::documents::reusable_kinds;
use crate::clock::day_of;
use crate::db::schema::draft;
use crate::db::{Tx, to_sql};
use crate::error::{Code, FORBIDDEN, INVALID, Problem, Result, UNAUTHENTICATED};
use crate::http::{Keyed, Reply, once};
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
    app.db.write(&actor, move |tx| once(tx, &request.key, |tx| begin(&state, tx, request.body.clone()))).await
}

fn begin(app: &App, tx: &mut Tx, input: DraftIn) -> Result<Reply> {
    let content = DraftContent {
        answers: input.answers.clone(),
        papers: input.papers.clone(),
        return_by: input.return_by,
    };
    texts_are_bounded(&input)?;
    let day = day_of(tx.now);
    let version = app.catalogue.current(tx.conn, &input.procedure, day)?;
    content.check(tx.actor, &version)?;
    let parties = parties(tx, &version, &input)?;
    offered(&version, tx.actor, &input, &parties)?;
    let unit = receiving_unit(tx.conn, &input.unit, day)?;
    works_there(tx.actor, &unit)?;
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
        reuses: reusable_kinds(&version.procedure.def.documents),
    };
    diesel::insert_into(draft::table).values(&row).execute(tx.conn)?;
    tx.audit("create_draft", Some(row.id))?;
    Reply::created(row.out(unit.code))
}

/// Words that come to the database before anything else has judged them.
fn texts_are_bounded(input: &DraftIn) -> Result<()> {
    let case = input.case.as_deref().unwrap_or_default();
    for (field, text, limit) in
        [("/procedure", input.procedure.as_str(), 20), ("/unit", &input.unit, 40), ("/case", case, 60)]
    {
        if text.chars().count() > limit || text.contains('\0') {
            return Err(INVALID.at(
                field,
                format!("tối đa {limit} ký tự"),
                format!("at most {limit} characters"),
            ));
        }
    }
    Ok(())
}

/// A clerk takes in at the own unit only.
fn works_there(actor: &Actor, unit: &ReceivingUnit) -> Result<()> {
    match actor.staff() {
        Some(staff) if !staff.holds(Role::OneStopClerk, unit.id) => {
            Err(FORBIDDEN.at("/unit", "không phải bộ phận một cửa của bạn", "not your one-stop unit"))
        }
        _ => Ok(()),
    }
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
            let (person_id, org_id) =
                people::known(tx, &applicant.identity_no, &applicant.tax_no, &applicant.name)?;
            Ok(Parties { applicant, person_id, org_id })
        }
        Who::Staff(_) | Who::Machine(_) | Who::System(_) => Err(FORBIDDEN.err()),
    }
}

/// Is the procedure offered to this applicant, on this channel, with this login?
fn offered(version: &Version, actor: &Actor, input: &DraftIn, parties: &Parties) -> Result<()> {
    let definition = &version.procedure.def;
    if !definition.channels.contains(&input.channel) {
        return Err(NOT_OFFERED.at(
            "/channel",
            "thủ tục không nhận qua kênh này",
            "not taken on this channel",
        ));
    }
    if !definition.applicants.contains(&parties.applicant.kind) {
        return Err(NOT_OFFERED.at(
            "/applicant/kind",
            "đối tượng không phù hợp",
            "not open to this kind of applicant",
        ));
    }
    match (&actor.who, input.channel) {
        (Who::Citizen(citizen), Channel::Online) => {
            check_level(definition.identity_level, citizen.identity_level)
        }
        (Who::Staff(_), Channel::Counter | Channel::Post) => Ok(()),
        _ => {
            Err(NOT_OFFERED.at("/channel", "kênh không phù hợp với người nộp", "this channel is not for you"))
        }
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
