//! One action on a dossier: receive, refuse, ask for a supplement, forward, approve, return …
//!
//! Who may, and under which conditions, the workflow of the dossier's procedure version says.
//! Effects: one event, the state, and what the transition lists. Refusals: 404 not visible,
//! 403 not your role, 409 stale version, wrong step or a condition that fails.

use actix_web::{get, post, web};
use diesel::dsl::exists;
use diesel::prelude::*;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::components;
use super::deadline::promised;
use super::input::ActionIn;
use super::plan::{NamedUnit, Plan, Setting, plan};
use super::reasons;
use super::scope::{Relation, relation};
use super::state::State;
use super::store::{self, Loaded};
use super::supplement;
use crate::app::App;
use crate::auth::{Actor, Who as ActorKind};
use crate::clock::day_of;
use crate::db::schema::{agency, file, position, staff};
use crate::db::{Tx, date_to_sql};
use crate::error::{Code, Error, FieldProblem, INVALID, Problem, Refused, Result, UNAUTHENTICATED};
use crate::http::{IfMatch, Keyed, Reply, once};
use crate::workflow::{
    Action, Available, Effect, Facts, Guard, Refusal, RefusalCode, Request, Role, Who, Workflow,
    available_actions, decide,
};

pub static NOT_YOUR_ROLE: Code = Code::new(
    403,
    "not_your_role",
    "Bạn không có quyền thực hiện thao tác này với hồ sơ",
    "Your role does not allow this action on the dossier",
);
pub static WRONG_STEP: Code = Code::new(
    409,
    "wrong_step",
    "Thao tác không thuộc bước hiện tại của hồ sơ",
    "This action does not belong to the present step",
);
pub static NAME_THE_STEP: Code = Code::new(
    409,
    "name_the_step",
    "Cần chỉ rõ bước của nhánh xử lý",
    "Several branches are open: name the step",
);
pub static CONDITION_FAILED: Code = Code::new(
    409,
    "condition_failed",
    "Chưa đủ điều kiện thực hiện",
    "A condition for this action does not hold",
);
pub static CLOSED: Code = Code::new(409, "dossier_closed", "Hồ sơ đã kết thúc", "The dossier is closed");
/// The dossier after an action.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActedOut {
    pub code: String,
    /// Status of the national portal, 1 to 10.
    pub status: u8,
    /// For `If-Match`.
    pub version: i32,
    /// Active steps.
    pub steps: Vec<String>,
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Timestamp,
    /// Since when the clock stands.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub paused_since: Option<Timestamp>,
    #[schema(value_type = Object)]
    pub links: Value,
}

/// Takes an action.
#[utoipa::path(
    operation_id = "take_action",
    tag = "dossiers",
    request_body = ActionIn,
    params(
        ("code" = String, Path, description = "Dossier code"),
        ("Idempotency-Key" = String, Header, description = "A new word for each request"),
        ("If-Match" = String, Header, description = "The version that was seen"),
    ),
    responses(
        (status = 200, description = "The dossier after the action", body = ActedOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/api/v1/dossiers/{code}/actions")]
pub async fn take_action(
    app: web::Data<App>,
    actor: Actor,
    code: web::Path<String>,
    seen: IfMatch,
    request: Keyed<ActionIn>,
) -> Result<Reply> {
    if matches!(actor.who, ActorKind::Anonymous) {
        return Err(UNAUTHENTICATED.err());
    }
    request.body.check()?;
    let (code, state) = (code.into_inner(), app.clone());
    app.db
        .write(&actor, move |tx| {
            once(tx, &request.key, |tx| act(&state, tx, &code, Some(seen), &request.body))
        })
        .await
}

/// Load, decide, apply. Jobs of motcua itself come here without a version.
pub fn act(app: &App, tx: &mut Tx, code: &str, seen: Option<IfMatch>, input: &ActionIn) -> Result<Reply> {
    let row = store::find_locked(tx, code)?;
    if let Some(seen) = seen {
        seen.check(row.seq)?;
    }
    let loaded = store::load(app, tx.conn, row)?;
    let plan = judge(app, tx, &loaded, input)?;
    let version = store::write(tx, &loaded, &plan)?;
    components::keep_stock(tx, &loaded, input.action)?;
    let state = &plan.state;
    Reply::ok(ActedOut {
        code: loaded.row.code.clone(),
        status: state.status.code(),
        version,
        steps: state.marking.iter().map(ToString::to_string).collect(),
        due_at: state.due_at,
        paused_since: state.paused_since,
        links: json!({ "self": format!("/api/v1/dossiers/{}", loaded.row.code) }),
    })
}

/// What the action does, or why it is refused.
fn judge(app: &App, tx: &mut Tx, loaded: &Loaded, input: &ActionIn) -> Result<Plan> {
    let relation = relation(tx.actor, &loaded.row.units(), &loaded.state);
    reasons::check(&input.reasons, &loaded.version.procedure.def)?;
    let unit = named_unit(tx, input)?;
    let request = Request {
        action: input.action,
        step: input.step.clone(),
        reasons: u32::try_from(input.reasons.len()).unwrap_or(u32::MAX),
        later_due: input.new_due.is_some_and(|to| to > loaded.state.due_at),
        same_unit: same_unit(tx, loaded, input)?,
    };
    let known = loaded.known()?;
    let mut facts = known.facts(&loaded.state);
    facts.result_attached |= input.result.is_some();
    let who = who(tx.actor, &relation, &loaded.state);
    let workflow = &loaded.version.procedure.workflow;
    let decision = decide(workflow, &facts, &request, &who)
        .map_err(|refusal| refused_with(refusal, supplement::lacking(&known, &loaded.state)))?;
    result_is_known(tx.conn, loaded, input)?;
    if decision.effects.contains(&Effect::ChooseHandlingUnit) {
        same_kind(tx.conn, loaded.state.handling_unit_id, unit.as_ref())?;
    }
    let before = match input.action {
        Action::Supplement => supplement::answered(loaded, input)?,
        _ => loaded.state.clone(),
    };
    let by = workflow.definition().transitions.get(decision.transition).map_or(&[][..], |way| &way.by);
    let case = loaded.version.case(&loaded.row.case_code);
    let term = case.and_then(promised).ok_or_else(|| anyhow::anyhow!("{} has no term", loaded.row.code))?;
    let setting = Setting {
        workflow,
        calendar: app.calendar,
        term,
        now: tx.now,
        actor: tx.actor.key(),
        actor_name: tx.actor.name(),
        on_behalf_of: relation.on_behalf_of(by).map(|absent| format!("staff:{absent}")),
        receiving_unit_id: loaded.row.receiving_unit_id,
        unit,
        handles: relation.handles(by),
        opinion_unit: relation.opinion_unit,
        return_by: loaded.row.return_by.clone(),
        applicant_name: loaded.applicant.name.clone(),
    };
    // The answers of a supplement are part of the change, so the event is made against the
    // state as stored.
    let mut made = plan(&setting, &before, &decision, input)?;
    give_back(tx, &loaded.state, &mut made.state)?;
    made.event.changes = made.state.changes_since(&loaded.state)?;
    Ok(made)
}

/// A dossier that comes back from an opinion or a supplement comes back to the official who
/// worked on it, as long as that official holds the post.
fn give_back(tx: &mut Tx, before: &State, state: &mut State) -> Result<()> {
    let official = state.marking.first().and_then(|step| before.progress.set_aside.get(step));
    let (Some(official), Some(unit), Some(role)) = (official, state.holder_unit_id, state.holder_role) else {
        return Ok(());
    };
    let came_back = state.marking != before.marking && state.assignee_id.is_none();
    if came_back && holds_post(tx, *official, unit, role)? {
        state.assignee_id = Some(*official);
    }
    Ok(())
}

/// Who acts, as `decide` asks.
pub fn who(actor: &Actor, relation: &Relation, state: &State) -> Who {
    let me = actor.staff().map(|staff| staff.staff_id);
    Who {
        id: actor.key(),
        posts: relation.posts(),
        is_assignee: me.is_some() && state.assignee_id == me,
        is_substitute: state.assignee_id.is_some_and(|assignee| relation.stands_in_for(assignee)),
    }
}

/// A refusal of `decide` as a problem that names the failed conditions.
pub fn refused(refusal: Refusal) -> Error {
    refused_with(refusal, Vec::new())
}

/// The same, naming what is lacking where that is why.
fn refused_with(refusal: Refusal, lacking: Vec<FieldProblem>) -> Error {
    let code = match refusal.code {
        RefusalCode::NotYourRole => &NOT_YOUR_ROLE,
        RefusalCode::WrongStep => &WRONG_STEP,
        RefusalCode::NameTheStep => &NAME_THE_STEP,
        RefusalCode::GuardFailed => &CONDITION_FAILED,
        RefusalCode::Closed => &CLOSED,
    };
    let mut problem = Refused::new(code).with("failed", json!(refusal.failed));
    if refusal.failed.contains(&Guard::SupplementAnswered) {
        problem.fields = lacking;
    }
    problem.detail = Some((refusal.vi, refusal.en));
    problem.into()
}

/// The unit that the request names.
fn named_unit(tx: &mut Tx, input: &ActionIn) -> Result<Option<NamedUnit>> {
    let Some(code) = &input.unit else { return Ok(None) };
    let today = date_to_sql(day_of(tx.now));
    let found: Option<(Uuid, String)> = agency::table
        .filter(agency::code.eq(code))
        .filter(agency::valid_from.le(today))
        .filter(agency::valid_to.is_null().or(agency::valid_to.assume_not_null().ge(today)))
        .select((agency::id, agency::name))
        .first(tx.conn)
        .optional()?;
    match found {
        Some((id, name)) => Ok(Some(NamedUnit { id, name })),
        None => Err(INVALID.at("/unit", "không có cơ quan này", "there is no such agency")),
    }
}

/// A dossier is handed over to an agency of the kind that decides it, never to any other.
fn same_kind(conn: &mut PgConnection, present: Uuid, named: Option<&NamedUnit>) -> Result<()> {
    let Some(named) = named else { return Ok(()) };
    let kinds: Vec<String> = agency::table
        .filter(agency::id.eq_any([present, named.id]))
        .select(agency::kind)
        .distinct()
        .load(conn)?;
    if kinds.len() == 1 {
        return Ok(());
    }
    Err(INVALID.at(
        "/unit",
        "cơ quan này không giải quyết thủ tục",
        "this agency does not decide the procedure",
    ))
}

/// Is the official named of a unit that the dossier lies at?
fn same_unit(tx: &mut Tx, loaded: &Loaded, input: &ActionIn) -> Result<bool> {
    let Some(assignee) = input.assignee else { return Ok(false) };
    let Some(unit) = loaded.state.holder_unit_id else { return Ok(false) };
    let Some(role) = loaded.state.holder_role else { return Ok(false) };
    holds_post(tx, assignee, unit, role)
}

/// Does the official, whose account is open, hold the role at the unit today?
fn holds_post(tx: &mut Tx, official: Uuid, unit: Uuid, role: Role) -> Result<bool> {
    let today = date_to_sql(day_of(tx.now));
    let held = position::table
        .inner_join(staff::table.on(staff::id.eq(position::staff_id)))
        .filter(staff::active)
        .filter(position::staff_id.eq(official))
        .filter(position::agency_id.eq(unit))
        .filter(position::role.eq(role.word()))
        .filter(position::valid_from.le(today))
        .filter(position::valid_to.is_null().or(position::valid_to.assume_not_null().ge(today)));
    Ok(diesel::select(exists(held)).get_result(tx.conn)?)
}

/// A result must be one that the procedure knows, and its file one of this dossier. None is
/// named, finished or handed out while obligations about the land are open.
fn result_is_known(conn: &mut PgConnection, loaded: &Loaded, input: &ActionIn) -> Result<()> {
    if input.result.is_some() || matches!(input.action, Action::Finish | Action::ReturnResult) {
        loaded.tax_allows_result()?;
    }
    let Some(result) = &input.result else { return Ok(()) };
    if !loaded.version.procedure.def.results.iter().any(|r| r.code == result.code) {
        return Err(INVALID.at(
            "/result/code",
            "không phải kết quả của thủ tục này",
            "not a result of this procedure",
        ));
    }
    if result.number.trim().is_empty() {
        return Err(INVALID.at("/result/number", "bắt buộc", "is required"));
    }
    let Some(id) = result.file else { return Ok(()) };
    let there = file::table
        .find(id)
        .filter(file::dossier_id.eq(loaded.row.id))
        .filter(file::purpose.eq("result"))
        .filter(file::deleted_at.is_null())
        .count()
        .get_result::<i64>(conn)?;
    match there {
        1 => Ok(()),
        _ => Err(INVALID.at(
            "/result/file",
            "không có tệp kết quả này trong hồ sơ",
            "no such result file in the dossier",
        )),
    }
}

/// What the caller may do now.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActionsOut {
    /// For `If-Match` of the action.
    pub version: i32,
    pub actions: Vec<AvailableOut>,
}

/// One action that the caller's roles allow at the present step.
#[derive(Debug, Serialize, ToSchema)]
pub struct AvailableOut {
    pub action: Action,
    /// Name for buttons, in Vietnamese.
    pub name: String,
    pub step: String,
    /// Steps it leads to.
    pub to: Vec<String>,
    /// May be done now, given what it needs.
    pub allowed: bool,
    /// What the request has to bring along.
    pub needs: Vec<String>,
    /// Conditions that fail.
    pub failed: Vec<String>,
    /// Why not, in Vietnamese.
    pub why: Option<String>,
}

impl From<Available> for AvailableOut {
    fn from(available: Available) -> Self {
        let refusal = available.refusal;
        Self {
            action: available.action,
            name: available.action.vi().to_owned(),
            step: available.step.to_string(),
            to: available.to.iter().map(ToString::to_string).collect(),
            allowed: available.allowed,
            needs: available.needs.iter().map(ToString::to_string).collect(),
            failed: refusal.iter().flat_map(|r| r.failed.iter().map(ToString::to_string)).collect(),
            why: refusal.map(|r| r.vi),
        }
    }
}

/// The actions, where a request that brings the result along passes the condition that there
/// is one: so such an action is allowed, and needs it.
fn with_results(workflow: &Workflow, facts: Facts, who: &Who) -> Vec<AvailableOut> {
    let now = available_actions(workflow, &facts, who);
    let brought = Facts { result_attached: true, ..facts };
    let then = available_actions(workflow, &brought, who);
    let lacks_result =
        |a: &Available| a.refusal.as_ref().is_some_and(|r| r.failed == [Guard::ResultAttached]);
    let one = |(now, mut then): (Available, Available)| {
        if !(lacks_result(&now) && then.allowed && ActionIn::takes_result(now.action)) {
            return AvailableOut::from(now);
        }
        then.needs.push(Guard::ResultAttached);
        AvailableOut::from(then)
    };
    // The same steps and roles give the same list in the same order.
    now.into_iter().zip(then).map(one).collect()
}

/// Lists what the caller may do with a dossier, and why not the rest.
#[utoipa::path(
    operation_id = "list_actions",
    tag = "dossiers",
    params(("code" = String, Path, description = "Dossier code")),
    responses(
        (status = 200, description = "Actions", body = ActionsOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/dossiers/{code}/actions")]
pub async fn list_actions(app: web::Data<App>, actor: Actor, code: web::Path<String>) -> Result<Reply> {
    if matches!(actor.who, ActorKind::Anonymous) {
        return Err(UNAUTHENTICATED.err());
    }
    let (code, state) = (code.into_inner(), app.clone());
    let out = app.db.read(move |conn| {
        let row = store::find(conn, &actor, &code)?;
        let loaded = store::load(&state, conn, row)?;
        let relation = relation(&actor, &loaded.row.units(), &loaded.state);
        let who = who(&actor, &relation, &loaded.state);
        let facts = loaded.known()?.facts(&loaded.state);
        let actions = with_results(&loaded.version.procedure.workflow, facts, &who);
        Ok(ActionsOut { version: loaded.row.seq, actions })
    });
    Reply::ok(out.await?)
}
